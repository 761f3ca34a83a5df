import { Gfp, scenario } from 'lockvet/sim';

export default scenario({ name: 'alloc-in-atomic-good' }, (kernel) => {
  const lock = kernel.localLock('counters');
  kernel.task('caller', function* countHere() {
    // A local lock protects per-CPU data as well, and stays preemptible on PREEMPT_RT.
    const page = yield* kernel.mm.allocPage(Gfp.GFP_KERNEL);
    yield* lock.lock();
    yield* lock.unlock();
    if (page !== null) yield* kernel.mm.freePage(page);
  });
});
