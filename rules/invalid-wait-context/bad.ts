import { scenario } from 'lockvet/sim';

export default scenario({ name: 'invalid-wait-context-bad' }, (kernel) => {
  const outer = kernel.rawSpinlock('outer');
  const inner = kernel.spinlock('inner');
  kernel.task('caller', function* nest() {
    yield* outer.lock();
    yield* inner.lock(); // want invalid-wait-context
    yield* inner.unlock();
    yield* outer.unlock();
  });
});
