import { scenario } from 'lockvet/sim';

export default scenario({ name: 'annotation-hides-violation-bad' }, (kernel) => {
  const a = kernel.mutex('a');
  const b = kernel.mutex('b');
  kernel.task('caller', function* bothWays() {
    yield* a.lock();
    yield* b.lock();
    yield* b.unlock();
    yield* a.unlock();
    yield* b.lock();
    yield* kernel.lockdepOff();
    yield* a.lock(); /* want annotation-hides-violation */
    yield* a.unlock();
    yield* kernel.lockdepOn();
    yield* b.unlock();
  });
});
