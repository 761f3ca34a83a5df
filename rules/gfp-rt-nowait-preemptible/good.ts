import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'gfp-rt-nowait-preemptible-good' }, (kernel) => {
  kernel.task('caller', function* grab() {
    yield* kernel.preemptDisable();
    const page = yield* kernel.mm.allocPage(Gfp.GFP_RT_NOWAIT);
    yield* kernel.preemptEnable();
    if (page !== null) yield* kernel.mm.freePage(page);
  });
});
