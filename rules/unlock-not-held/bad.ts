import { scenario } from 'lockvet/sim';

export default scenario({ name: 'unlock-not-held-bad' }, (kernel) => {
  const lock = kernel.mutex('lock');
  kernel.task('caller', function* unlockTwice() {
    for (let i = 0; i < 2; i++) {
      yield* lock.lock();
      yield* lock.unlock();
      yield* lock.unlock(); /* want unlock-not-held */
    }
  });
});
