import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'double-free-bad' }, (kernel) => {
  kernel.task('caller', function* freeTwice() {
    const object = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (object === null) return;
    yield* kernel.mm.kfree(object);
    yield* kernel.mm.kfree(object); // want double-free
  });
});
