import type { Where } from './finding.js';
import type { InputKind } from './report.js';

/** Lengths of time in the unit of the run. `median` and `p99` are off by a 32nd of their value at most, and one unit. */
export interface Durations {
  readonly count: number;
  readonly total: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
  /** Where the longest one began. */
  readonly longest: Where;
}

/** What is known of one class, taken exclusively or shared (readers have a row of their own, as in /proc/lock_stat). */
export interface ClassStats {
  readonly name: string;
  /** Address of the class key plus the subclass; null where the recording does not tell it. */
  readonly key: string | null;
  readonly access: 'exclusive' | 'shared';
  readonly acquisitions: number;
  /** Acquisitions that had to wait; 0 where the recording has no lock_contended events. */
  readonly contentions: number;
  /** Of holds whose release was seen; undefined: none was. */
  readonly hold: Durations | undefined;
  /** From lock_contended to lock_acquired. */
  readonly wait: Durations | undefined;
}

/** How long something was off on a CPU. */
export interface OffTimes {
  /** `events`: the events that switch it; `flags`: the state that other events carry, which only gives a lower bound. */
  readonly from: 'events' | 'flags';
  readonly durations: Durations;
}

/** The statistics of one recording: plain data, for renderers. */
export interface LockStats {
  readonly input: string;
  readonly kind: InputKind;
  /** Of all times; `ticks` where the recording's clock has no unit. */
  readonly unit: 'ns' | 'ticks';
  /** The recording has lock_contended events. */
  readonly contentionRecorded: boolean;
  readonly classes: readonly ClassStats[];
  readonly irqsOff: OffTimes | undefined;
  readonly preemptOff: OffTimes | undefined;
  readonly notes: readonly string[];
}
