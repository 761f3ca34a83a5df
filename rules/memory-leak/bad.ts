import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'memory-leak-bad' }, (kernel) => {
  kernel.task('caller', function* forget() {
    yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL); // want memory-leak
  });
});
