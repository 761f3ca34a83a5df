import type { ContextView, Known } from '../model/context-view.js';
import type { ContextFacts, ContextKind, LockFacts } from './facts.js';
import { type Maybe, maybe, OneOf } from './unknown.js';

/** Places of the tri-states (two bits each) in a packed context. */
const Shift = {
  HardIrq: 0,
  SoftIrq: 2,
  Nmi: 4,
  Threaded: 6,
  InterruptsOff: 8,
  BottomHalvesOff: 10,
  InterruptsOffByHand: 12,
  PreemptionOffByHand: 14,
  PreemptionOff: 16,
  IdleTask: 18,
} as const;

const UNKNOWN = 2;

/** What the scheduler itself switches off before it switches tasks: at a switch it says nothing about the task. */
const SCHEDULER_BITS =
  (UNKNOWN << Shift.InterruptsOff) |
  (UNKNOWN << Shift.BottomHalvesOff) |
  (UNKNOWN << Shift.InterruptsOffByHand) |
  (UNKNOWN << Shift.PreemptionOffByHand) |
  (UNKNOWN << Shift.PreemptionOff);

/** The packed context of a preemptible task: nothing is off, nothing is unknown. */
export const QUIET_CONTEXT = 0;

/**
 * The context as one small integer, for look-ups: everything of {@link ContextFacts} but the RCU reader depth. `pid` 0 is
 * the idle task.
 */
export function contextBits(view: ContextView, pid: number): number {
  const hardIrq = view.inHardIrq;
  const nmi = view.inNmi;
  // Only a hard interrupt is threaded or not; an idle task that is interrupted is not what runs.
  const threaded = hardIrq === false ? false : view.hardIrqThreaded;
  const depth = view.preemptDepth;
  return (
    (code(hardIrq) << Shift.HardIrq) |
    (code(view.inSoftIrq) << Shift.SoftIrq) |
    (code(nmi) << Shift.Nmi) |
    (code(threaded) << Shift.Threaded) |
    (code(view.hardIrqsOff) << Shift.InterruptsOff) |
    (code(view.softIrqsOff) << Shift.BottomHalvesOff) |
    (code(view.hardIrqsOffByHand) << Shift.InterruptsOffByHand) |
    (code(view.preemptOffByHand) << Shift.PreemptionOffByHand) |
    ((depth === 0 ? 0 : depth > 0 ? 1 : UNKNOWN) << Shift.PreemptionOff) |
    ((pid === 0 ? 1 : 0) << Shift.IdleTask)
  );
}

/** The packed context of a task at its own switch. */
export function bitsAtSwitch(bits: number): number {
  return (bits & ~(SCHEDULER_BITS | (SCHEDULER_BITS >> 1))) | SCHEDULER_BITS;
}

/** Unpacks a context into what conditions see; each unknown is a fresh one. */
export function contextFacts(
  bits: number,
  rcuReaderDepth: number,
  held: readonly LockFacts[],
  preemptRt: Known,
): ContextFacts {
  const at = (shift: number): Known => KNOWN[(bits >> shift) & 3];
  const kind = kindOf(at(Shift.HardIrq), at(Shift.SoftIrq), at(Shift.Nmi));
  const idleTask = kind === 'task' ? at(Shift.IdleTask) === true : false;
  return {
    kind,
    idleTask,
    preemptible: preemptible(kind, at, held, preemptRt),
    preemptionOff: maybe(at(Shift.PreemptionOff)),
    interruptsOff: maybe(at(Shift.InterruptsOff)),
    bottomHalvesOff: maybe(at(Shift.BottomHalvesOff)),
    preemptionOffByHand: maybe(at(Shift.PreemptionOffByHand)),
    interruptsOffByHand: maybe(at(Shift.InterruptsOffByHand)),
    hardirqThreaded: maybe(at(Shift.Threaded)),
    rcuReaderDepth,
  };
}

/** What is certain and remarkable about a context, in words. */
export function contextWords(facts: ContextFacts): string[] {
  const words: string[] = [];
  if (facts.kind instanceof OneOf === false && facts.kind !== 'task') {
    const threaded = facts.kind === 'hardirq' && facts.hardirqThreaded === true ? ' (threaded on PREEMPT_RT)' : '';
    words.push(`${facts.kind}${threaded}`);
  }
  if (facts.interruptsOff === true) words.push('interrupts off');
  if (facts.bottomHalvesOff === true) words.push('bottom halves off');
  if (facts.preemptionOff === true) words.push('preemption off');
  if (typeof facts.rcuReaderDepth === 'number' && facts.rcuReaderDepth > 0) words.push('RCU reader');
  return words;
}

const KNOWN: readonly Known[] = [false, true, undefined, undefined];

function code(known: Known): number {
  return known === undefined ? UNKNOWN : known ? 1 : 0;
}

/** The innermost context: an NMI interrupts hard interrupts, these interrupt softirqs, these tasks. */
function kindOf(hardIrq: Known, softIrq: Known, nmi: Known): Maybe<ContextKind> {
  const possible: ContextKind[] = [];
  if (nmi !== false) possible.push('nmi');
  if (nmi !== true) {
    if (hardIrq !== false) possible.push('hardirq');
    if (hardIrq !== true) {
      if (softIrq !== false) possible.push('softirq');
      if (softIrq !== true) possible.push('task');
    }
  }
  const [only] = possible;
  return possible.length === 1 && only !== undefined ? only : new OneOf(possible);
}

/** The kernel's preemptible(), as far as bits and locks tell: whoever holds a raw_spinlock_t is not. */
function preemptible(
  kind: Maybe<ContextKind>,
  at: (shift: number) => Known,
  held: readonly LockFacts[],
  preemptRt: Known,
): Maybe<boolean> {
  const off = [at(Shift.PreemptionOff), at(Shift.InterruptsOff), at(Shift.BottomHalvesOff)];
  if (typeof kind === 'string' && kind !== 'task') return false;
  if (off.includes(true)) return false;
  if (held.some((lock) => lock.real === true && lock.wait === 'spin')) return false;
  if (preemptRt === false && held.some((lock) => lock.real === true && lock.wait === 'config')) return false;
  return off.every((state) => state === false) && kind === 'task' ? true : maybe(undefined);
}
