import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'alloc-under-raw-spinlock-bad' }, (kernel) => {
  const lock = kernel.rawSpinlock('queue_lock');
  kernel.task('producer', function* enqueue() {
    yield* lock.lock();
    const page = yield* kernel.mm.allocPage(Gfp.GFP_ATOMIC); /* want? invalid-wait-context */ // want alloc-under-raw-spinlock
    yield* lock.unlock();
    if (page !== null) yield* kernel.mm.freePage(page);
  });
});
