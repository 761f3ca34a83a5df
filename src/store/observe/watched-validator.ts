import { Validator } from '../../lockdep/index.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from '../../lockdep/task-state.js';
import type { ContextView } from '../../model/context-view.js';
import { type AllocEvent, Ctx, type EventHeader, type LockAcquire } from '../../model/events.js';
import { type LockContext, LockContextBit } from '../../model/observation.js';
import { StatsCollector } from '../../stats/index.js';
import { TripleCounts, TripleIds } from './event-counts.js';

/** What an allocation is told apart by, beside its place and the locks held. */
export interface AllocationKind {
  /** Name id of the event. */
  readonly event: number;
  readonly isFree: boolean;
  readonly gfp: number;
  readonly order: number;
}

/**
 * The validator, which also counts what the store wants to know: acquisitions by held locks, place and context, allocations under
 * locks, and how long locks were held and waited for. It looks at the validator's own state after each event, so that nothing is followed twice.
 */
export class WatchedValidator extends Validator {
  readonly times = new StatsCollector(this);
  /** By chain, call site (name id) and context. */
  readonly acquired = new TripleCounts();
  /** By chain, call site and kind with context: `kind * CONTEXTS + context`. */
  readonly allocated = new TripleCounts();
  readonly #kinds = new TripleIds();

  /** Contexts that {@link allocated} can tell apart. */
  static readonly Contexts = 64;

  /** The kind of allocation of this number. */
  kind(id: number): AllocationKind {
    const { table } = this.#kinds;
    const event = table.first(id);
    return { event: event >> 1, isFree: (event & 1) !== 0, gfp: table.second(id), order: table.third(id) };
  }

  protected override onTaken(_h: EventHeader, a: LockAcquire, task: TaskState): void {
    const top = (task.depth - 1) * HELD_STRIDE;
    const context = contextOf(task.held[top + Held.Flags] as number);
    this.acquired.add(a.ip, task.held[top + Held.Chain] as number, a.ip, context);
  }

  protected override onRelease(h: EventHeader, task: TaskState, index: number): void {
    this.times.release(h, task, index);
  }

  override alloc(h: EventHeader, event: AllocEvent): void {
    super.alloc(h, event);
    this.#memory(h, event, 0);
  }

  override free(h: EventHeader, event: AllocEvent): void {
    super.free(h, event);
    this.#memory(h, event, 1);
  }

  #memory(h: EventHeader, event: AllocEvent, isFree: number): void {
    if (this.inSelftest) return;
    const { context } = this;
    const { chain } = context;
    if (chain === 0) return;
    const kind = this.#kinds.of(event.ip, (event.event << 1) | isFree, event.gfp, event.order);
    const bits = h.context & Ctx.Known ? flagBits(h.context, context.softIrqsOff === false) : viewBits(context);
    this.allocated.add(event.ip, chain, event.ip, kind * WatchedValidator.Contexts + bits);
  }

  override lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    super.lockContended(h, hi, lo, name);
    this.times.lockContended(h, hi, lo, name);
  }

  override lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    super.lockAcquired(h, hi, lo, name);
    this.times.lockAcquired(h, hi, lo, name);
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    super.schedSwitch(h, prevPid, prevState, nextPid, nextComm);
    this.times.schedSwitch(h, prevPid, prevState, nextPid, nextComm);
  }

  override selftest(h: EventHeader, begin: boolean, name: number): void {
    super.selftest(h, begin, name);
    this.times.selftest(h, begin, name);
  }

  override lostEvents(cpu: number, count: number): void {
    super.lostEvents(cpu, count);
    this.times.lostEvents(cpu, count);
  }
}

/** The flags of a held lock have the context's bits in their order, but for the last. */
function contextOf(flags: number): LockContext {
  const low = (flags & (HeldFlag.ContextMask | HeldFlag.IrqsOff | HeldFlag.IrqsKnown)) >> HeldFlag.ContextShift;
  return flags & HeldFlag.BhOn ? low | LockContextBit.BhOn : low;
}

/** The context of an event whose flags column tells it. */
function flagBits(flags: number, isBhOn: boolean): LockContext {
  return (
    LockContextBit.IrqsKnown |
    (flags & Ctx.SoftIrq ? LockContextBit.SoftIrq : 0) |
    (flags & Ctx.HardIrq ? LockContextBit.HardIrq : 0) |
    (flags & Ctx.Nmi ? LockContextBit.Nmi : 0) |
    (flags & Ctx.HardIrqsOff ? LockContextBit.IrqsOff : 0) |
    (isBhOn ? LockContextBit.BhOn : 0)
  );
}

/** The context as far as earlier events tell it. */
function viewBits(context: ContextView): LockContext {
  return (
    (context.inSoftIrq === true ? LockContextBit.SoftIrq : 0) |
    (context.inHardIrq === true ? LockContextBit.HardIrq : 0) |
    (context.inNmi === true ? LockContextBit.Nmi : 0) |
    (context.hardIrqsOff === true ? LockContextBit.IrqsOff : 0) |
    (context.hardIrqsOff === undefined ? 0 : LockContextBit.IrqsKnown) |
    (context.softIrqsOff === false ? LockContextBit.BhOn : 0)
  );
}
