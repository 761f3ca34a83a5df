import { scenario } from 'lockvet/sim';

export default scenario({ name: 'nest-lock-not-held-good' }, (kernel) => {
  const outer = kernel.mutex('outer');
  const inner = kernel.mutex('&inner->lock');
  kernel.task('caller', function* lockCovered() {
    yield* outer.lock();
    yield* inner.lockNestLock(outer);
    yield* inner.unlock();
    yield* outer.unlock();
  });
});
