import { scenario } from 'lockvet/sim';

export default scenario({ name: 'unlock-not-held-good' }, (kernel) => {
  const lock = kernel.mutex('lock');
  kernel.task('caller', function* unlockOnce() {
    yield* lock.guard(() => kernel.udelay(1));
  });
});
