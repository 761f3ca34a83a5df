import { scenario } from 'lockvet/sim';

export default scenario({ name: 'sleep-in-atomic-bad' }, (kernel) => {
  const spin = kernel.spinlock('spin');
  kernel.task('caller', function* sleepUnderSpinlock() {
    yield* spin.lock();
    yield* kernel.msleep(1); // want sleep-in-atomic
    yield* spin.unlock();
  });
});
