import type { Op } from '../../sim/index.js';
import type { TortureState } from './state.js';

/** Readers of all kinds, each one round. */
export function readers(state: TortureState): (() => Op<void>)[] {
  return [plain, nested, irqsOff, bottomHalves, preemptOff, preempted, fromUserMode].map(
    (reader) => () => reader(state),
  );
}

/** rcu_read_lock() around a look. Also in interrupts. */
export function* plain(state: TortureState): Op<void> {
  yield* state.rcu.readLock();
  yield* state.pipe.inside(() => state.pipe.look());
  yield* state.rcu.readUnlock();
}

function* nested(state: TortureState): Op<void> {
  yield* state.rcu.readLock();
  const seen = state.pipe.current;
  yield* state.pipe.inside(() => plain(state));
  yield* state.pipe.use(seen);
  yield* state.rcu.readUnlock();
}

/** Ends with interrupts off: the report is deferred. */
function* irqsOff(state: TortureState): Op<void> {
  yield* state.rcu.readLock();
  yield* state.pipe.inside(() => state.pipe.switchedOut());
  const flags = yield* state.kernel.localIrqSave();
  yield* state.rcu.readUnlock();
  yield* state.kernel.localIrqRestore(flags);
}

function* bottomHalves(state: TortureState): Op<void> {
  yield* state.rcu.readLockBh();
  yield* state.pipe.inside(() => state.pipe.look());
  yield* state.rcu.readUnlockBh();
}

function* preemptOff(state: TortureState): Op<void> {
  yield* state.rcu.readLockSched();
  yield* state.pipe.inside(() => state.pipe.look());
  yield* state.rcu.readUnlockSched();
}

function* preempted(state: TortureState): Op<void> {
  yield* state.rcu.readLock();
  yield* state.pipe.inside(() => state.pipe.switchedOut());
  yield* state.rcu.readUnlock();
}

/** Comes out of user mode, reads, and goes back: the CPU is quiescent without a switch. */
function* fromUserMode(state: TortureState): Op<void> {
  const { kernel } = state;
  yield* kernel.userMode(1 + kernel.random(5000), 3);
  yield* plain(state);
  yield* kernel.userMode(1 + kernel.random(5000), 3);
}
