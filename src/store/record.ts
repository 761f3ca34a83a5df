import type { Observation } from '../model/observation.js';
import type { Run } from '../model/report.js';

/** One call of a command that judges: what the store keeps of it. */
export interface NewRun {
  /** `lint`, `check`, `run`, ... */
  readonly command: string;
  readonly time: Date;
  readonly lockvetVersion: string;
  /** Commit that was checked out in the folder of the call. */
  readonly gitRevision: string | undefined;
  readonly policy: string | undefined;
  readonly inputs: readonly JudgedInput[];
}

/** An input's judgement, after the gate, and what else it showed. */
export interface JudgedInput {
  readonly run: Run;
  /** undefined where the input has no events: logs and sources. */
  readonly observation?: Observation | undefined;
}

/** A run as it is listed. */
export interface StoredRun {
  /** 1, 2, 3, ... in the order in which runs were stored. */
  readonly id: number;
  readonly command: string;
  readonly time: Date;
  readonly lockvetVersion: string;
  readonly gitRevision: string | undefined;
  readonly policy: string | undefined;
  readonly inputs: number;
  /** Findings that count: neither known nor suppressed. */
  readonly new: number;
  readonly known: number;
  readonly suppressed: number;
}
