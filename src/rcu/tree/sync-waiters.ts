import { Access } from '../../explore/strategy.js';
import type { Op, Work, Workqueue } from '../../sim/index.js';
import type { OpKind } from '../../sim/op.js';
import type { TreeRcu } from './tree-rcu.js';

/** A caller of synchronize_rcu(), or a wait head: a marker that parts the callers of one grace period from those of the next. */
interface Entry {
  /** Wakes the caller; undefined: a wait head. */
  readonly wake: (() => void) | undefined;
  next: Entry | undefined;
}

/** Markers there are (SR_NORMAL_GP_WAIT_HEAD_MAX). */
const MOST_HEADS = 5;
/** Callers that the grace-period kthread wakes itself; the rest is the worker's (SR_MAX_USERS_WAKE_FROM_GP). */
const MOST_WOKEN = 5;

const ADD: OpKind<SyncWaiters, void> = {
  label: 'llist_add',
  access: Access.Write,
  cost: 10,
  attempt(machine, waiters, op) {
    if (machine.tracksOrder) machine.ordering.release(waiters.rcu, op.frame);
    waiters.add(op.b as () => void);
    return true;
  },
};

/** One part of what the grace-period kthread or the worker does with the list, which has no lock. `b`: what. */
const STEP: OpKind<SyncWaiters, boolean> = {
  label: 'rcu_sr_normal',
  access: Access.Write,
  cost: 20,
  attempt(machine, waiters, op) {
    if (machine.tracksOrder) machine.ordering.acquire(waiters.rcu, op.frame);
    op.value = (op.b as () => boolean)();
    return true;
  },
};

/**
 * The callers of synchronize_rcu() without a callback each (rcu_state.srs_next and its tails): one list, newest first, into which the
 * begin of a grace period puts a wait head. What is behind the head is through when that grace period ends.
 */
export class SyncWaiters {
  readonly id: number;
  readonly rcu: TreeRcu;
  readonly #queue: Workqueue;
  readonly #work: Work;
  #first: Entry | undefined;
  /** Head of the grace period that runs (srs_wait_tail). */
  #waitTail: Entry | undefined;
  /** Head of the last one that is over, with what is left to do behind it (srs_done_tail). */
  #doneTail: Entry | undefined;
  #heads = 0;

  constructor(rcu: TreeRcu) {
    this.rcu = rcu;
    this.id = rcu.machine.newId();
    this.#queue = rcu.kernel.workqueue('sync_wq');
    this.#work = rcu.kernel.work('rcu_state.srs_cleanup_work', () => this.#cleanUp());
  }

  /** Lets `wake` be called when a grace period that begins from now on is over. rcu_sr_normal_add_req() */
  request(wake: () => void): Op<void> {
    return this.rcu.machine.arm(ADD, this, 0, wake);
  }

  add(wake: (() => void) | undefined): Entry {
    this.#first = { wake, next: this.#first };
    return this.#first;
  }

  /** A grace period is about to begin. True: no wait head was free, one more must be asked for. rcu_sr_normal_gp_init() */
  gpInit(): Op<boolean> {
    return this.#step(() => {
      if (this.#first?.wake === undefined || this.rcu.has('wait-head-late')) return false;
      if (this.#heads >= MOST_HEADS) return true;
      this.#heads++;
      this.#waitTail = this.add(undefined);
      return false;
    });
  }

  /** It is over: wakes its callers, or has the worker wake them. rcu_sr_normal_gp_cleanup() */
  *gpCleanup(): Op<void> {
    const more = yield* this.#step(() => {
      // The fault: those who came while it ran are taken for its own.
      if (this.rcu.has('wait-head-late') && this.#first?.wake !== undefined && this.#heads < MOST_HEADS) {
        this.#heads++;
        this.#waitTail = this.add(undefined);
      }
      const tail = this.#waitTail;
      if (tail === undefined) return false;
      this.#waitTail = undefined;
      for (let woken = 0; woken < MOST_WOKEN && tail.next?.wake !== undefined; woken++) {
        tail.next.wake();
        tail.next = tail.next.next;
      }
      this.#doneTail = tail;
      return tail.next !== undefined;
    });
    if (more && !this.rcu.has('wait-work-lost')) yield* this.#queue.queueWork(this.#work);
  }

  /** rcu_sr_normal_gp_cleanup_work(): wakes the rest and gives wait heads back, but for the newest, which still parts the list. */
  *#cleanUp(): Op<void> {
    let rest: Entry | undefined;
    yield* this.#step(() => {
      rest = this.#doneTail?.next;
      if (this.#doneTail !== undefined) this.#doneTail.next = undefined;
      return true;
    });
    while (rest !== undefined) {
      const entry: Entry = rest;
      yield* this.#step(() => {
        if (entry.wake === undefined) this.#heads--;
        else entry.wake();
        return true;
      });
      rest = entry.next;
    }
  }

  #step(what: () => boolean): Op<boolean> {
    return this.rcu.machine.arm(STEP, this, 0, what);
  }
}
