import type { EventHeader } from '../model/events.js';
import type { Evidence, Finding, FindingDetail, HeldDescription, Where } from '../model/finding.js';
import { fingerprint } from '../model/finding.js';
import type { LockdepState } from './lockdep-state.js';
import { type Site, siteOf } from './site.js';
import { HELD_STRIDE, Held, HeldFlag, IrqContext, type TaskState } from './task-state.js';
import { usageText } from './usage.js';

/** Site of the acquisition at `index` of a task's stack. */
export function heldSite(task: TaskState, index: number): Site {
  const at = index * HELD_STRIDE;
  return {
    ip: task.held[at + Held.Ip],
    line: task.held[at + Held.Line],
    comm: task.comm,
    pid: task.pid,
    cpu: task.held[at + Held.Cpu],
    time: task.times[index],
  };
}

export function heldClass(task: TaskState, index: number): number {
  return task.held[index * HELD_STRIDE + Held.Class];
}

export function heldRead(task: TaskState, index: number): number {
  return task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.ReadMask;
}

/** `{outer:inner}` as lockdep prints wait types; '' when neither is known. */
export function waitText(state: LockdepState, cls: number): string {
  const inner = state.classes.waitInner(cls);
  return inner === 0 ? '' : `{${state.classes.waitOuter(cls)}:${inner}}`;
}

export function describeHeld(state: LockdepState, task: TaskState, index: number): HeldDescription {
  const cls = heldClass(task, index);
  const flags = task.held[index * HELD_STRIDE + Held.Flags];
  return {
    name: state.classes.displayName(cls),
    wait: waitText(state, cls),
    usage: usageText(state.classes.observedUsage(cls)),
    read: (flags & HeldFlag.ReadMask) !== 0,
    trylock: (flags & HeldFlag.Trylock) !== 0,
    where: state.sites.where(heldSite(task, index)),
  };
}

/** All locks of the task, outermost first, but the one at `except`. */
export function describeStack(state: LockdepState, task: TaskState, except = -1): HeldDescription[] {
  const held: HeldDescription[] = [];
  for (let index = 0; index < task.depth; index++) {
    if (index !== except) held.push(describeHeld(state, task, index));
  }
  return held;
}

/** The words for an interrupt context: `task`, `softirq`, `hardirq`, `NMI`. */
export function contextName(context: number): string {
  if (context & IrqContext.Nmi) return 'NMI';
  if (context & IrqContext.HardIrq) return 'hardirq';
  return context & IrqContext.SoftIrq ? 'softirq' : 'task';
}

export function contextWords(h: EventHeader, context: number, irqsOff: boolean): string[] {
  const words = [`${contextName(context)} context`];
  if (irqsOff) words.push('interrupts off');
  if (h.preemptDepth > 0) words.push(`preemption depth ${h.preemptDepth}`);
  return words;
}

export function evidence(what: string, where: Where): Evidence {
  return { what, where };
}

/** `X was taken (read, trylock)` with its place. */
export function takenEvidence(state: LockdepState, task: TaskState, index: number, verb: string): Evidence {
  const held = describeHeld(state, task, index);
  const how = [held.read ? 'read' : '', held.trylock ? 'trylock' : ''].filter((word) => word !== '').join(', ');
  return evidence(`${held.name}${held.wait} ${verb}${how === '' ? '' : ` (${how})`}`, held.where);
}

/** What every finding of the validator is made of. */
export interface FindingParts {
  rule: string;
  message: string;
  locks: string[];
  where: Where;
  evidence: Evidence[];
  /** What identifies the bug: stable class names, function names. */
  identity: string[];
  certain: boolean;
  detail: FindingDetail;
}

/** Puts a finding together; a possible one weighs a step less. */
export function makeFinding(parts: FindingParts): Finding {
  return {
    rule: parts.rule,
    severity: parts.certain ? 'error' : 'warning',
    confidence: parts.certain ? 'certain' : 'possible',
    message: parts.message,
    locks: parts.locks,
    where: parts.where,
    evidence: parts.evidence,
    fingerprint: fingerprint(parts.rule, parts.identity),
    count: 1,
    detail: parts.detail,
  };
}

/** Where the event itself is. */
export function whereNow(state: LockdepState, h: EventHeader, ip: number): Where {
  return state.sites.where(siteOf(h, ip));
}
