import type { Evidence, FindingDetail, Known, Severity, Where } from '../../model/finding.js';
import type { GateSummary, InputKind, RunStats } from '../../model/report.js';

/** What the page embeds, as JSON: everything that it shows, nothing else. The page's script knows no other source of facts. */
export interface PageData {
  /** lockvet's own version. */
  readonly version: string;
  readonly runs: readonly PageRun[];
  /** Of all runs, errors first; suppressed ones last. */
  readonly findings: readonly PageFinding[];
  /** null: neither a baseline nor suppressions. */
  readonly gate: { readonly summary: GateSummary; readonly notes: readonly string[] } | null;
  readonly rules: readonly PageRule[];
  /** Texts that findings refer to by index. */
  readonly advices: readonly string[];
  readonly sources: readonly PageSource[];
  readonly graphs: readonly PageGraph[];
  /** Where the page comes from a store: which of its runs it shows, and which others there are, the latest first. null: from inputs. */
  readonly store: { readonly shown: number; readonly runs: readonly ListedRun[] } | null;
}

/** A stored run as the page lists it. */
export interface ListedRun {
  readonly id: number;
  readonly command: string;
  /** ISO date and time. */
  readonly time: string;
  /** Commit that was checked out; '' where none was. */
  readonly revision: string;
  readonly new: number;
  readonly known: number;
  readonly suppressed: number;
}

export interface PageRun {
  readonly input: string;
  readonly kind: InputKind;
  readonly verdict: 'clean' | 'violation';
  readonly stats: RunStats;
  readonly notes: readonly string[];
}

/** How a finding stands with the gate. */
export type Status = 'new' | 'known' | 'suppressed';

export interface PageFinding {
  /** Index into {@link PageData.runs}. */
  readonly run: number;
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: 'certain' | 'possible';
  readonly status: Status;
  readonly message: string;
  readonly locks: readonly string[];
  readonly where: Where;
  readonly evidence: readonly Evidence[];
  readonly fingerprint: string;
  readonly count: number;
  /** Part of the kernel, e.g. `fs/ext4`; '' where nothing tells. */
  readonly subsystem: string;
  /** Index into {@link PageData.advices}, or -1. */
  readonly advice: number;
  readonly detail: FindingDetail;
  readonly known: Known | null;
  readonly silenced: { readonly by: 'source' | 'rule'; readonly place: string; readonly reason: string } | null;
}

export interface PageRule {
  readonly id: string;
  readonly title: string;
  readonly references: readonly string[];
}

/** Lines of a source around steps of findings. */
export interface PageSource {
  readonly file: string;
  /** In order, not overlapping. */
  readonly parts: readonly { readonly first: number; readonly lines: readonly string[] }[];
}

/**
 * A lock graph by columns: entry i of each column is of class i, or of dependency i. Texts are indices into `texts`, whose entry 0
 * is ''. Facts that are not known are -1, or text 0.
 */
export interface PageGraph {
  /** Index into {@link PageData.runs}. */
  readonly run: number;
  readonly texts: readonly string[];
  readonly classes: {
    readonly name: readonly number[];
    readonly waitOuter: readonly number[];
    readonly waitInner: readonly number[];
    readonly usage: readonly number[];
    readonly acquisitions: readonly number[];
    /** Place on the map, 0 to {@link MAP_SIZE}. */
    readonly x: readonly number[];
    readonly y: readonly number[];
    /** Number of the strongly connected component that it shares with other classes; -1: with none. */
    readonly loop: readonly number[];
  };
  readonly dependencies: {
    /** Indices of classes. */
    readonly from: readonly number[];
    readonly to: readonly number[];
    readonly kinds: readonly number[];
    readonly count: readonly number[];
    /** Bits of {@link DependencyFlag}. */
    readonly flags: readonly number[];
    readonly held: PlaceColumns;
    readonly taken: PlaceColumns;
  };
}

export interface PlaceColumns {
  readonly file: readonly number[];
  readonly line: readonly number[];
  readonly function: readonly number[];
  readonly task: readonly number[];
  readonly cpu: readonly number[];
  readonly time: readonly number[];
}

export const MAP_SIZE = 10_000;

export const DependencyFlag = {
  /** Nothing lay between the two locks. */
  Direct: 1,
  /** It closes a cycle that was reported. */
  Closes: 2,
} as const;
