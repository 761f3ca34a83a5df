import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'memory-leak-good' }, (kernel) => {
  kernel.task('caller', function* free() {
    const object = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (object !== null) yield* kernel.mm.kfree(object);
  });
});
