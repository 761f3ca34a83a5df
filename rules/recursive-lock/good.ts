import { scenario } from 'lockvet/sim';

export default scenario({ name: 'recursive-lock-good' }, (kernel) => {
  const parent = kernel.mutex('&node->lock');
  const child = kernel.mutex('&node->lock');
  kernel.task('caller', function* lockTree() {
    yield* parent.lock();
    yield* child.lockNested(1);
    yield* child.unlock();
    yield* parent.unlock();
  });
});
