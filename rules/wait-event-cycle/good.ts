import { scenario } from 'lockvet/sim';

export default scenario({ name: 'wait-event-cycle-good' }, (kernel) => {
  const lock = kernel.mutex('lock');
  const done = kernel.completion('done');
  kernel.task('waiter', function* waitOutsideLock() {
    yield* lock.lock();
    yield* lock.unlock();
    yield* done.wait();
  });
  kernel.task('sender', function* lockThenSend() {
    yield* lock.lock();
    yield* done.complete();
    yield* lock.unlock();
  });
});
