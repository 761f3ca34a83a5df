import { scenario } from 'lockvet/sim';

export default scenario({ name: 'irq-lock-inversion-good', cpus: 1 }, (kernel) => {
  const fifo = kernel.rawSpinlock('fifo');
  const stats = kernel.rawSpinlock('stats');
  kernel.irq(
    'uart',
    function* uartInterrupt() {
      yield* fifo.lock();
      yield* fifo.unlock();
    },
    { times: 1, after: 0, noThread: true },
  );
  kernel.task('reader', function* read() {
    yield* kernel.udelay(100);
    yield* fifo.lockIrq();
    yield* stats.lock();
    yield* stats.unlock();
    yield* fifo.unlockIrq();
    yield* stats.lockIrq();
    yield* stats.unlockIrq();
  });
});
