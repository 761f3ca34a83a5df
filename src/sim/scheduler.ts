import { TaskState } from '../model/events.js';
import type { Cpu } from './cpu.js';
import { Frame, FrameKind } from './frame.js';
import { maskIrqs, unmaskIrqs } from './irq/masking.js';
import type { Machine } from './machine.js';
import type { Task } from './task.js';

/** Best priority of the fair class: smaller ones are real-time. */
const FAIR = 100;
/** Weight of a nice level is 1.25 times the next one's (sched_prio_to_weight). */
const NICE_STEP = 1.25;

/** Puts a runnable task on a CPU's queue and asks for a reschedule where it should go first. */
export function enqueue(machine: Machine, task: Task, wanted: Cpu, first = false): void {
  const cpu = mustLeave(task, wanted) ? fallback(machine, task) : wanted;
  if (cpu.parked && task.parks) {
    cpu.wokenParked.push(task);
    return;
  }
  task.queued = true;
  task.cpu = cpu.id;
  if (first) cpu.queue.unshift(task);
  else cpu.queue.push(task);
  if (!cpu.current.idle && task.prio < Math.min(cpu.current.prio, FAIR)) cpu.needResched = true;
  machine.dirty = true;
}

/** smpboot_unpark_threads(): a CPU's own threads go on, those first that were woken while they were parked. */
export function unparkThreads(machine: Machine, cpu: Cpu): void {
  cpu.parked = false;
  for (const task of cpu.wokenParked.splice(0)) enqueue(machine, task, cpu);
}

/** The CPU is on its way out and the task is none of its own threads. One that cannot migrate now stays until it can. */
function mustLeave(task: Task, cpu: Cpu): boolean {
  return !cpu.active && !task.perCpu && !task.idle && task.migrateDisabled === 0;
}

/** select_fallback_rq(): a CPU for a task whose own goes away; one bound to CPUs that are all away is bound no longer. */
function fallback(machine: Machine, task: Task): Cpu {
  const active = machine.cpus.filter((cpu) => cpu.active);
  const allowed = active.find((cpu) => task.allows(cpu.id));
  if (allowed === undefined) task.allowed = undefined;
  const cpu = allowed ?? active[0];
  if (cpu === undefined) throw new RangeError('no CPU is active');
  return cpu;
}

/** try_to_wake_up(): makes a sleeping task runnable on the CPU that suits it. False: it was not asleep. */
export function wakeTask(machine: Machine, task: Task): boolean {
  if (task.state !== TaskState.Sleeping) return false;
  task.state = TaskState.Running;
  if (task.running) return true;
  const cpu = selectCpu(machine, task);
  const floor = cpu.current.idle ? 0 : cpu.current.vruntime - machine.config.timeSlice;
  if (task.vruntime < floor) task.vruntime = floor;
  enqueue(machine, task, cpu);
  return true;
}

/** Gives a task another effective priority, wherever it is. */
export function setPriority(machine: Machine, task: Task, prio: number): void {
  if (task.prio === prio) return;
  task.prio = prio;
  const cpu = machine.cpuOf(task.cpu);
  const rival = task.running ? bestOf(cpu, cpu.queue) : task;
  const running = cpu.current;
  if (rival?.queued === true && !running.idle && rival.prio < Math.min(running.prio, FAIR)) cpu.needResched = true;
  machine.dirty = true;
}

/** schedule(): runs the switch hook as part of the task that leaves, then switches. */
export function schedule(machine: Machine, cpu: Cpu): void {
  const prev = cpu.current;
  if (prev.userMode) machine.hooks.userExit?.(cpu);
  const hook = prev.idle || !prev.running ? undefined : machine.hooks.contextSwitch;
  const body = hook?.(cpu, prev, prev.state === TaskState.Running || prev.lockSleep);
  if (body === undefined) {
    switchTasks(machine, cpu);
    return;
  }
  const frame = new Frame(machine, FrameKind.Inline, 'schedule', prev, () => body);
  frame.irqsWereOn = maskIrqs(machine, cpu, 0);
  cpu.preemptCount++;
  cpu.refresh();
  frame.onExit = () => {
    cpu.preemptCount--;
    cpu.refresh();
    if (frame.irqsWereOn) unmaskIrqs(machine, cpu, 0);
    switchTasks(machine, cpu);
  };
  cpu.stack.push(frame);
}

/** The task has run to its end: do_exit(), which ends in a switch like any other (do_task_dead()). */
export function exitTask(machine: Machine, cpu: Cpu, task: Task): void {
  machine.emit.sink.taskExit(machine.emit.stamp(cpu, machine.now), task.pid);
  machine.hooks.taskExit?.(task);
  task.frames.length = 0;
  task.state = TaskState.Dead;
  schedule(machine, cpu);
}

function switchTasks(machine: Machine, cpu: Cpu): void {
  const prev = cpu.current;
  cpu.needResched = false;
  if (prev.running) {
    prev.vruntime += weighted(prev, machine.now - prev.startedAt);
    prev.running = false;
    // A real-time task that is preempted stays first among its equals.
    if (prev.state === TaskState.Running && !prev.idle) enqueue(machine, prev, cpu, prev.prio < FAIR && !cpu.yielding);
    cpu.needResched = false;
  }
  cpu.yielding = false;
  const next = takeNext(machine, cpu);
  next.startedAt = machine.now;
  next.running = !next.idle;
  machine.dirty = true;
  if (next === prev) {
    if (next.userMode) machine.hooks.userEnter?.(cpu);
    return;
  }
  cpu.switches++;
  const irqsWereOn = maskIrqs(machine, cpu, 0);
  prev.preemptCount = cpu.preemptCount;
  prev.bhCount = cpu.bhCount;
  prev.irqsOff = !irqsWereOn;
  prev.servingSoftirq = cpu.servingSoftirq;
  // As the kernel prints it: inside __schedule(), preemption off and the run queue's lock held.
  cpu.preemptCount = 2;
  const header = machine.emit.stamp(cpu, machine.now);
  const state = prev.lockSleep ? TaskState.Running : prev.state;
  prev.lockSleep = false;
  machine.emit.sink.schedSwitch(header, prev.pid, state, next.pid, next.commId);
  if (prev.idle) machine.hooks.idleExit?.(cpu);
  cpu.current = next;
  next.cpu = cpu.id;
  cpu.preemptCount = next.preemptCount;
  cpu.bhCount = next.bhCount;
  cpu.servingSoftirq = next.servingSoftirq;
  cpu.refresh();
  if (next.idle) machine.hooks.idleEnter?.(cpu);
  else if (next.userMode) machine.hooks.userEnter?.(cpu);
  if (next.idle && cpu.emptyWatch !== undefined && cpu.emptyWatch.task !== prev) lookAgain(machine, cpu);
  if (cpu.dying && next.idle) cpuIsDead(machine, cpu);
  else if (!next.irqsOff) unmaskIrqs(machine, cpu, 0);
}

function lookAgain(machine: Machine, cpu: Cpu): void {
  const watch = cpu.emptyWatch;
  cpu.emptyWatch = undefined;
  if (watch !== undefined) machine.resume(watch);
}

/** The idle loop has found its CPU offline: it stays in there, interrupts off (cpuhp_report_idle_dead()). */
function cpuIsDead(machine: Machine, cpu: Cpu): void {
  cpu.dying = false;
  cpu.dead = true;
  const watch = cpu.deathWatch;
  cpu.deathWatch = undefined;
  if (watch !== undefined) machine.resume(watch);
}

/** The next task of a CPU, taken off its queue or pulled from another's; the idle task when there is none. */
function takeNext(machine: Machine, cpu: Cpu): Task {
  if (cpu.dying) return cpu.idleTask;
  const own = bestOf(cpu, cpu.queue);
  if (own !== undefined) return dequeue(cpu, own);
  if (!cpu.active) return cpu.idleTask;
  for (const other of machine.cpus) {
    if (other === cpu || other.current.idle || other.dead) continue;
    const candidate = bestOf(cpu, other.queue);
    if (candidate !== undefined) return dequeue(other, candidate);
  }
  return cpu.idleTask;
}

function dequeue(cpu: Cpu, task: Task): Task {
  cpu.queue.splice(cpu.queue.indexOf(task), 1);
  task.queued = false;
  return task;
}

/** The task of `queue` that should run next on `cpu`: real-time by priority, then fair by virtual run time. */
function bestOf(cpu: Cpu, queue: readonly Task[]): Task | undefined {
  let best: Task | undefined;
  for (const task of queue) {
    if (task.cpu !== cpu.id && (task.migrateDisabled > 0 || !task.allows(cpu.id))) continue;
    if (best === undefined || goesBefore(task, best)) best = task;
  }
  return best;
}

function goesBefore(a: Task, b: Task): boolean {
  if (a.prio < FAIR || b.prio < FAIR) return a.prio < b.prio;
  return a.vruntime < b.vruntime;
}

function weighted(task: Task, ns: number): number {
  return task.policy === 'fair' ? ns * NICE_STEP ** (task.normalPrio - 120) : 0;
}

/** select_task_rq(): the CPU it ran on if that is idle (or must be), else an idle one, else where it was. */
function selectCpu(machine: Machine, task: Task): Cpu {
  const last = machine.cpuOf(task.cpu);
  if (task.migrateDisabled > 0 || task.perCpu) return last;
  const usable = (cpu: Cpu) => cpu.active && task.allows(cpu.id);
  const isIdle = (cpu: Cpu) => cpu.current.idle && cpu.queue.length === 0;
  if (usable(last) && isIdle(last)) return last;
  return (
    machine.cpus.find((cpu) => usable(cpu) && isIdle(cpu)) ??
    (usable(last) ? last : (machine.cpus.find(usable) ?? last))
  );
}
