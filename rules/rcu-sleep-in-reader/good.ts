import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcu-sleep-in-reader-good' }, (kernel) => {
  kernel.task('reader', function* sleepOutside() {
    yield* kernel.rcu.readLock();
    yield* kernel.rcu.readUnlock();
    yield* kernel.msleep(1);
  });
});
