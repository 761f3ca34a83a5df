import type { EventHeader } from '../model/events.js';
import type { Evidence } from '../model/finding.js';
import {
  contextWords,
  describeHeld,
  describeStack,
  evidence,
  heldClass,
  makeFinding,
  takenEvidence,
} from './describe.js';
import type { LockdepState } from './lockdep-state.js';
import type { TaskState } from './task-state.js';
import { IrqKind, isEnabledBit, usageBit, usageBitName } from './usage.js';
import { originEvidence, siteOfOrigin, type UsageOrigin } from './usage-origin.js';

/** The class of the held lock at `index` gets a usage state. */
export interface UsageChange {
  readonly index: number;
  readonly bit: number;
  readonly origin: UsageOrigin;
}

/** An interrupt-safe class with a strong path to an interrupt-unsafe one. */
export interface Inversion {
  safe: number;
  unsafe: number;
  kind: IrqKind;
  /** Edges from `safe` to `unsafe`, without the one being added. */
  path: number[];
  /** The state change that completed it, or the new dependency from `held` to `taken` (indices of the stack). */
  change?: UsageChange;
  added?: { held: number; taken: number };
}

/** Reports an inversion: the interrupt may take `safe` while this CPU holds `unsafe`, and another waits the other way. */
export function reportInversion(state: LockdepState, h: EventHeader, task: TaskState, inversion: Inversion): void {
  const { classes } = state;
  const { safe, unsafe, kind } = inversion;
  if (state.inconsistent.has(safe * 2 + kind) || state.inconsistent.has(unsafe * 2 + kind)) return;
  const index = inversion.change?.index ?? inversion.added?.taken ?? 0;
  const onPath = pathClasses(state, task, inversion);
  const record = state.findings.record(`inversion ${safe} ${unsafe} ${kind}`, onPath, () => {
    const irq = kind === IrqKind.HardIrq ? 'HARDIRQ' : 'SOFTIRQ';
    const safeName = classes.displayName(safe);
    const unsafeName = classes.displayName(unsafe);
    const disable = kind === IrqKind.HardIrq ? 'local_irq_disable();' : 'local_bh_disable();';
    return makeFinding({
      rule: 'irq-lock-inversion',
      message: `possible irq lock inversion dependency detected: ${irq}-safe ${safeName} -> ${irq}-unsafe ${unsafeName}`,
      locks: onPath.map((cls) => classes.displayName(cls)),
      where:
        inversion.change === undefined
          ? describeHeld(state, task, index).where
          : state.sites.where(siteOfOrigin(inversion.change.origin)),
      evidence: [
        ...usageEvidence(state, safe, kind, false),
        ...pathEvidence(state, inversion.path),
        ...(inversion.added === undefined
          ? []
          : [
              takenEvidence(state, task, inversion.added.held, 'was taken'),
              takenEvidence(state, task, index, 'is taken'),
            ]),
        ...usageEvidence(state, unsafe, kind, true),
      ],
      identity: [classes.stableName(safe), classes.stableName(unsafe), irq],
      certain: onPath.every((cls) => classes.isCertain(cls)),
      detail: {
        scenario: {
          cpus: ['CPU0', 'CPU1'],
          rows: [
            [`lock(${unsafeName});`, ''],
            ['', disable],
            ['', `lock(${safeName});`],
            ['', `lock(${classes.displayName(onPath[1])});`],
            ['<Interrupt>', ''],
            [`  lock(${safeName});`, ''],
          ],
        },
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, task.contextOf(index), false),
      },
    });
  });
  const changedHeld =
    inversion.change !== undefined && isEnabledBit(inversion.change.bit) && index < task.depth ? [index] : [];
  const rests = inversion.added === undefined ? changedHeld : [inversion.added.held];
  state.claims.claimFinding(record, task, rests, { path: inversion.path });
}

function pathClasses(state: LockdepState, task: TaskState, inversion: Inversion): number[] {
  const classes = [inversion.safe];
  const push = (cls: number): void => {
    if (classes[classes.length - 1] !== cls) classes.push(cls);
  };
  if (inversion.added === undefined) {
    for (const edge of inversion.path) push(state.graph.toOf(edge));
    return classes;
  }
  const held = heldClass(task, inversion.added.held);
  const taken = heldClass(task, inversion.added.taken);
  for (const edge of inversion.path) {
    if (state.graph.fromOf(edge) === taken) push(taken);
    push(state.graph.toOf(edge));
    if (state.graph.toOf(edge) === held) push(taken);
  }
  if (classes.length === 1) push(held);
  push(inversion.unsafe);
  return classes;
}

function usageEvidence(state: LockdepState, cls: number, kind: IrqKind, enabled: boolean): Evidence[] {
  for (const read of [false, true]) {
    const bit = usageBit(kind, enabled, read);
    const words = `${state.classes.displayName(cls)} became ${usageBitName(bit)} here`;
    const steps = originEvidence(state, cls, bit, words);
    if (steps.length > 0) return steps;
  }
  return [];
}

/** Each dependency of a path with the place where it was first seen. */
export function pathEvidence(state: LockdepState, path: readonly number[]): Evidence[] {
  return path.map((edge) => {
    const from = state.classes.displayName(state.graph.fromOf(edge));
    const to = state.classes.displayName(state.graph.toOf(edge));
    return evidence(`${to} was taken while ${from} was held`, state.sites.where(state.graph.sitesOf(edge).taken));
  });
}
