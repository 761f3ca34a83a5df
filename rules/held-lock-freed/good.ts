import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'held-lock-freed-good' }, (kernel) => {
  kernel.task('caller', function* freeUnlocked() {
    const object = yield* kernel.mm.kmalloc(128, Gfp.GFP_KERNEL);
    if (object === null) return;
    const lock = kernel.mutex('&object->lock', { in: object });
    yield* lock.lock();
    yield* lock.unlock();
    yield* kernel.mm.kfree(object);
  });
});
