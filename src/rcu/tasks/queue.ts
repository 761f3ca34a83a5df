import type { IrqWork, Kernel, Op, RawSpinlock, Work } from '../../sim/index.js';
import { type Callback, CallbackList } from '../callback-list.js';
import { seqSnap, seqState } from '../sequence.js';
import { invokeKind } from '../shared-callbacks.js';
import type { TasksRcu } from './tasks-rcu.js';

/** A CPU's callbacks (struct rcu_tasks_percpu); `lock` guards them. */
export class TasksQueue {
  readonly cpu: number;
  readonly lock: RawSpinlock;
  readonly callbacks = new CallbackList();
  /** Callbacks of it are being invoked. */
  invoking = false;
  /** Wakes the kthread, from any context that may call. */
  readonly irqWork: IrqWork;
  /** Invokes callbacks, for all but the first queue. */
  readonly work: Work;

  constructor(kernel: Kernel, cpu: number, irqWork: IrqWork, work: Work) {
    this.cpu = cpu;
    this.lock = kernel.rawSpinlock('&rtpcp->lock');
    this.irqWork = irqWork;
    this.work = work;
  }
}

const INVOKE = invokeKind<TasksRcu>('rcu_tasks_invoke_cbs');

/** The sequence number that callbacks which come now wait for. */
export function snapshot(tasks: TasksRcu): number {
  const snap = seqSnap(tasks.gpSeq);
  return tasks.has('tasks-snapshot-early') && seqState(tasks.gpSeq) !== 0 ? snap - 4 : snap;
}

/**
 * Puts a callback onto a queue: that of the first CPU, until its lock is contended; from then on each CPU has its own.
 * call_rcu_tasks_generic()
 */
export function* enqueue(tasks: TasksRcu, callback: Callback): Op<void> {
  const { kernel, machine } = tasks;
  const flags = yield* kernel.localIrqSave();
  const queue = tasks.queueOf(tasks.spread ? machine.cpu.id : 0);
  if (!(yield* queue.lock.trylock())) {
    yield* queue.lock.lock();
    tasks.noteContention();
  }
  if (machine.tracksOrder) machine.ordering.release(tasks, machine.frame);
  queue.callbacks.enqueue(callback);
  tasks.stats.queued++;
  yield* queue.lock.unlockIrqrestore(flags);
  if (!tasks.has('tasks-lost-wakeup')) yield* queue.irqWork.queue();
}

/** Invokes what is ready on a queue. rcu_tasks_invoke_cbs() */
export function* invokeCallbacks(tasks: TasksRcu, queue: TasksQueue): Op<void> {
  const { kernel } = tasks;
  let flags = yield* queue.lock.lockIrqsave();
  queue.callbacks.advance(tasks.gpSeq);
  const batch = queue.callbacks.takeDone();
  if (tasks.has('tasks-invoke-all')) batch.push(...queue.callbacks.takeAll().pending);
  queue.invoking = batch.length > 0;
  yield* queue.lock.unlockIrqrestore(flags);
  for (const callback of batch) {
    yield* kernel.localBhDisable();
    yield* tasks.machine.arm(INVOKE, tasks, 0, callback);
    yield* callback.invoke();
    yield* kernel.localBhEnable();
    yield* kernel.condResched();
  }
  flags = yield* queue.lock.lockIrqsave();
  queue.invoking = false;
  queue.callbacks.accelerate(snapshot(tasks));
  yield* queue.lock.unlockIrqrestore(flags);
}

/** What there is to do: whether any callback waits for a grace period, and whether there are any. rcu_tasks_need_gpcb() */
export function* needsGp(tasks: TasksRcu): Op<boolean> {
  let needed = false;
  for (const queue of tasks.queues) {
    const flags = yield* queue.lock.lockIrqsave();
    queue.callbacks.advance(tasks.gpSeq);
    queue.callbacks.accelerate(snapshot(tasks));
    needed ||= queue.callbacks.pending;
    yield* queue.lock.unlockIrqrestore(flags);
  }
  return needed;
}
