import type { EventHeader } from '../model/events.js';
import type { Evidence, Finding, FindingDetail, Where } from '../model/finding.js';
import { pathEvidence } from './dependency-evidence.js';
import { contextWords, describeHeld, describeStack, heldClass, makeFinding, takenEvidence } from './describe.js';
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

/** An inversion that recorded dependencies alone make. */
export interface OrderInversion {
  readonly safe: number;
  readonly unsafe: number;
  readonly kind: IrqKind;
  /** Edges from `safe` to `unsafe`. */
  readonly path: number[];
  /** The one of them at which it is told. */
  readonly edge: number;
}

/** Where an inversion is told, and what is held there. */
interface Place {
  readonly where: Where;
  readonly detail: Pick<FindingDetail, 'held' | 'wanted' | 'context'>;
  /** What completes the path. */
  readonly steps: readonly Evidence[];
}

/** Reports an inversion: the interrupt may take `safe` while this CPU holds `unsafe`, and another waits the other way. */
export function reportInversion(state: LockdepState, h: EventHeader, task: TaskState, inversion: Inversion): void {
  const { safe, unsafe, kind } = inversion;
  if (state.inconsistent.has(safe * 2 + kind) || state.inconsistent.has(unsafe * 2 + kind)) return;
  const index = inversion.change?.index ?? inversion.added?.taken ?? 0;
  const onPath = pathClasses(state, task, inversion);
  const record = state.findings.record(keyOf(safe, unsafe, kind), onPath, () =>
    inversionFinding(state, inversion, onPath, {
      where:
        inversion.change === undefined
          ? describeHeld(state, task, index).where
          : state.sites.where(siteOfOrigin(inversion.change.origin)),
      steps:
        inversion.added === undefined
          ? []
          : [
              takenEvidence(state, task, inversion.added.held, 'was taken'),
              takenEvidence(state, task, index, 'is taken'),
            ],
      detail: {
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, task.contextOf(index), false),
      },
    }),
  );
  const changedHeld =
    inversion.change !== undefined && isEnabledBit(inversion.change.bit) && index < task.depth ? [index] : [];
  const rests = inversion.added === undefined ? changedHeld : [inversion.added.held];
  state.claims.claimFinding(record, task, rests, { path: inversion.path });
}

/** Reports an inversion that recorded dependencies make, where it does not go through another that is known. */
export function reportOrder(state: LockdepState, inversion: OrderInversion): void {
  const { safe, unsafe, kind, path, edge } = inversion;
  const onPath = [safe, ...path.map((step) => state.graph.toOf(step))];
  const isKnown = onPath.some((from, i) => onPath.slice(i + 1).some((to) => state.findings.has(keyOf(from, to, kind))));
  if (isKnown) return;
  const where = state.sites.where(state.graph.sitesOf(edge).taken);
  const place = { where, steps: [], detail: {} };
  const make = (): Finding => inversionFinding(state, inversion, onPath, place);
  state.findings.record(keyOf(safe, unsafe, kind), onPath, make).confirmed++;
}

function keyOf(safe: number, unsafe: number, kind: IrqKind): string {
  return `inversion ${safe} ${unsafe} ${kind}`;
}

function inversionFinding(
  state: LockdepState,
  { safe, unsafe, kind, path }: Pick<Inversion, 'safe' | 'unsafe' | 'kind' | 'path'>,
  onPath: readonly number[],
  { where, steps, detail }: Place,
): Finding {
  const { classes } = state;
  const irq = kind === IrqKind.HardIrq ? 'HARDIRQ' : 'SOFTIRQ';
  const safeName = classes.displayName(safe);
  const unsafeName = classes.displayName(unsafe);
  const disable = kind === IrqKind.HardIrq ? 'local_irq_disable();' : 'local_bh_disable();';
  return makeFinding({
    rule: 'irq-lock-inversion',
    message: `possible irq lock inversion dependency detected: ${irq}-safe ${safeName} -> ${irq}-unsafe ${unsafeName}`,
    locks: onPath.map((cls) => classes.displayName(cls)),
    where,
    evidence: [
      ...usageEvidence(state, safe, kind, false),
      ...pathEvidence(state, path),
      ...steps,
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
      ...detail,
    },
  });
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
