import { RandomWalk } from '../src/explore/random.js';
import { RoundRobin } from '../src/explore/round-robin.js';
import type { Strategy } from '../src/explore/strategy.js';
import { Engines } from '../src/judge/index.js';
import { Validator } from '../src/lockdep/index.js';
import { type EventSink, NullSink } from '../src/model/events.js';
import type { StringNames } from '../src/model/names.js';
import { loadRuleSet } from '../src/rules/index.js';
import { scenario, simulate } from '../src/sim/index.js';

/**
 * Operations a second of one core, and the share that judging takes. Processor time: the clock measures the neighbours.
 * Usage: npx jiti bench/sim.ts [operations]. With many operations the heap printed at the end shows that memory is flat.
 */
const operations = Number(process.argv[2] ?? 2_000_000);

/** Spinlocks shared and not, with and without interrupts off: what kernels do most. */
const workload = (tasks: number) =>
  scenario({ name: 'bench', cpus: tasks, maxOperations: operations * 2 }, (kernel) => {
    const shared = kernel.spinlock('shared');
    for (let t = 0; t < tasks; t++) {
      const own = kernel.rawSpinlock('own', { key: `own${t}` });
      kernel.task(`worker${t}`, function* work() {
        for (let i = 0; i < operations / tasks / 8; i++) {
          yield* own.lock();
          yield* own.unlock();
          const flags = yield* own.lockIrqsave();
          yield* own.unlockIrqrestore(flags);
          yield* shared.lock();
          yield* own.lock();
          yield* own.unlock();
          yield* shared.unlock();
        }
      });
    }
  });

function seconds(tasks: number, strategy: Strategy, sink: (names: StringNames) => EventSink): number {
  const start = process.cpuUsage();
  const result = simulate(workload(tasks), { strategy, sink });
  const used = process.cpuUsage(start);
  if (result.outcome !== 'finished') throw new Error(`the benchmark ${result.outcome}`);
  return (used.user + used.system) / 1e6;
}

const rules = loadRuleSet();
const law = { rules, policy: rules.policy('strict') };
const recording = { file: 'bench', ticksPerSecond: 1e9, simulated: true } as const;
const sinks = {
  'no judge': () => new NullSink(),
  validator: (names: StringNames) => new Validator({ ...recording, names }),
  'validator and rules': (names: StringNames) => new Engines({ ...recording, names, annotations: false }, law).sink,
};
const machines = [
  { label: '1 CPU', tasks: 1, strategy: () => new RoundRobin() },
  { label: '4 CPUs by the clock', tasks: 4, strategy: () => new RoundRobin() },
  { label: '4 CPUs at random', tasks: 4, strategy: () => new RandomWalk(1) },
];

for (const { label, tasks, strategy } of machines) {
  seconds(tasks, strategy(), sinks['no judge']);
  let bare = 0;
  for (const [judge, sink] of Object.entries(sinks)) {
    const used = seconds(tasks, strategy(), sink);
    if (bare === 0) bare = used;
    const share = judge === 'no judge' ? '' : `, ${Math.round(100 * (1 - bare / used))} % of it judging`;
    process.stdout.write(`${label}, ${judge}: ${(operations / used / 1e6).toFixed(2)} M operations/s${share}\n`);
  }
}
process.stdout.write(`heap: ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB after the last run\n`);
