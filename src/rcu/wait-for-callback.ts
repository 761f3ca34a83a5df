import type { Frame } from '../sim/frame.js';
import type { Body, Op } from '../sim/index.js';
import type { Machine } from '../sim/machine.js';
import { instant } from '../sim/op.js';
import { type WaitObject, wakeWaiter } from '../sim/wait/wait-object.js';

/**
 * Waits for a grace period by a callback that wakes the caller (wait_rcu_gp()). `queue` queues it; `event` is what the wait is called in
 * the dependency graph: for lockdep the caller waits for what the readers of that name hold up.
 */
export function* waitForCallback(machine: Machine, event: WaitObject, queue: (callback: Body) => Op<void>): Op<void> {
  const waiter: { done: boolean; frame: Frame } = { done: false, frame: machine.frame };
  yield* queue(
    instant('wakemeAfterRcu', () => {
      waiter.done = true;
      event.noteWake(machine.frame.op.ip);
      wakeWaiter(machine, waiter.frame);
    }),
  );
  do {
    if (!waiter.done) waiter.frame.task.willSleep = true;
    yield* event.sleep();
  } while (!waiter.done);
}
