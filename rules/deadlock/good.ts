import { scenario } from 'lockvet/sim';

export default scenario({ name: 'deadlock-good' }, (kernel) => {
  const lock = kernel.bitSpinlock('page_lock');
  kernel.task('caller', function* lockOnce() {
    yield* lock.lock();
    yield* lock.unlock();
  });
});
