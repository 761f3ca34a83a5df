import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcu-usage-good' }, (kernel) => {
  kernel.task('caller', function* follow() {
    yield* kernel.rcu.readLock();
    yield* kernel.rcu.dereference('conf');
    yield* kernel.rcu.readUnlock();
  });
});
