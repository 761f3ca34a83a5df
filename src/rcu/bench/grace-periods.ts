import { RoundRobin } from '../../explore/round-robin.js';
import { NullSink } from '../../model/events.js';
import type { FloodMethod, GracePeriodCount } from '../../model/rcu-bench.js';
import { Gfp, type IrqLine, scenario, simulate } from '../../sim/index.js';
import { KvfreeRcu } from '../kvfree/kvfree-rcu.js';
import { installTreeRcu } from '../tree/tree-rcu.js';
import { machineOptions } from './model.js';
import type { Parameters } from './parameters.js';

/**
 * Counts the grace periods of a steady, light load in real time: each CPU frees an object now and then. Without batching each object wants the
 * next grace period, so that they follow each other without a gap; with it a CPU asks once for all that gathers.
 */
export function countGracePeriods(method: FloodMethod, hz: number, parameters: Parameters): GracePeriodCount {
  const cpus = parameters.get('gp-cpus');
  const gap = parameters.get('gp-gap-us') * 1000;
  const length = parameters.get('gp-ms') * 1e6;
  // RCU_JIFFIES_TILL_FORCE_QS
  const tillFqs = 1 + Number(hz > 250) + Number(hz > 500);
  let objects = 0;
  let gracePeriods = 0;
  const what = scenario(
    { ...machineOptions(parameters), name: 'rcu-gp-count', cpus, hz, reportLeaks: false },
    (kernel) => {
      const rcu = installTreeRcu(kernel, {
        blimit: parameters.get('blimit'),
        qhimark: parameters.get('qhimark'),
        jiffiesTillFirstFqs: tillFqs,
        jiffiesTillNextFqs: tillFqs,
      });
      const kvfree = new KvfreeRcu(rcu, {
        way: method === 'kvfree-arrays' ? 'prefilled' : 'list-only',
        drainJiffies: Math.max(1, Math.round((parameters.get('gp-drain-ms') * hz) / 1000)),
        minCached: parameters.get('min-cached'),
        maxActive: 256,
      });
      const lines: IrqLine[] = [];
      for (let cpu = 0; cpu < cpus; cpu++) {
        const handler = function* deviceInterrupt() {
          if (kernel.now >= length) return;
          lines[cpu]?.raiseNow(gap);
          gracePeriods = rcu.stats.gracePeriods;
          const object = yield* kernel.mm.kmalloc(parameters.get('flood-object-bytes'), Gfp.GFP_ATOMIC);
          if (object === null) return;
          objects++;
          if (method === 'call_rcu') yield* rcu.call(() => kernel.mm.kfree(object));
          else yield* kvfree.free(object);
        };
        const line = kernel.irq(`device/${cpu}`, handler, { cpu });
        lines.push(line);
        line.raiseNow(Math.floor((cpu * gap) / cpus));
      }
    },
  );
  simulate(what, { strategy: new RoundRobin(parameters.seed), sink: () => new NullSink() });
  return { method, cpus, hz, objects, time: length / 1e6, gracePeriods };
}
