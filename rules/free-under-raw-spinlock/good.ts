import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'free-under-raw-spinlock-good' }, (kernel) => {
  const lock = kernel.rawSpinlock('queue_lock');
  kernel.task('consumer', function* drop() {
    const item = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (item === null) return;
    yield* lock.lock();
    // Taken off the list here; freed when the lock is released.
    yield* lock.unlock();
    yield* kernel.mm.kfree(item);
  });
});
