import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'free-under-raw-spinlock-bad' }, (kernel) => {
  const lock = kernel.rawSpinlock('queue_lock');
  kernel.task('consumer', function* drop() {
    const item = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (item === null) return;
    yield* lock.lock();
    yield* kernel.mm.kfree(item); /* want? invalid-wait-context invalid-wait-context */ // want free-under-raw-spinlock
    yield* lock.unlock();
  });
});
