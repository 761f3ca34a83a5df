import { scenario } from 'lockvet/sim';

export default scenario({ name: 'nest-lock-not-held-bad' }, (kernel) => {
  const outer = kernel.mutex('outer');
  const inner = kernel.mutex('&inner->lock');
  kernel.task('caller', function* lockUncovered() {
    yield* inner.lockNestLock(outer); // want nest-lock-not-held
    yield* inner.unlock();
  });
});
