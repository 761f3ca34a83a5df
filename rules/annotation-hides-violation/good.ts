import { scenario } from 'lockvet/sim';

export default scenario({ name: 'annotation-hides-violation-good' }, (kernel) => {
  const parent = kernel.mutex('&node->lock');
  const child = kernel.mutex('&node->lock');
  kernel.task('caller', function* lockTree() {
    // A nesting level where the class really is held in a documented order: parents first.
    yield* parent.lock();
    yield* child.lockNested(1);
    yield* child.unlock();
    yield* parent.unlock();
  });
});
