import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcu-usage-bad' }, (kernel) => {
  kernel.task('caller', function* follow() {
    yield* kernel.rcu.dereference('conf'); // want rcu-usage
  });
});
