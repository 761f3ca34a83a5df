import { scenario } from 'lockvet/sim';

export default scenario({ name: 'held-at-exit-bad' }, (kernel) => {
  const lock = kernel.mutex('lock');
  kernel.task('caller', function* forget() {
    yield* lock.lock(); /* want held-at-exit */
  });
});
