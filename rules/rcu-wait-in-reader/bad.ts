import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcu-wait-in-reader-bad' }, (kernel) => {
  kernel.task('reader', function* waitInside() {
    yield* kernel.rcu.readLock();
    yield* kernel.rcu.synchronize(); /* want rcu-sleep-in-reader */ // want rcu-wait-in-reader
    yield* kernel.rcu.readUnlock();
  });
});
