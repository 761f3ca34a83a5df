import { scenario } from 'lockvet/sim';

export default scenario({ name: 'lock-order-cycle-bad' }, (kernel) => {
  const a = kernel.mutex('a');
  const b = kernel.mutex('b');
  kernel.task('caller', function* bothWays() {
    yield* a.lock();
    yield* b.lock();
    yield* b.unlock();
    yield* a.unlock();
    yield* b.lock();
    yield* a.lock(); // want lock-order-cycle
    yield* a.unlock();
    yield* b.unlock();
  });
});
