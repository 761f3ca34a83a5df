import { scenario } from 'lockvet/sim';

export default scenario({ name: 'hang-good' }, (kernel) => {
  const done = kernel.completion('done');
  kernel.task('waiter', function* waitForSender() {
    yield* done.wait();
  });
  kernel.task('sender', function* send() {
    yield* done.complete();
  });
});
