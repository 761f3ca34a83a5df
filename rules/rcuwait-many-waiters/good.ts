import { scenario } from 'lockvet/sim';

export default scenario({ name: 'rcuwait-many-waiters-good' }, (kernel) => {
  const wait = kernel.waitQueue('wait');
  const go = kernel.atomic('go');
  for (const name of ['first', 'second']) {
    kernel.task(name, function* sleepThere() {
      yield* wait.waitEvent(() => go.value > 0);
    });
  }
  kernel.task('waker', function* wakeThem() {
    yield* kernel.msleep(10);
    yield* go.inc();
    yield* wait.wakeUpAll();
  });
});
