import { scenario } from 'lockvet/sim';

export default scenario({ name: 'assertion-failed-good' }, (kernel) => {
  const counter = kernel.atomic('counter');
  for (const name of ['a', 'b']) {
    kernel.task(name, function* count() {
      yield* counter.inc();
      yield* kernel.msleep(10);
      kernel.assert(counter.value <= 2, 'an increment was lost');
    });
  }
});
