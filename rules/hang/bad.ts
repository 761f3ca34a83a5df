import { scenario } from 'lockvet/sim';

export default scenario({ name: 'hang-bad' }, (kernel) => {
  const done = kernel.completion('done');
  kernel.task('waiter', function* waitForNobody() {
    yield* done.wait(); // want hang
  });
});
