import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'alloc-in-atomic-bad' }, (kernel) => {
  kernel.task('caller', function* countHere() {
    yield* kernel.preemptDisable();
    const page = yield* kernel.mm.allocPage(Gfp.GFP_ATOMIC); // want alloc-in-atomic
    yield* kernel.preemptEnable();
    if (page !== null) yield* kernel.mm.freePage(page);
  });
});
