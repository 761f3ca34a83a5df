import { WaitKind } from '../../model/events.js';
import type { Body, Kernel, Mutex, Op, RcuApi, Rcuwait, Task, Workqueue } from '../../sim/index.js';
import type { Machine } from '../../sim/machine.js';
import { WaitObject } from '../../sim/wait/wait-object.js';
import { seqEnd, seqSnap, seqStart } from '../sequence.js';
import { barrierBehindAll } from '../shared-callbacks.js';
import { waitForCallback } from '../wait-for-callback.js';
import type { TasksFaultName } from './faults.js';
import { checkHoldouts, condReschedQs, findHoldouts, type TaskRecord } from './holdouts.js';
import { enqueue, invokeCallbacks, needsGp, TasksQueue } from './queue.js';

/** Settings of Tasks RCU; everything has a default. */
export interface TasksOptions {
  /** The RCU whose grace periods frame the scan of the tasks. Default: the kernel's, so that must be installed before. */
  rcu?: RcuApi;
  /** Times a jiffy that the first queue's lock may be contended before each CPU gets its own (rcupdate.rcu_task_contend_lim). Default 100. */
  contendLimit?: number;
  /** Jiffies of a grace period after which a stall is reported (rcupdate.rcu_task_stall_timeout). Default 600 seconds' worth. */
  stallTimeout?: number;
  /** Faults put in on purpose, for tests of what finds them. Default none. */
  faults?: readonly TasksFaultName[];
}

/** Counters of a run. */
export interface TasksStats {
  gracePeriods: number;
  queued: number;
  invoked: number;
}

/**
 * Tasks RCU (kernel/rcu/tasks.h): its readers are all code between two voluntary switches, without any marks. It waits until every
 * task has slept, been in user mode or idle, and so has left any trampoline that it was in: what ftrace and kprobes need
 * before they free one.
 */
export class TasksRcu {
  readonly id: number;
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly rcu: RcuApi;
  readonly queues: readonly TasksQueue[];
  /** Each CPU has its own queue in use; until then all callbacks go onto the first. */
  spread = false;
  /** Number of the grace period; written by the kthread, under {@link gpMutex}. */
  gpSeq = 0;
  /** Tasks that the running grace period waits for; the kthread's own. */
  readonly holdouts = new Set<Task>();
  readonly gpMutex: Mutex;
  readonly barrierMutex: Mutex;
  barrierSeq = 0;
  readonly stats: TasksStats = { gracePeriods: 0, queued: 0, invoked: 0 };
  /** What synchronize_rcu_tasks() waits for. */
  readonly #event: WaitObject;
  /** Where the kthread waits for callbacks. */
  readonly #wait: Rcuwait;
  readonly #workqueue: Workqueue;
  readonly #records = new Map<Task, TaskRecord>();
  readonly #faults: ReadonlySet<TasksFaultName>;
  readonly #contendLimit: number;
  readonly #stallTimeout: number;
  #contended = 0;
  #contendedAt = -1;

  constructor(kernel: Kernel, options: TasksOptions = {}) {
    this.kernel = kernel;
    this.machine = kernel.machine;
    this.id = this.machine.newId();
    this.rcu = options.rcu ?? kernel.rcu;
    this.#faults = new Set(options.faults ?? []);
    this.#contendLimit = options.contendLimit ?? 100;
    this.#stallTimeout = options.stallTimeout ?? 600 * this.machine.config.hz;
    this.gpMutex = kernel.mutex('rcu_tasks.tasks_gp_mutex');
    this.barrierMutex = kernel.mutex('rcu_tasks.barrier_q_mutex');
    this.#event = new WaitObject(this.machine, 'rcu_tasks', WaitKind.GracePeriod);
    this.#wait = kernel.rcuwait('rcu_tasks.cbs_wait');
    this.#workqueue = kernel.workqueue('rcu_tasks');
    const wait = this.#wait;
    const wake = function* callRcuTasksWakeup(): Op<void> {
      yield* wait.wakeUp();
    };
    this.queues = this.machine.cpus.map(({ id }) => {
      const irqWork = kernel.irqWork('rtp_irq_work', wake);
      const work = kernel.work('rtpcp->rtp_work', () => invokeCallbacks(this, this.queueOf(id)));
      return new TasksQueue(kernel, id, irqWork, work);
    });
    this.#hook();
    kernel.kthread('rcu_tasks_kthread', () => this.#thread());
  }

  // --- the interface

  /** synchronize_rcu_tasks(): waits until every task has passed a quiescent state of its own will. */
  *synchronize(): Op<void> {
    yield* this.kernel.mightSleep();
    yield* waitForCallback(this.machine, this.#event, (callback) => this.call(callback));
    if (this.machine.tracksOrder) this.machine.ordering.acquire(this, this.machine.frame);
  }

  /** call_rcu_tasks(): from any context but an NMI; takes raw locks only. */
  call(callback: Body): Op<void> {
    return enqueue(this, { invoke: callback, notBefore: seqSnap(this.gpSeq) });
  }

  /** rcu_barrier_tasks(): waits for all callbacks queued so far. */
  barrier(): Op<void> {
    const { queues } = this;
    const forgets = this.has('tasks-barrier-forgets-invoked');
    return barrierBehindAll(this, 'rcu_tasks.barrier_q_completion', function* visitAll(entrain) {
      for (const queue of queues) {
        const flags = yield* queue.lock.lockIrqsave();
        const entrained = entrain(queue.callbacks, queue.invoking && !forgets);
        yield* queue.lock.unlockIrqrestore(flags);
        if (entrained) yield* queue.irqWork.queue();
      }
    });
  }

  /** cond_resched_tasks_rcu_qs(): for long loops that are in no trampoline. */
  condReschedQs(): Op<void> {
    return condReschedQs(this);
  }

  // --- for the files beside this one

  has(fault: TasksFaultName): boolean {
    return this.#faults.has(fault);
  }

  queueOf(cpu: number): TasksQueue {
    const queue = this.queues[cpu];
    if (queue === undefined) throw new RangeError(`cpu ${cpu}: Tasks RCU knows ${this.queues.length}`);
    return queue;
  }

  recordOf(task: Task): TaskRecord {
    let record = this.#records.get(task);
    if (record === undefined) {
      record = { switches: 0, snapshot: 0, holdout: false };
      this.#records.set(task, record);
    }
    return record;
  }

  /** WARN_ON_ONCE(!condition) */
  warn(condition: boolean, message: string): void {
    if (!condition) this.kernel.assert(false, `rcu_tasks: ${message}`);
  }

  /** The first queue's lock was not free. Too often in one jiffy: each CPU gets its own. */
  noteContention(): void {
    const { jiffies } = this.kernel;
    this.#contended = this.#contendedAt === jiffies ? this.#contended + 1 : 1;
    this.#contendedAt = jiffies;
    if (this.#contended > this.#contendLimit) this.spread = true;
  }

  /** Voluntary switches are counted, and user mode noted; whoever took part in switches before still does. */
  #hook(): void {
    const { hooks } = this.kernel;
    const others = hooks.contextSwitch;
    hooks.contextSwitch = (cpu, prev, preempted) => {
      if (!preempted || this.has('tasks-preemption-counts')) {
        const record = this.recordOf(prev);
        record.switches++;
        record.holdout = false;
      }
      return others?.(cpu, prev, preempted);
    };
    const othersAtUser = hooks.userEnter;
    hooks.userEnter = (cpu) => {
      this.recordOf(cpu.current).holdout = false;
      othersAtUser?.(cpu);
    };
  }

  /** rcu_tasks_kthread() */
  *#thread(): Op<void> {
    for (;;) {
      yield* this.#oneGp();
      yield* this.kernel.scheduleTimeout(1);
    }
  }

  /** rcu_tasks_one_gp() */
  *#oneGp(): Op<void> {
    yield* this.#wait.waitEvent(() => this.queues.some((queue) => queue.callbacks.length > 0));
    yield* this.gpMutex.lock();
    if (yield* needsGp(this)) yield* this.#gracePeriod();
    for (const queue of this.queues) {
      if (queue.cpu > 0 && this.has('tasks-first-queue-only')) break;
      if (queue.cpu === 0) yield* invokeCallbacks(this, queue);
      else if (queue.callbacks.length > 0) yield* this.#workqueue.queueWork(queue.work);
    }
    yield* this.gpMutex.unlock();
  }

  /**
   * rcu_tasks_wait_gp(). The grace period of RCU before the scan lets switches that have begun be seen; the one after it waits for
   * what runs with preemption or interrupts off, also on idle CPUs. Here a switch is one step and memory is in order: interrupts of
   * idle CPUs need one of the two, the rest of what they are for only a machine with store buffers and long switches could show.
   */
  *#gracePeriod(): Op<void> {
    const { kernel } = this;
    const begin = kernel.jiffies;
    this.gpSeq = seqStart(this.gpSeq);
    const framed = !this.has('tasks-not-framed');
    if (framed) yield* this.rcu.synchronize();
    yield* findHoldouts(this);
    let stalled = false;
    while (this.holdouts.size > 0) {
      yield* kernel.scheduleTimeout(1);
      yield* checkHoldouts(this);
      if (!stalled && kernel.jiffies - begin >= this.#stallTimeout) {
        stalled = true;
        this.warn(false, `stall: tasks ${[...this.holdouts].join(' ')} hold the grace period up`);
      }
      // One turn of a loop that waits for others: a strategy by priorities must let them go first.
      yield* kernel.cpuRelax();
    }
    if (framed) yield* this.rcu.synchronize();
    this.gpSeq = seqEnd(this.gpSeq);
    this.stats.gracePeriods++;
  }
}
