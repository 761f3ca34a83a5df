import { RandomWalk } from '../src/explore/random.js';
import { RoundRobin } from '../src/explore/round-robin.js';
import type { Strategy } from '../src/explore/strategy.js';
import { NullSink } from '../src/model/events.js';
import { scenario, simulate } from '../src/sim/index.js';

/** Operations a second of one core. Usage: node --import jiti/register bench/sim.ts [operations] */
const operations = Number(process.argv[2] ?? 2_000_000);

const workload = (tasks: number) =>
  scenario({ name: 'bench', cpus: Math.max(1, tasks), maxOperations: operations * 2 }, (kernel) => {
    const shared = kernel.spinlock('shared');
    for (let t = 0; t < tasks; t++) {
      const own = kernel.rawSpinlock('own', { key: `own${t}` });
      kernel.task(`worker${t}`, function* () {
        for (let i = 0; i < operations / tasks / 8; i++) {
          yield* own.lock();
          yield* own.unlock();
          const flags = yield* own.lockIrqsave();
          yield* own.unlockIrqrestore(flags);
          yield* own.lock();
          yield* shared.lock();
          yield* shared.unlock();
          yield* own.unlock();
        }
      });
    }
  });

function measure(label: string, tasks: number, strategy: Strategy): void {
  const start = process.cpuUsage();
  const result = simulate(workload(tasks), { strategy, sink: () => new NullSink() });
  const used = process.cpuUsage(start);
  const seconds = (used.user + used.system) / 1e6;
  process.stdout.write(
    `${label}: ${(result.operations / seconds / 1e6).toFixed(2)} M ops/s, ${(result.events / seconds / 1e6).toFixed(2)} M events/s, ${result.outcome}\n`,
  );
}

measure('1 task', 1, new RoundRobin());
measure('1 task', 1, new RoundRobin());
measure('4 tasks, by the clock', 4, new RoundRobin());
measure('4 tasks, quantum 1 us', 4, new RoundRobin(1, 1000));
measure('4 tasks, random', 4, new RandomWalk(1));
