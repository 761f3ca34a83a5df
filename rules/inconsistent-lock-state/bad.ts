import { scenario } from 'lockvet/sim';

export default scenario({ name: 'inconsistent-lock-state-bad', cpus: 1 }, (kernel) => {
  const lock = kernel.rawSpinlock('fifo');
  kernel.irq(
    'uart',
    function* uartInterrupt() {
      yield* lock.lock();
      yield* lock.unlock();
    },
    { times: 1, after: 0, noThread: true },
  );
  kernel.task('writer', function* write() {
    yield* kernel.udelay(100);
    yield* lock.lock(); // want inconsistent-lock-state
    yield* lock.unlock();
  });
});
