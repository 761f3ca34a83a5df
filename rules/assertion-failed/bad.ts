import { scenario } from 'lockvet/sim';

export default scenario({ name: 'assertion-failed-bad' }, (kernel) => {
  const counter = kernel.variable('counter', 0);
  for (const name of ['a', 'b']) {
    kernel.task(name, function* count() {
      const old = yield* counter.readOnce();
      yield* counter.writeOnce(old + 1);
      yield* kernel.msleep(10);
      kernel.assert(counter.value === 2, 'an increment was lost');
    });
  }
});
