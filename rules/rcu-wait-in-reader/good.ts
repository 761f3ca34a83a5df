import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcu-wait-in-reader-good' }, (kernel) => {
  kernel.task('reader', function* waitOutside() {
    yield* kernel.rcu.readLock();
    yield* kernel.rcu.readUnlock();
    yield* kernel.rcu.synchronize();
  });
});
