import { type EventHeader, ReadKind } from '../model/events.js';
import { DEP_E, DEP_N, Dep } from './dependency-graph.js';
import { heldClass, heldRead } from './describe.js';
import { type OrderInversion, reportInversion, reportOrder } from './irq-inversion.js';
import type { LockdepState } from './lockdep-state.js';
import type { TaskState } from './task-state.js';
import { exclusiveMask, IrqKind, Usage } from './usage.js';

const IRQ_KINDS = [
  { kind: IrqKind.HardIrq, mask: 0b0000_1111 },
  { kind: IrqKind.SoftIrq, mask: 0b1111_0000 },
] as const;
type KindMask = (typeof IRQ_KINDS)[number];

/** A dependency, met or recorded. */
interface Order {
  readonly from: number;
  readonly to: number;
  /** `from` is held by a reader. */
  readonly shared: boolean;
  /** `to` is taken by a recursive reader. */
  readonly recursive: boolean;
}

/** An interrupt-safe class before an order and an interrupt-unsafe one behind it, with the edges of the paths there. */
interface Around {
  readonly safe: number;
  readonly unsafe: number;
  readonly before: number[];
  readonly behind: number[];
}

/** check_irq_usage(): does the new dependency complete a path from an interrupt-safe to an interrupt-unsafe class? */
export function checkIrqSafety(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  below: number,
  index: number,
): void {
  const order = {
    from: heldClass(task, below),
    to: heldClass(task, index),
    shared: heldRead(task, below) !== ReadKind.Write,
    recursive: heldRead(task, index) === ReadKind.SharedRecursive,
  };
  for (const kind of IRQ_KINDS) {
    const around = inversionAround(state, order, kind, false);
    if (around === undefined) continue;
    const { safe, unsafe, before, behind } = around;
    const added = { held: below, taken: index };
    reportInversion(state, h, task, { safe, unsafe, kind: kind.kind, path: [...before, ...behind], added });
    return;
  }
}

/**
 * Judges all orders by all interrupt use that is known by now. lockdep tells the nearest pair when an order or a use is new, so what it
 * tells depends on which came first, and what an interrupt's reader waits for only where the use comes last: then it is known whether it
 * waits behind writers (check_usage_forwards()). What goes through an inversion that is known already is not told.
 */
export function judgeOrders(state: LockdepState): void {
  const { graph } = state;
  graph.reserveClasses(state.classes.size);
  const found: OrderInversion[] = [];
  for (let edge = 0; edge < graph.edgeLimit; edge++) {
    for (const order of ordersOf(state, edge)) {
      for (const kind of IRQ_KINDS) {
        const around = inversionAround(state, order, kind, true);
        if (around === undefined) continue;
        const { safe, unsafe, before, behind } = around;
        found.push({ safe, unsafe, kind: kind.kind, path: [...before, edge, ...behind], edge });
      }
    }
  }
  found.sort((a, b) => a.path.length - b.path.length);
  for (const inversion of found) reportOrder(state, inversion);
}

/** A recorded dependency as it was met: by readers and by writers. */
function ordersOf({ graph }: LockdepState, edge: number): Order[] {
  const kinds = graph.kindsOf(edge);
  const from = graph.fromOf(edge);
  const to = graph.toOf(edge);
  const suspected = exclusiveMask(graph.usedInBefore(from)) & graph.enabledBehind(to);
  if (kinds === 0 || suspected === 0) return [];
  return Object.values(Dep)
    .filter((kind) => kinds & kind)
    .map((kind) => ({ from, to, shared: !(kind & DEP_E), recursive: !(kind & DEP_N) }));
}

/**
 * The nearest pair around an order. `isComplete`: readers in interrupts are known by whether they wait behind writers, which stand behind
 * another reader; else they are taken not to.
 */
function inversionAround(
  state: LockdepState,
  order: Order,
  { kind, mask }: KindMask,
  isComplete: boolean,
): Around | undefined {
  const { classes, graph, search } = state;
  const { from, to, shared, recursive } = order;
  if ((exclusiveMask(graph.usedInBefore(from)) & graph.enabledBehind(to) & mask) === 0) return undefined;
  const enter = (cls: number): boolean => !classes.isPerCpu(cls);
  // A class whose own states contradict each other stands in nobody's way: what lies beyond it is wrong all the same.
  const usage = (cls: number): number => (state.inconsistent.has(cls * 2 + kind) ? 0 : classes.usage(cls));
  const ofShared = (cls: number): number => Usage.Write | (isComplete ? classes.waitingReads(cls) : 0);
  let usedIn = 0;
  search.backwards(
    from,
    shared,
    classes.size,
    (cls, onlyShared) => {
      usedIn |= usage(cls) & (onlyShared ? ofShared(cls) : ~0);
      return false;
    },
    enter,
  );
  const wanted = exclusiveMask(usedIn & Usage.UsedIn & mask);
  if (wanted === 0) return undefined;
  let enabled = 0;
  const found = search.forwards(
    to,
    recursive,
    classes.size,
    (cls, onlyRecursive) => {
      enabled = usage(cls) & wanted & (onlyRecursive ? Usage.Write : ~0);
      return enabled !== 0;
    },
    enter,
  );
  if (!found) return undefined;
  const unsafe = search.foundClass;
  const behind = search.path();
  const back = exclusiveMask(enabled);
  search.backwards(
    from,
    shared,
    classes.size,
    (cls, onlyShared) => (usage(cls) & back & (onlyShared ? ofShared(cls) : ~0)) !== 0,
    enter,
  );
  return { safe: search.foundClass, unsafe, before: search.path().reverse(), behind };
}
