import type { EventHeader } from '../model/events.js';
import { WaitType, waitTypeName } from '../model/wait-type.js';
import {
  contextName,
  contextWords,
  describeHeld,
  describeStack,
  evidence,
  heldClass,
  heldSite,
  makeFinding,
  takenEvidence,
  waitText,
} from './describe.js';
import type { CpuState, LockdepState } from './lockdep-state.js';
import { HELD_STRIDE, Held, HeldFlag, IrqContext, type TaskState } from './task-state.js';

/**
 * The strictest wait type that the context itself allows (task_wait_context() in kernel/locking/lockdep.c): a hard interrupt
 * spins unless PREEMPT_RT would run it in a thread; softirqs always run in threads there. An NMI, in which lockdep is off, stays one.
 */
export function contextWaitType(irqContext: number, cpu: CpuState): number {
  if (irqContext & IrqContext.Nmi) return WaitType.Spin;
  if (irqContext & IrqContext.HardIrq) return cpu.hardirqThreaded === false ? WaitType.Spin : WaitType.Config;
  return irqContext & IrqContext.SoftIrq ? WaitType.Config : WaitType.Max;
}

/**
 * Judges the acquisition at `index` (not yet counted in task.depth): its outer wait type must not be greater than the inner
 * one of the context and of every lock held in it. Trylocks do not wait, and locks without a type are not checked.
 */
export function checkWaitContext(
  state: LockdepState,
  h: EventHeader,
  cpu: CpuState,
  task: TaskState,
  index: number,
  limitBelow: number,
): void {
  const at = index * HELD_STRIDE;
  if (task.held[at + Held.Flags] & HeldFlag.Trylock) return;
  const cls = task.held[at + Held.Class];
  if (state.classes.waitInner(cls) === WaitType.Unchecked) return;
  const outer = state.classes.waitOuter(cls);
  const context = task.contextOf(index);
  const contextLimit = contextWaitType(context, cpu);
  if (outer <= limitBelow && outer <= contextLimit) return;
  report(state, h, task, index, outer, contextLimit);
}

function report(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  index: number,
  outer: number,
  contextLimit: number,
): void {
  const cls = heldClass(task, index);
  const context = task.contextOf(index);
  const offenders: number[] = [];
  for (let below = index - 1; below >= 0 && task.contextOf(below) === context; below--) {
    const inner = state.classes.waitInner(heldClass(task, below));
    if (inner !== WaitType.Unchecked && inner < outer) offenders.unshift(below);
  }
  const site = heldSite(task, index);
  const wantedFunction = state.sites.function(site.ip);
  const byContext = outer > contextLimit;
  // A context that forbids it is a violation of its own, whatever the held locks forbid.
  const forbidding = byContext ? [contextName(context)] : [];
  const key = ['wait', cls, ...offenders.map((below) => heldClass(task, below)), ...forbidding, wantedFunction].join(
    ' ',
  );
  const record = state.findings.record(key, [], () => {
    const name = state.classes.displayName(cls);
    const wait = waitText(state, cls);
    const held = offenders.map((below) => describeHeld(state, task, below));
    const contextRule = `${context & IrqContext.Nmi ? 'an' : 'a'} ${contextName(context)} ${contextLimit === WaitType.Spin ? 'that stays one on PREEMPT_RT ' : ''}allows ${waitTypeName(contextLimit)}`;
    const under = held.map((lock) => `${lock.name}${lock.wait}`).join(', ');
    return makeFinding({
      rule: 'invalid-wait-context',
      message:
        held.length > 0
          ? `Invalid wait context: ${name}${wait} (${waitTypeName(outer)}) is taken while ${under} is held`
          : `Invalid wait context: ${name}${wait} (${waitTypeName(outer)}) is taken in ${contextName(context)} context`,
      locks: [...held.map((lock) => lock.name), name],
      where: state.sites.where(site),
      evidence: [
        ...offenders.map((below) => takenEvidence(state, task, below, 'was taken')),
        ...(byContext ? [evidence(contextRule, state.sites.where(site))] : []),
        takenEvidence(state, task, index, 'is taken'),
      ],
      identity: [
        ...offenders.map((below) => state.classes.stableName(heldClass(task, below))),
        state.classes.stableName(cls),
        wantedFunction,
        ...forbidding,
      ],
      certain: true,
      detail: {
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, context, (task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.IrqsOff) !== 0),
      },
    });
  });
  // The context alone is a violation whatever becomes of the held locks.
  state.claims.claimFinding(record, task, byContext ? [] : offenders);
}
