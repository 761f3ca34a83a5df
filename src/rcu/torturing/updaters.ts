import { Gfp } from '../../model/gfp.js';
import type { Op } from '../../sim/index.js';
import type { TortureState } from './state.js';

/** Updaters through each interface of grace periods, each one round. */
export function updaters(state: TortureState): (() => Op<void>)[] {
  const { pipe, rcu } = state;
  return [
    () => pipe.synchronizing(() => rcu.synchronize()),
    () => pipe.synchronizing(() => rcu.synchronizeExpedited()),
    () => pipe.synchronizing(() => polled(state)),
    () => pipe.callingBack((callback) => rcu.call(callback), 1),
    () => pipe.callingBack((callback) => rcu.callHurry(callback), 1),
    () => kvfreeing(state),
    () => headless(state),
  ];
}

function* polled({ kernel, rcu }: TortureState): Op<void> {
  const cookie = yield* rcu.startPoll();
  for (let tries = 0; tries < 3 && !rcu.poll(cookie); tries++) yield* kernel.scheduleTimeout(1);
  yield* rcu.condSynchronize(cookie);
}

/** Under a raw_spinlock_t: what kvfree_rcu() must stand. */
function* kvfreeing(state: TortureState): Op<void> {
  const old = yield* state.pipe.replace();
  if (old === undefined) return;
  yield* state.raw.lock();
  yield* state.kvfree.free(old.memory);
  yield* state.raw.unlock();
}

function* headless(state: TortureState): Op<void> {
  const old = yield* state.pipe.replace();
  if (old === undefined) return;
  const { waited } = state.kvfree.stats;
  const over = state.pipe.witness();
  yield* state.kvfree.freeHeadless(old.memory);
  // Only this updater is headless: it was this call that waited for a grace period itself.
  if (state.kvfree.stats.waited > waited) over();
}

/** Many callbacks and pointers at once; memory gets short in the middle of it. */
export function* flooding(state: TortureState, count: number): Op<void> {
  const { kernel, rcu, kvfree } = state;
  const { mm } = kernel;
  for (let i = 0; i < count; i++) {
    const memory = yield* mm.kmalloc(32, Gfp.GFP_KERNEL);
    if (memory === null) continue;
    if (i % 2 === 0) yield* rcu.call(() => mm.kfree(memory));
    else yield* kvfree.free(memory);
    if (i !== count >> 1) continue;
    yield* kvfree.shrink();
    yield* rcu.shrinkLazy();
  }
}

/** Rcu_barrier() must wait for what was queued on every CPU, however far that is by then. */
export function* barriers(state: TortureState, rounds: number): Op<void> {
  const { kernel, pipe, rcu } = state;
  for (let round = 0; round < rounds; round++) {
    const left = new Set<number>();
    for (let cpu = 0; cpu < kernel.cpus; cpu++) {
      left.add(cpu);
      const ran = function* beforeBarrier(): Op<void> {
        yield* [];
        left.delete(cpu);
      };
      const there = yield* kernel.smpCall(cpu, () => rcu.call(ran));
      if (!there) left.delete(cpu);
      // Some are through, or ready, when others are only queued.
      if (kernel.random(3) === 0) yield* kernel.scheduleTimeout(1 + kernel.random(3));
    }
    yield* rcu.barrier();
    pipe.warn(left.size === 0, 'rcu_barrier() returns before a callback queued earlier');
  }
}

/** Several that wait for the same grace period: more than the grace-period kthread wakes itself. */
export function* waiting(state: TortureState): Op<void> {
  const over = state.pipe.witness();
  yield* state.rcu.synchronize();
  over();
}
