import { Ctx, LockdepCtx } from '../../model/events.js';
import type { Thing } from './thing.js';

/** A call on the way from a root to an operation. */
export interface Call {
  readonly parent: Call | undefined;
  readonly file: string;
  readonly function: string;
  /** Line in the caller, 0 for a root. */
  readonly line: number;
}

/** An operation of the code as evidence shows it. */
export interface Moment {
  readonly id: number;
  readonly file: string;
  readonly function: string;
  readonly line: number;
  readonly call: Call;
  readonly api: string;
}

/** Context words of an event: header bits, lockdep's bits, preemption depth. */
export interface Bits {
  readonly context: number;
  readonly lockdep: number;
  readonly depth: number;
}

/** A return of a function with a lock that was not held when it was called. */
export interface Leave {
  readonly file: string;
  readonly function: string;
  /** 0: not known. */
  readonly line: number;
  /** `ends`: at the end of the body. */
  readonly how: 'returns' | 'ends' | 'throws';
  readonly lock: Thing;
  /** Of the lock. */
  readonly name: string;
  /** The branch that leads here only. */
  readonly branch: { readonly line: number; readonly text: string; readonly truth: boolean } | undefined;
  /** On other ways it releases the lock. */
  readonly sometimes: boolean;
}

/** What gets out of a function with a lock: interrupts off, and how often preemption and bottom halves are. */
export interface GotOut {
  readonly irqsOff: boolean;
  readonly preempt: number;
  readonly bh: number;
}

export const NOTHING_GOT_OUT: GotOut = { irqsOff: false, preempt: 0, bh: 0 };

/** A lock that got out of a function, innermost first where it got out of several. */
export interface Leak extends GotOut {
  readonly leaves: readonly Leave[];
}

/** A lock that is held. */
export interface HeldLock {
  readonly lock: Thing;
  /** 0 exclusive, 1 shared, 2 shared and recursive. */
  readonly read: number;
  readonly subclass: number;
  readonly trylock: boolean;
  readonly nest: Thing | undefined;
  readonly moment: Moment;
  readonly bits: Bits;
  /** Taken where lockdep was told to look away. */
  readonly unwatched: boolean;
  /** Which object it is in is not known: another one of its class may be meant where it is met again. */
  readonly guessed: boolean;
  /** Locks that were held when it was taken and were released before it. */
  readonly under?: readonly HeldLock[];
  /** It got out of functions that release it on other ways. */
  readonly leak?: Leak;
  /** Of an acquire context: the ww_mutex that its last attempt did not get, which it has to take next. */
  readonly contended?: HeldLock;
}

/** Where a root runs. */
export interface Base {
  readonly kind: 'task' | 'softirq' | 'hardirq' | 'nmi';
  /** PREEMPT_RT would run the hard interrupt in a thread. */
  readonly threaded: boolean;
  /** Its callers are not known: it may be called with any lock held. */
  readonly open: boolean;
}

/** All that decides what an operation may do: never changed, one object for equal states. */
export interface LockState {
  readonly id: number;
  readonly held: readonly HeldLock[];
  readonly irqsOff: boolean;
  readonly preempt: number;
  readonly bh: number;
  readonly lockdepOff: number;
}

/** Deeper nesting is not counted, so that loops come to an end. */
const DEEPEST = 4;

/** Makes lock states, one for equal ones. */
export class LockStates {
  readonly #known = new Map<string, LockState>();

  of(state: Omit<LockState, 'id'>): LockState {
    const key = keyOf(state);
    let known = this.#known.get(key);
    if (known === undefined) {
      known = { ...state, id: this.#known.size };
      this.#known.set(key, known);
    }
    return known;
  }

  change(state: LockState, change: Partial<Omit<LockState, 'id'>>): LockState {
    const next = { ...state, ...change };
    return this.of({
      held: next.held,
      irqsOff: next.irqsOff,
      preempt: Math.max(0, Math.min(DEEPEST * 2, next.preempt)),
      bh: Math.max(0, Math.min(DEEPEST, next.bh)),
      lockdepOff: Math.max(0, Math.min(DEEPEST, next.lockdepOff)),
    });
  }
}

function keyOf(state: Omit<LockState, 'id'>): string {
  let key = `${state.irqsOff ? 1 : 0}${state.preempt},${state.bh},${state.lockdepOff}`;
  for (const held of state.held) {
    const { moment, bits } = held;
    key += `;${held.lock.id}:${held.read}${held.subclass}${held.trylock ? 't' : ''}${held.unwatched ? 'u' : ''}${held.guessed ? 'g' : ''}${held.nest?.id ?? ''}${held.contended === undefined ? '' : `c${held.contended.lock.id}`}${leakKey(held)}:${bits.context},${bits.depth}:${moment.file}#${moment.function}`;
  }
  return key;
}

/** By the function that let a lock out last. */
function leakKey({ leak }: HeldLock): string {
  const last = leak?.leaves.at(-1);
  return last === undefined ? '' : `L${last.file}#${last.function}`;
}

/** What of the kernel's configuration decides the words of events. */
export interface KernelBits {
  readonly preemptCount: boolean;
  readonly preemptRt: boolean;
}

/** The words that events of a context carry. */
export function bitsOf(base: Base, state: LockState, kernel: KernelBits): Bits {
  let context: number = Ctx.Known | Ctx.BhKnown;
  let lockdep: number = LockdepCtx.Known;
  if (state.irqsOff) context |= Ctx.HardIrqsOff;
  else lockdep |= LockdepCtx.HardIrqsOn;
  if (base.kind === 'hardirq') {
    context |= Ctx.HardIrq;
    lockdep |= LockdepCtx.HardIrq;
    if (base.threaded) lockdep |= LockdepCtx.Threaded;
  }
  if (base.kind === 'nmi') context |= Ctx.Nmi;
  if (base.kind === 'softirq') {
    context |= Ctx.SoftIrq;
    // lockdep_softirq_enter() does nothing on PREEMPT_RT, where soft interrupts are part of a task.
    if (!kernel.preemptRt) lockdep |= LockdepCtx.SoftIrq;
  }
  if (state.bh > 0) context |= Ctx.BhOff;
  else lockdep |= LockdepCtx.SoftIrqsOn;
  return { context, lockdep, depth: kernel.preemptCount ? state.preempt : -1 };
}
