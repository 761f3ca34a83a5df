import type { Scenario } from '../../model/finding.js';
import type { Headline } from './headline.js';
import type { LockText } from './lock-text.js';
import type { Frame } from './sites.js';

/** A lock that a report speaks of. */
export interface LockFact extends LockText {
  /** `function+0x12/0x34`, '' when not printed. */
  site: string;
  line: number;
}

/** What a lock is in a report. */
export type LockRole = 'wanted' | 'holding' | 'changed' | 'other' | 'safe' | 'unsafe' | 'freed' | 'released';

/** A step of the existing dependency chain, with the stack of the acquisition. */
export interface ChainLink {
  lock: LockFact;
  frames: Frame[];
}

/** A class on the path between two locks. */
export interface PathClass {
  name: string;
  uses: { state: string; frames: Frame[] }[];
}

/** Something that a report says and that is shown as it is. */
export interface Saying {
  text: string;
  line: number;
}

/** State of atomicity, as might_sleep() prints it; fields that the kernel does not print stay undefined. */
export interface AtomicState {
  inAtomic?: number;
  irqsDisabled?: number;
  preemptCount?: number;
  preemptExpected?: number;
  rcuDepth?: number;
  rcuExpected?: number;
}

/** What the lines of one report have told so far. Bounded: lists stop growing at {@link LIMIT}. */
export interface ReportFacts {
  headline: Headline;
  line: number;
  time: number | undefined;
  /** Seen a line that only such a report has. */
  confirmed: boolean;
  /** The log ends, or something else begins, before the report does. */
  cut: boolean;
  /** The kernel said that it dropped lines while the report was printed. */
  dropped: boolean;
  /** `6.1.192 #3`. */
  kernel: string | undefined;
  kernelLine: number;
  comm: string | undefined;
  pid: number | undefined;
  cpu: number | undefined;
  roles: Partial<Record<LockRole, LockFact>>;
  held: LockFact[];
  /** As announced, -1 when no list of held locks was announced. */
  heldCount: number;
  chain: ChainLink[];
  /** The classes of `Chain exists of:`. */
  exists: string[];
  /** Classes of the printed path between two locks, in the order printed, with the usage states shown for each. */
  path: PathClass[];
  dependency: { from: string; to: string } | undefined;
  /** Usage states of an inconsistency. */
  usage: { before: string; after: string } | undefined;
  /** `HARDIRQ` or `SOFTIRQ`, of inversions. */
  irq: string | undefined;
  /** The class that changed is the outer one of an inversion. */
  changedIsOuter: boolean;
  registered: Frame[];
  safeFrames: Frame[];
  unsafeFrames: Frame[];
  /** `[HC0[0]:SC1[1]:HE1:SE0]` without brackets. */
  contextBits: string | undefined;
  /** `context-{2:2}`. */
  waitContext: number | undefined;
  scenario: Scenario | undefined;
  backtrace: Frame[];
  /** Where an exception or a stall interrupted the code. */
  rip: string | undefined;
  source: string | undefined;
  /** RCU's own words for the misuse. */
  misuse: string | undefined;
  nestLock: string | undefined;
  atomic: AtomicState;
  preemptionOffAt: string | undefined;
  workFunction: string | undefined;
  sayings: Saying[];
}

/** How many entries of each list a report keeps: more than any real one has. */
export const LIMIT = { frames: 128, held: 64, chain: 128, path: 256, uses: 16, sayings: 12, rows: 64 } as const;

/** A report of which only the headline was read. */
export function newFacts(headline: Headline, line: number, time: number | undefined): ReportFacts {
  return {
    headline,
    line,
    time,
    confirmed: !headline.framed,
    cut: false,
    dropped: false,
    kernel: undefined,
    kernelLine: 0,
    comm: headline.comm,
    pid: headline.pid,
    cpu: headline.cpu,
    roles: {},
    held: [],
    heldCount: -1,
    chain: [],
    exists: [],
    path: [],
    dependency: undefined,
    usage: undefined,
    irq: undefined,
    changedIsOuter: false,
    registered: [],
    safeFrames: [],
    unsafeFrames: [],
    contextBits: undefined,
    waitContext: undefined,
    scenario: undefined,
    backtrace: [],
    rip: undefined,
    source: headline.source,
    misuse: undefined,
    nestLock: undefined,
    atomic: {},
    preemptionOffAt: undefined,
    workFunction: undefined,
    sayings: [],
  };
}

/** Appends unless the list is full. */
export function pushBounded<T>(list: T[], item: T, limit: number): void {
  if (list.length < limit) list.push(item);
}
