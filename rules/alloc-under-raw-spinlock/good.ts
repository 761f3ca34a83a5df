import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'alloc-under-raw-spinlock-good' }, (kernel) => {
  const lock = kernel.rawSpinlock('queue_lock');
  kernel.task('producer', function* enqueue() {
    // Allocated before the lock is taken, freed after it is released.
    const item = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    yield* lock.lock();
    yield* lock.unlock();
    if (item !== null) yield* kernel.mm.kfree(item);
  });
});
