import { scenario } from 'lockvet/sim';

export default scenario({ name: 'sleep-in-atomic-good' }, (kernel) => {
  const spin = kernel.spinlock('spin');
  kernel.task('caller', function* sleepOutside() {
    yield* spin.lock();
    yield* spin.unlock();
    yield* kernel.msleep(1);
  });
});
