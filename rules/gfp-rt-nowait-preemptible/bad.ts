import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'gfp-rt-nowait-preemptible-bad' }, (kernel) => {
  kernel.task('caller', function* grab() {
    const page = yield* kernel.mm.allocPage(Gfp.GFP_RT_NOWAIT); // want gfp-rt-nowait-preemptible
    if (page !== null) yield* kernel.mm.freePage(page);
  });
});
