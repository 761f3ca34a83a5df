import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'use-after-free-good' }, (kernel) => {
  kernel.task('caller', function* useFirst() {
    const object = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (object === null) return;
    yield* kernel.mm.touch(object);
    yield* kernel.mm.kfree(object);
  });
});
