import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcu-sleep-in-reader-bad' }, (kernel) => {
  kernel.task('reader', function* sleepInside() {
    yield* kernel.rcu.readLock();
    yield* kernel.msleep(1); // want rcu-sleep-in-reader
    yield* kernel.rcu.readUnlock();
  });
});
