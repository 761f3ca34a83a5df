import { scenario } from 'lockvet/sim';

export default scenario({ name: 'wait-event-cycle-bad' }, (kernel) => {
  const lock = kernel.mutex('lock');
  const done = kernel.completion('done');
  kernel.task('waiter', function* waitUnderLock() {
    yield* lock.lock();
    yield* done.wait();
    yield* lock.unlock();
  });
  kernel.task('sender', function* lockThenSend() {
    yield* lock.lock(); /* want wait-event-cycle */
    yield* done.complete();
    yield* lock.unlock();
  });
});
