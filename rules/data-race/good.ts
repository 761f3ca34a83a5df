import { scenario } from 'lockvet/sim';

export default scenario({ name: 'data-race-good' }, (kernel) => {
  const counter = kernel.variable('counter', 0);
  const lock = kernel.spinlock('counter_lock');
  for (const name of ['a', 'b']) {
    kernel.task(name, function* count() {
      yield* lock.lock();
      const old = yield* counter.read();
      yield* counter.write(old + 1);
      yield* lock.unlock();
    });
  }
});
