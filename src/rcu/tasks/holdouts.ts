import { Access } from '../../explore/strategy.js';
import { TaskState } from '../../model/events.js';
import type { Op, Task } from '../../sim/index.js';
import type { OpKind } from '../../sim/op.js';
import type { TasksRcu } from './tasks-rcu.js';

/** What Tasks RCU keeps in a task (the rcu_tasks_* fields of task_struct). */
export interface TaskRecord {
  /** Voluntary switches (nvcsw). */
  switches: number;
  /** {@link switches} when the grace period looked first. */
  snapshot: number;
  /** The running grace period waits for it. */
  holdout: boolean;
}

/**
 * Whether a task may be anywhere in the kernel's code: it runs or was preempted. One that sleeps went to sleep by itself, which no
 * trampoline does; the idle tasks are no tasks here. rcu_tasks_is_holdout()
 */
function mayBeAnywhere(tasks: TasksRcu, task: Task): boolean {
  if (tasks.has('tasks-preempted-skipped')) return task.running;
  if (tasks.has('tasks-wait-idle-task')) return !task.dead;
  return task.state === TaskState.Running;
}

/** rcu_tasks_pertask() */
const NOTE: OpKind<TasksRcu, void> = {
  label: 'rcu_tasks_pertask',
  access: Access.Write,
  cost: 5,
  attempt(_machine, tasks, op) {
    const task = op.b as Task;
    if (task === op.frame.task || !mayBeAnywhere(tasks, task)) return true;
    if (task.running && tasks.has('tasks-running-skipped')) return true;
    const record = tasks.recordOf(task);
    if (!tasks.has('tasks-snapshot-stale')) record.snapshot = record.switches;
    record.holdout = true;
    tasks.holdouts.add(task);
    return true;
  },
};

/** check_holdout_task(): a voluntary switch, sleep, death and user mode are quiescent states. */
const CHECK: OpKind<TasksRcu, void> = {
  label: 'check_holdout_task',
  access: Access.Write,
  cost: 5,
  attempt(machine, tasks, op) {
    const task = op.b as Task;
    const record = tasks.recordOf(task);
    const switched = record.switches !== record.snapshot;
    const waits = record.holdout && !switched && mayBeAnywhere(tasks, task) && !task.userMode;
    if (waits && !tasks.has('tasks-look-once')) {
      // rcu_request_urgent_qs_task(): who only loops is at least preempted.
      if (task.running) machine.cpuOf(task.cpu).needResched = true;
      return true;
    }
    record.holdout = false;
    tasks.holdouts.delete(task);
    return true;
  },
};

/** The tasks that a grace period begins with. */
export function* findHoldouts(tasks: TasksRcu): Op<void> {
  yield* tasks.rcu.readLock();
  for (const task of [...tasks.machine.tasks]) yield* tasks.machine.arm(NOTE, tasks, 0, task);
  yield* tasks.rcu.readUnlock();
}

/** Looks once at each that is left. check_all_holdout_tasks() */
export function* checkHoldouts(tasks: TasksRcu): Op<void> {
  for (const task of [...tasks.holdouts]) yield* tasks.machine.arm(CHECK, tasks, 0, task);
}

const QUIESCENT: OpKind<TasksRcu, void> = {
  label: 'rcu_tasks_qs',
  access: Access.Write,
  cost: 2,
  attempt(_machine, tasks, op) {
    tasks.recordOf(op.frame.task).holdout = false;
    return true;
  },
};

/** cond_resched_tasks_rcu_qs(): says that the task is in no trampoline here. */
export function* condReschedQs(tasks: TasksRcu): Op<void> {
  yield* tasks.machine.arm(QUIESCENT, tasks);
  yield* tasks.kernel.condResched();
}
