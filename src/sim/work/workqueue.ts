import { Access } from '../../explore/strategy.js';
import { WaitKind } from '../../model/events.js';
import type { Frame } from '../frame.js';
import { Timer } from '../irq/timer.js';
import type { Machine } from '../machine.js';
import { type Body, instant, type Op, type OpKind } from '../op.js';
import { checkCondition, WaitObject, wakeWaiter } from '../wait/wait-object.js';
import { KickedThread } from './kicked.js';

export interface WorkqueueOptions {
  /** Items that run at the same time. Default 4; 1 makes it an ordered queue. */
  maxActive?: number;
}

const QUEUE_WORK: OpKind<Work, boolean> = {
  label: 'queue_work',
  access: Access.Write,
  cost: 20,
  attempt(_machine, work, op) {
    op.value = (op.b as Workqueue).enqueue(work);
    return true;
  },
};

const QUEUE_DELAYED: OpKind<Work, void> = {
  label: 'queue_delayed_work',
  access: Access.Write,
  cost: 20,
  attempt(_machine, work, op) {
    work.delay(op.b as Workqueue, op.a);
    return true;
  },
};

const CANCEL: OpKind<Work, boolean> = {
  label: 'cancel_work',
  access: Access.Write,
  cost: 20,
  attempt(_machine, work, op) {
    op.value = work.unqueue();
    return true;
  },
};

/** struct work_struct, and with a delay struct delayed_work: a function for a worker to run. */
export class Work {
  readonly id: number;
  readonly label: string;
  readonly handler: Body;
  readonly event: WaitObject;
  queue: Workqueue | undefined = undefined;
  pending = false;
  running = false;
  /** Tasks in flush_work(). */
  readonly waiters: Frame[] = [];
  readonly #machine: Machine;
  #timer: Timer | undefined;

  constructor(machine: Machine, name: string, handler: Body) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.handler = handler;
    this.event = new WaitObject(machine, `(work_completion)(&${name})`, WaitKind.Work);
  }

  /** The timer of the delay is running. */
  get isDelayed(): boolean {
    return this.#timer?.pending === true;
  }

  delay(queue: Workqueue, jiffies: number): void {
    this.#timer ??= new Timer(
      this.#machine,
      '&(&work)->timer',
      instant('delayedWorkTimer', () => this.queue?.enqueue(this)),
    );
    this.queue = queue;
    this.#timer.armNow(jiffies);
  }

  /** Takes it off its queue or its timer; true when it was on one. */
  unqueue(): boolean {
    if (this.#timer?.disarmNow() === true) return true;
    return this.queue?.remove(this) ?? false;
  }
}

/** A kworker thread; `busy` from its first look at the queue to the one that finds nothing. */
interface Worker {
  readonly thread: KickedThread;
  busy: boolean;
}

/** struct workqueue_struct: kworker threads that run work items in task context. */
export class Workqueue {
  readonly label: string;
  readonly #machine: Machine;
  readonly #maxActive: number;
  readonly #items: Work[] = [];
  readonly #workers: Worker[] = [];

  constructor(machine: Machine, name: string, options: WorkqueueOptions) {
    this.#machine = machine;
    this.label = name;
    this.#maxActive = options.maxActive ?? 4;
  }

  /** queue_work(): false when the item was already pending. */
  queueWork(work: Work): Op<boolean> {
    return this.#machine.arm(QUEUE_WORK, work, 0, this);
  }

  /** queue_delayed_work() */
  queueDelayedWork(work: Work, jiffies: number): Op<void> {
    return this.#machine.arm(QUEUE_DELAYED, work, jiffies, this);
  }

  /** flush_work(): waits until the item has run as often as it was queued. */
  *flushWork(work: Work): Op<void> {
    const idle = () => !work.pending && !work.running;
    if (yield* checkCondition(work.event, idle)) return;
    while (!idle()) {
      const { frame } = this.#machine;
      if (!work.waiters.includes(frame)) work.waiters.push(frame);
      frame.task.willSleep = true;
      yield* work.event.sleep();
    }
  }

  /** cancel_work_sync(): takes the item off its queue and waits for it if it runs; true when it was pending. */
  *cancelWorkSync(work: Work): Op<boolean> {
    const was = yield* this.#machine.arm(CANCEL, work);
    yield* this.flushWork(work);
    return was;
  }

  /** flush_workqueue(): waits for everything that is queued now. */
  *flush(): Op<void> {
    for (const work of [...this.#items, ...this.#running]) yield* this.flushWork(work);
  }

  /** queue_work() as part of another operation. */
  enqueue(work: Work): boolean {
    if (work.pending) return false;
    work.pending = true;
    work.queue = this;
    this.#items.push(work);
    this.#worker()?.kick();
    return true;
  }

  remove(work: Work): boolean {
    const at = this.#items.indexOf(work);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    work.pending = false;
    return true;
  }

  readonly #running = new Set<Work>();

  /**
   * An idle worker, made when there is none and one more may run; undefined: a busy one will take the item. One that has found nothing
   * is idle before it sleeps (worker_enter_idle() under the pool's lock): what comes in between must wake it, or nobody takes it.
   */
  #worker(): KickedThread | undefined {
    const idle = this.#workers.find((worker) => !worker.busy && worker.thread.kicks === 0);
    if (idle !== undefined) return idle.thread;
    if (this.#workers.length >= this.#maxActive) return undefined;
    const name = `kworker/${this.label}:${this.#workers.length}`;
    const worker: Worker = {
      thread: new KickedThread(this.#machine, name, {}, () => this.#work(worker)),
      busy: false,
    };
    this.#workers.push(worker);
    return worker.thread;
  }

  /** worker_thread(): runs what is queued. */
  *#work(worker: Worker): Op<void> {
    worker.busy = true;
    for (;;) {
      const at = this.#items.findIndex((item) => !item.running);
      const work = this.#items[at];
      if (work === undefined) break;
      this.#items.splice(at, 1);
      yield* this.#process(work);
    }
    worker.busy = false;
  }

  /** process_one_work() */
  *#process(work: Work): Op<void> {
    work.pending = false;
    work.running = true;
    this.#running.add(work);
    yield* work.handler();
    work.running = false;
    this.#running.delete(work);
    work.event.noteWake(this.#machine.frame.fn);
    for (const waiter of work.waiters.splice(0)) wakeWaiter(this.#machine, waiter);
  }
}
