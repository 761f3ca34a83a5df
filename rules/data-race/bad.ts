import { scenario } from 'lockvet/sim';

export default scenario({ name: 'data-race-bad' }, (kernel) => {
  const counter = kernel.variable('counter', 0);
  for (const name of ['a', 'b']) {
    kernel.task(name, function* count() {
      const old = yield* counter.read();
      yield* counter.write(old + 1); // want data-race
    });
  }
});
