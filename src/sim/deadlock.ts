import { type Frame, FrameKind, FrameState } from './frame.js';
import type { Machine } from './machine.js';

/** One wait of a deadlock. */
interface Step {
  readonly frame: Frame;
  /** What it waits for; undefined: it is only kept from running by the context on top of it. */
  readonly label: string | undefined;
}

/** Looks for a cycle in the wait-for graph that goes through `frame`, which just began to wait, and reports it. */
export function checkDeadlock(machine: Machine, frame: Frame): void {
  if (frame.waitingFor?.owners().every((owner) => runsFreely(machine, owner))) return;
  const found = findCycle(machine, frame, frame, [], new Set());
  if (found === undefined) return;
  const cycle = fromFirstLock(found);
  for (const step of cycle) machine.deadlocked.add(step.frame);
  const waits = cycle.filter((step) => step.label !== undefined);
  const locks = waits.map((step) => step.label ?? '');
  machine.report({
    rule: 'deadlock',
    severity: 'error',
    message:
      waits.length === 1
        ? `${describe(frame)} waits for ${locks[0]}, which it cannot get before it goes on itself`
        : `deadlock: ${waits.map((step) => `${describe(step.frame)} waits for ${step.label}`).join(', ')}`,
    locks,
    callSite: siteOf(machine, waits[0]?.frame ?? frame),
    evidence: cycle.map((step) => ({
      what:
        step.label === undefined
          ? `${describe(step.frame)} is interrupted`
          : `${describe(step.frame)} waits for ${step.label}`,
      callSite: siteOf(machine, step.frame),
      task: step.frame.task.toString(),
    })),
  });
}

/** Nothing can move, or the run was given up: reports the tasks that are left, unless a deadlock explains them. */
export function reportStuck(machine: Machine, why: 'stuck' | 'limit'): void {
  const left = machine.tasks.filter((task) => !task.dead && !task.kthread);
  const unexplained = left.filter((task) => task.frames.every((frame) => !waitsOnDeadlocked(machine, frame)));
  if (unexplained.length === 0 && why === 'stuck') return;
  const steps = unexplained.map((task) => {
    const frame = task.frames[0];
    const waiting = frame?.waitingFor?.label;
    return {
      frame,
      task,
      waiting,
      what: waiting === undefined ? `${task} still runs` : `${task} waits for ${waiting}`,
    };
  });
  const cause =
    why === 'limit' ? `no end after ${machine.config.maxOperations} operations` : 'nobody is left to wake it';
  machine.report({
    rule: 'hang',
    severity: 'error',
    message: `${steps.map((step) => step.what).join(', ') || 'the kernel threads'}: ${cause}`,
    locks: steps.flatMap((step) => step.waiting ?? []),
    callSite: steps[0]?.frame === undefined ? '' : siteOf(machine, steps[0].frame),
    evidence: steps.map((step) => ({
      what: step.what,
      callSite: step.frame === undefined ? '' : siteOf(machine, step.frame),
      task: step.task.toString(),
    })),
  });
}

/** The common case: the owner goes on by itself, so no cycle goes through it. */
function runsFreely(machine: Machine, owner: Frame): boolean {
  if (owner.state !== FrameState.Runnable || owner.kind !== FrameKind.Task) return false;
  return machine.cpuOf(owner.task.cpu).stack.length === 0;
}

function findCycle(machine: Machine, start: Frame, at: Frame, path: Step[], seen: Set<Frame>): Step[] | undefined {
  if (seen.has(at)) return undefined;
  seen.add(at);
  for (const [next, label] of blockers(machine, at)) {
    const steps = [...path, { frame: at, label }];
    if (next === start) return steps;
    const cycle = findCycle(machine, start, next, steps, seen);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** The contexts that must go on before `frame` can, with the lock that is between them. */
function* blockers(machine: Machine, frame: Frame): Iterable<[Frame, string | undefined]> {
  if (frame.waitingFor !== undefined) {
    for (const owner of frame.waitingFor.owners()) yield [owner, frame.waitingFor.label];
  }
  for (const cpu of machine.cpus) {
    const at = cpu.stack.indexOf(frame);
    const above =
      at >= 0 ? cpu.stack[at + 1] : cpu.current.running && cpu.current === frame.task ? cpu.stack[0] : undefined;
    if (above !== undefined && (at >= 0 || frame.kind === FrameKind.Task)) yield [above, undefined];
  }
}

function waitsOnDeadlocked(machine: Machine, frame: Frame, seen = new Set<Frame>()): boolean {
  if (machine.deadlocked.has(frame)) return true;
  if (seen.has(frame) || frame.state === FrameState.Done) return false;
  seen.add(frame);
  for (const [next] of blockers(machine, frame)) if (waitsOnDeadlocked(machine, next, seen)) return true;
  return false;
}

function describe(frame: Frame): string {
  return frame.kind === FrameKind.Task ? frame.task.toString() : `${frame.name} on ${frame.task}`;
}

function siteOf(machine: Machine, frame: Frame): string {
  return machine.names.text(frame.op.ip === 0 ? frame.fn : frame.op.ip);
}

/** The cycle begun at its alphabetically first lock: the same deadlock reads the same whoever closed it. */
function fromFirstLock(cycle: readonly Step[]): Step[] {
  const label = (at: number) => cycle[at]?.label ?? '\uffff';
  const first = cycle.reduce((best, _step, i) => (label(i) < label(best) ? i : best), 0);
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}
