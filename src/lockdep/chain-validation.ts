import { type EventHeader, ReadKind } from '../model/events.js';
import type { Scenario } from '../model/finding.js';
import { closedCycles } from './closed-cycles.js';
import { pathEvidence } from './dependency-evidence.js';
import { depKind } from './dependency-graph.js';
import {
  contextWords,
  describeHeld,
  describeStack,
  heldClass,
  heldRead,
  heldSite,
  makeFinding,
  takenEvidence,
} from './describe.js';
import { checkIrqSafety } from './irq-orders.js';
import type { LockdepState } from './lockdep-state.js';
import { HELD_STRIDE, Held, HeldFlag, type TaskState } from './task-state.js';
import { reportEventCycle } from './wait-events.js';

/**
 * Judges a chain that was not seen before (validate_chain()): recursion, then each new dependency of the lock at `index` on those
 * held in the same context. Returns whether the chain need not be looked at again.
 */
export function validateChain(state: LockdepState, h: EventHeader, task: TaskState, index: number): boolean {
  state.graph.reserveClasses(state.classes.size);
  const recursion = checkRecursion(state, h, task, index);
  if (recursion === 'nested') return true;
  // One chain may recurse in several functions: each is a finding of its own.
  return addDependencies(state, h, task, index) && recursion !== 'found';
}

/** check_deadlock(): the class must not be held already, unless both are readers or a nest lock serialises them. */
function checkRecursion(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  index: number,
): 'none' | 'nested' | 'found' {
  const held = task.held;
  const at = index * HELD_STRIDE;
  const cls = held[at + Held.Class];
  const nestHi = held[at + Held.NestHi];
  const nestLo = held[at + Held.NestLo];
  const context = task.contextOf(index);
  let nested = false;
  for (let below = 0; below < index; below++) {
    const other = below * HELD_STRIDE;
    if (nestLo !== 0 || nestHi !== 0) {
      if (held[other + Held.InstanceLo] === nestLo && held[other + Held.InstanceHi] === nestHi) nested = true;
    }
    if (held[other + Held.Class] !== cls || task.contextOf(below) !== context) continue;
    if (heldRead(task, index) === ReadKind.SharedRecursive && heldRead(task, below) !== ReadKind.Write) continue;
    if (nested) return 'nested';
    const flags = held[other + Held.Flags];
    // Pseudo acquisitions are not validated, and a suspect one is judged when its release is seen or not.
    if (!(flags & HeldFlag.Check) || flags & HeldFlag.Suspect) continue;
    if (!state.classes.subclassKnown(cls) && !sameInstance(task, index, below)) {
      state.classes.noteNesting(cls);
      state.unjudgedNestings++;
      return 'nested';
    }
    reportRecursion(state, h, task, index, below);
    return 'found';
  }
  return 'none';
}

function sameInstance(task: TaskState, a: number, b: number): boolean {
  const x = a * HELD_STRIDE;
  const y = b * HELD_STRIDE;
  return (
    task.held[x + Held.InstanceLo] === task.held[y + Held.InstanceLo] &&
    task.held[x + Held.InstanceHi] === task.held[y + Held.InstanceHi]
  );
}

/** Records that the class at `index` is taken while the holding at `below` has it already; stands when `below` is released. */
export function reportRecursion(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  index: number,
  below: number,
): void {
  const record = recursionRecord(state, h, task, index, below);
  if (!sameInstance(task, index, below)) {
    // lockdep_set_subclass() gives an instance a class of its own and leaves no event.
    const at = below * HELD_STRIDE;
    const [cls, hi, lo] = [heldClass(task, below), task.held[at + Held.InstanceHi], task.held[at + Held.InstanceLo]];
    state.kernelVerdict.whenSilent(record, () => {
      record.isVoid = true;
      state.classes.split(cls, hi, lo);
    });
  }
  state.claims.claimFinding(record, task, [below]);
}

/** The record of a recursion, without confirming it. */
export function recursionRecord(state: LockdepState, h: EventHeader, task: TaskState, index: number, below: number) {
  const cls = heldClass(task, index);
  const name = state.classes.displayName(cls);
  const callee = state.sites.function(heldSite(task, index).ip);
  return state.findings.record(`recursion ${cls} ${callee}`, [cls], () =>
    makeFinding({
      rule: 'recursive-lock',
      message: `possible recursive locking detected: ${name} is taken while ${name} is already held`,
      locks: [name],
      where: state.sites.where(heldSite(task, index)),
      evidence: [takenEvidence(state, task, below, 'was taken'), takenEvidence(state, task, index, 'is taken again')],
      identity: [state.classes.stableName(cls), callee],
      certain: sameInstance(task, index, below) || state.classes.isCertain(cls),
      detail: {
        scenario: { cpus: ['CPU0'], rows: [[`lock(${name});`], [`lock(${name});`]] },
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, task.contextOf(index), false),
      },
    }),
  );
}

/** check_prevs_add(): dependencies on the locks below, up to and including the first that was not a trylock. */
function addDependencies(state: LockdepState, h: EventHeader, task: TaskState, index: number): boolean {
  const context = task.contextOf(index);
  let settled = true;
  let distance = 1;
  for (let below = index - 1; below >= 0 && task.contextOf(below) === context; below--, distance++) {
    const flags = task.held[below * HELD_STRIDE + Held.Flags];
    if (!(flags & HeldFlag.Check) || state.classes.isNoValidate(heldClass(task, below))) continue;
    if (flags & HeldFlag.Suspect) {
      settled = false;
      continue;
    }
    if (!addDependency(state, h, task, below, index, distance === 1)) settled = false;
    if (!(flags & HeldFlag.Trylock)) break;
  }
  return settled;
}

/** check_prev_add(). Returns whether the dependency is settled: neither refused nor resting on a doubtful release. */
function addDependency(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  below: number,
  index: number,
  direct: boolean,
): boolean {
  const { graph } = state;
  const from = heldClass(task, below);
  const to = heldClass(task, index);
  if (from === to) return true;
  // At another nesting level, that is. It waits for itself, as the recursion says; two instances taken so would be an order.
  if (state.isWhole && sameInstance(task, below, index)) return false;
  const kind = depKind(heldRead(task, below), heldRead(task, index));
  const known = graph.find(from, to);
  if (known >= 0 && graph.kindsOf(known) & kind) {
    if (direct && !graph.isDirect(known)) graph.strengthen(known, kind, true);
    if (!state.claims.isProvisional(known)) return true;
    state.claims.claimDependency(known, task, below);
    return false;
  }
  if (closesCycle(state, h, task, below, index)) {
    state.refused++;
    if (state.reconsiders) checkIrqSafety(state, h, task, below, index);
    return true;
  }
  checkIrqSafety(state, h, task, below, index);
  if (known >= 0) {
    graph.strengthen(known, kind, direct);
    return true;
  }
  const sites = { held: heldSite(task, below), taken: heldSite(task, index) };
  const edge = graph.add(from, to, kind, direct, sites);
  state.claims.claimDependency(edge, task, below);
  return false;
}

function closesCycle(state: LockdepState, h: EventHeader, task: TaskState, below: number, index: number): boolean {
  const from = { from: heldClass(task, below), fromRead: heldRead(task, below) };
  const to = { to: heldClass(task, index), toRead: heldRead(task, index) };
  return closedCycles(state, { ...from, ...to }, (path) => reportCycle(state, h, task, below, index, path));
}

function reportCycle(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  below: number,
  index: number,
  path: readonly number[],
): void {
  const { classes, graph } = state;
  const cycle = [heldClass(task, index), ...path.map((edge) => graph.toOf(edge))];
  if (cycle.some((cls) => classes.eventKind(cls) !== undefined)) {
    const sites = { held: heldSite(task, below), taken: heldSite(task, index) };
    reportEventCycle(state, h, task, cycle, path, sites);
    return;
  }
  const record = state.findings.record(`cycle ${rotated(cycle.map(String)).join(' ')}`, cycle, () => {
    const names = cycle.map((cls) => classes.displayName(cls));
    return makeFinding({
      rule: 'lock-order-cycle',
      message: `possible circular locking dependency detected: ${[...names, names[0]].join(' -> ')}`,
      locks: names,
      where: state.sites.where(heldSite(task, index)),
      evidence: [
        ...pathEvidence(state, path),
        takenEvidence(state, task, below, 'was taken'),
        takenEvidence(state, task, index, 'is taken'),
      ],
      identity: rotated(cycle.map((cls) => classes.stableName(cls))),
      certain: cycle.every((cls) => classes.isCertain(cls)),
      detail: {
        scenario: cycleScenario(names),
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, task.contextOf(index), false),
      },
    });
  });
  state.claims.claimFinding(record, task, [below], { path });
}

/** A CPU a lock: each holds its own and wants the next one. CPU0 is the task at hand, which holds the last and wants the first. */
function cycleScenario(names: readonly string[]): Scenario {
  const holders = [names[names.length - 1], ...names.slice(0, -1)];
  const cpus = holders.map((_, cpu) => `CPU${cpu}`);
  const row = (cpu: number, text: string): string[] => cpus.map((_, column) => (column === cpu ? text : ''));
  const wanted = (cpu: number): string => names[cpu];
  return {
    cpus,
    rows: [
      ...holders.map((name, cpu) => row(cpu, `lock(${name});`)),
      ...holders.map((_, cpu) => row(cpu, `lock(${wanted(cpu)});`)),
    ],
  };
}

/** Starts at the smallest element, so that a cycle has one spelling. */
export function rotated(cycle: readonly string[]): string[] {
  let start = 0;
  for (let at = 1; at < cycle.length; at++) if (cycle[at] < cycle[start]) start = at;
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
