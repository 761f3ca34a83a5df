import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'use-after-free-bad' }, (kernel) => {
  kernel.task('caller', function* useFreed() {
    const object = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (object === null) return;
    yield* kernel.mm.kfree(object);
    yield* kernel.mm.touch(object); // want use-after-free
  });
});
