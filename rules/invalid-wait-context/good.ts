import { scenario } from 'lockvet/sim';

export default scenario({ name: 'invalid-wait-context-good' }, (kernel) => {
  const outer = kernel.rawSpinlock('outer');
  const inner = kernel.rawSpinlock('inner');
  kernel.task('caller', function* nest() {
    yield* outer.lock();
    yield* inner.lock();
    yield* inner.unlock();
    yield* outer.unlock();
  });
});
