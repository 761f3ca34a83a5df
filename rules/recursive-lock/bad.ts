import { scenario } from 'lockvet/sim';

export default scenario({ name: 'recursive-lock-bad' }, (kernel) => {
  const parent = kernel.mutex('&node->lock');
  const child = kernel.mutex('&node->lock');
  kernel.task('caller', function* lockTree() {
    yield* parent.lock();
    yield* child.lock(); // want recursive-lock
    yield* child.unlock();
    yield* parent.unlock();
  });
});
