import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcuwait-many-waiters-bad' }, (kernel) => {
  const wait = kernel.rcuwait('wait');
  const go = kernel.atomic('go');
  for (const name of ['first', 'second']) {
    kernel.task(name, function* sleepThere() {
      yield* wait.waitEvent(() => go.value > 0); // want rcuwait-many-waiters
    });
  }
  kernel.task('waker', function* wakeThem() {
    yield* kernel.msleep(10);
    yield* go.inc();
    yield* wait.wakeUp();
  });
});
