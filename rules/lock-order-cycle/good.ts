import { scenario } from 'lockvet/sim';

export default scenario({ name: 'lock-order-cycle-good' }, (kernel) => {
  const a = kernel.mutex('a');
  const b = kernel.mutex('b');
  kernel.task('caller', function* oneWay() {
    yield* a.lock();
    yield* b.lock();
    yield* b.unlock();
    yield* a.unlock();
    yield* b.lock();
    if (yield* a.trylock()) yield* a.unlock();
    yield* b.unlock();
  });
});
