import { type EventHeader, ReadKind } from '../model/events.js';
import {
  contextWords,
  describeHeld,
  describeStack,
  evidence,
  heldClass,
  heldSite,
  makeFinding,
  takenEvidence,
} from './describe.js';
import { reportInversion, type UsageChange } from './irq-inversion.js';
import type { LockdepState } from './lockdep-state.js';
import { siteOf } from './site.js';
import { HELD_STRIDE, Held, HeldFlag, IrqContext, type TaskState } from './task-state.js';
import {
  conflictingInClass,
  exclusiveMask,
  IrqKind,
  isEnabledBit,
  isReadBit,
  kindOfBit,
  Usage,
  usageBit,
  usageBitName,
} from './usage.js';
import {
  originEvidence,
  originOf,
  type Switched,
  type SwitchedBy,
  siteOfOrigin,
  switchedEvidence,
} from './usage-origin.js';

/**
 * Marks what the acquisition at `index` says about its class (mark_usage()): used in the interrupt context that it was taken in,
 * unless it is a trylock, and enabled where the interrupt can come while it is held.
 */
export function markAcquisition(state: LockdepState, h: EventHeader, task: TaskState, index: number): void {
  const flags = task.held[index * HELD_STRIDE + Held.Flags];
  if (!(flags & HeldFlag.Check)) return;
  const read = (flags & HeldFlag.ReadMask) !== ReadKind.Write;
  const context = (flags & HeldFlag.ContextMask) >> HeldFlag.ContextShift;
  if (context & IrqContext.Nmi) {
    checkNmi(state, h, task, index, read);
    return; // NMIs have no usage states: nothing switches them off
  }
  const cls = task.held[index * HELD_STRIDE + Held.Class];
  if (state.classes.noteUse(cls, read)) state.classes.setUseSite(cls, read, heldSite(task, index));
  let bits = 0;
  if (!(flags & HeldFlag.Trylock)) {
    if (context & IrqContext.HardIrq) bits |= 1 << usageBit(IrqKind.HardIrq, false, read);
    if (context & IrqContext.SoftIrq) bits |= 1 << usageBit(IrqKind.SoftIrq, false, read);
    const isWaiting = bits !== 0 && (flags & HeldFlag.ReadMask) === ReadKind.Shared;
    if (isWaiting) state.classes.noteWaitingReads(heldClass(task, index), bits);
  }
  if ((flags & (HeldFlag.IrqsKnown | HeldFlag.IrqsOff)) === HeldFlag.IrqsKnown) {
    bits |= 1 << usageBit(IrqKind.HardIrq, true, read);
    if (flags & HeldFlag.BhOn) bits |= 1 << usageBit(IrqKind.SoftIrq, true, read);
  }
  const fresh = bits === 0 ? 0 : freshBits(state, task, index, bits);
  if (fresh !== 0) markBits(state, h, task, index, fresh, undefined);
}

/** verify_lock_unused(): an NMI may interrupt whoever holds the lock, so it must not wait for one that others take. */
function checkNmi(state: LockdepState, h: EventHeader, task: TaskState, index: number, read: boolean): void {
  const cls = heldClass(task, index);
  const use = state.classes.useInWayOfNmi(cls, read);
  if (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.Trylock || use === undefined) return;
  const record = state.findings.record(`nmi ${cls}`, [cls], () => {
    const name = state.classes.displayName(cls);
    return makeFinding({
      rule: 'inconsistent-lock-state',
      message: `inconsistent lock state: {INITIAL USE} -> {IN-NMI} usage of ${name}`,
      locks: [name],
      where: state.sites.where(heldSite(task, index)),
      evidence: [
        evidence(`${name} was taken outside NMIs`, state.sites.where(use)),
        takenEvidence(state, task, index, 'is taken in an NMI'),
      ],
      identity: [state.classes.stableName(cls), 'nmi'],
      certain: state.classes.isCertain(cls),
      detail: {
        scenario: { cpus: ['CPU0'], rows: [[`lock(${name});`], ['<NMI>'], [`  lock(${name});`]] },
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, task.contextOf(index), true),
      },
    });
  });
  record.confirmed++;
}

/**
 * Interrupts of a kind are switched on: every validated held lock is now held with them enabled (mark_held_locks()). `by` and `ip`:
 * what tells of it, and its call site.
 */
export function markHeldLocks(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  kind: IrqKind,
  by: SwitchedBy,
  ip: number,
): void {
  for (let index = 0; index < task.depth; index++) {
    const flags = task.held[index * HELD_STRIDE + Held.Flags];
    if (!(flags & HeldFlag.Check) || flags & HeldFlag.Suspect) continue;
    const read = (flags & HeldFlag.ReadMask) !== ReadKind.Write;
    const fresh = freshBits(state, task, index, 1 << usageBit(kind, true, read));
    if (fresh !== 0) markBits(state, h, task, index, fresh, { by, site: siteOf(h, ip) });
  }
}

/** Those of the bits that are new to the class: nearly always none. */
function freshBits(state: LockdepState, task: TaskState, index: number, bits: number): number {
  const cls = task.held[index * HELD_STRIDE + Held.Class];
  const fresh = bits & ~state.classes.usage(cls);
  return fresh === 0 || state.classes.isNoValidate(cls) ? 0 : fresh;
}

function markBits(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  index: number,
  bits: number,
  switched: Switched | undefined,
): void {
  const origin = originOf(h, task, index, switched);
  for (let bit = 0; bit < 8; bit++) if (bits & (1 << bit)) markBit(state, h, task, { index, bit, origin });
}

/** mark_lock(): the class itself must not contradict the new state, nor any class before or behind it. */
function markBit(state: LockdepState, h: EventHeader, task: TaskState, change: UsageChange): void {
  const { classes, graph } = state;
  const { index, bit, origin } = change;
  const cls = heldClass(task, index);
  classes.observe(cls, 1 << bit);
  const contradicting = classes.usage(cls) & conflictingInClass(bit);
  if (contradicting !== 0) {
    reportInconsistent(state, h, task, change, contradicting);
    return; // Kept out of force: one finding for this, not one for every path through the class.
  }
  classes.setUsage(cls, bit);
  classes.setUsageOrigin(cls, bit, origin);
  graph.reserveClasses(classes.size);
  graph.noteUsage(cls, 1 << bit);
  checkNeighbours(state, h, task, cls, change);
}

/** check_usage_forwards() and _backwards(): a state of this class against those of others on strong paths. */
function checkNeighbours(state: LockdepState, h: EventHeader, task: TaskState, cls: number, change: UsageChange): void {
  const { index, bit } = change;
  const { classes, graph, search } = state;
  const wanted = exclusiveMask(1 << bit);
  const kind = kindOfBit(bit);
  const enter = (other: number): boolean => !classes.isPerCpu(other);
  // A class whose own states contradict each other stands in nobody's way: what lies beyond it is wrong all the same.
  const isMatch = (other: number, mask: number): boolean =>
    other !== cls && (classes.usage(other) & wanted & mask) !== 0 && !state.inconsistent.has(other * 2 + kind);
  if (isEnabledBit(bit)) {
    if ((graph.usedInBefore(cls) & wanted) === 0) return;
    const found = search.backwards(
      cls,
      isReadBit(bit),
      classes.size,
      (other, onlyShared) => isMatch(other, onlyShared ? Usage.Write : ~0),
      enter,
    );
    if (!found) return;
    const path = search.path().reverse();
    const safe = search.foundClass;
    reportInversion(state, h, task, { safe, unsafe: cls, kind, path, change });
  } else {
    if ((graph.enabledBehind(cls) & wanted) === 0) return;
    const recursive = (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.ReadMask) === ReadKind.SharedRecursive;
    const found = search.forwards(
      cls,
      recursive,
      classes.size,
      (other, onlyRecursive) => isMatch(other, onlyRecursive ? Usage.Write : ~0),
      enter,
    );
    if (!found) return;
    const path = search.path();
    const unsafe = search.foundClass;
    reportInversion(state, h, task, { safe: cls, unsafe, kind, path, change });
  }
}

function reportInconsistent(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  { index, bit, origin }: UsageChange,
  contradicting: number,
): void {
  const { classes } = state;
  const cls = heldClass(task, index);
  const old = 31 - Math.clz32(contradicting & -contradicting);
  const kind = kindOfBit(bit);
  state.inconsistent.add(cls * 2 + kind);
  const record = state.findings.record(`usage ${cls} ${kind}`, [cls], () => {
    const name = classes.displayName(cls);
    const irq = kind === IrqKind.HardIrq ? 'hardirq' : 'softirq';
    const { switched } = origin;
    return makeFinding({
      rule: 'inconsistent-lock-state',
      message: `inconsistent lock state: {${usageBitName(old)}} -> {${usageBitName(bit)}} usage of ${name}`,
      locks: [name],
      where: state.sites.where(siteOfOrigin(origin)),
      evidence: [
        ...originEvidence(state, cls, old, `{${usageBitName(old)}} state was registered here`),
        takenEvidence(state, task, index, switched === undefined ? 'is taken' : 'was taken'),
        ...(switched === undefined ? [] : [switchedEvidence(state, cls, switched)]),
      ],
      identity: [classes.stableName(cls), irq],
      certain: classes.isCertain(cls),
      detail: {
        scenario: { cpus: ['CPU0'], rows: [[`lock(${name});`], ['<Interrupt>'], [`  lock(${name});`]] },
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(
          h,
          task.contextOf(index),
          (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.IrqsOff) !== 0,
        ),
      },
    });
  });
  // A state that depends on how long the lock is held is believed when it is released.
  state.claims.claimFinding(record, task, isEnabledBit(bit) && index < task.depth ? [index] : []);
}
