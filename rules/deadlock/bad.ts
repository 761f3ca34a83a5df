import { scenario } from 'lockvet/sim';

export default scenario({ name: 'deadlock-bad' }, (kernel) => {
  const lock = kernel.bitSpinlock('page_lock');
  kernel.task('caller', function* lockTwice() {
    yield* lock.lock();
    yield* lock.lock(); // want deadlock
  });
});
