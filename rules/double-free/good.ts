import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'double-free-good' }, (kernel) => {
  kernel.task('caller', function* freeOnce() {
    const object = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (object !== null) yield* kernel.mm.kfree(object);
  });
});
