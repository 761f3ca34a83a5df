import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'held-lock-freed-bad' }, (kernel) => {
  kernel.task('caller', function* freeLocked() {
    const object = yield* kernel.mm.kmalloc(128, Gfp.GFP_KERNEL);
    if (object === null) return;
    const lock = kernel.mutex('&object->lock', { in: object });
    yield* lock.lock();
    yield* kernel.mm.kfree(object); /* want held-lock-freed */
    yield* lock.unlock();
  });
});
