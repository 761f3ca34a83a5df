import { scenario } from 'lockvet/sim';

export default scenario({ name: 'held-at-exit-good' }, (kernel) => {
  const lock = kernel.mutex('lock');
  kernel.task('caller', function* remember() {
    yield* lock.lock();
    yield* lock.unlock();
  });
});
