import type { KernelOptions } from '../../sim/index.js';
import type { CacheOptions } from '../../sim/mem/cache.js';
import type { MemoryOptions } from '../../sim/mm/options.js';
import type { Parameters } from './parameters.js';

/** The caches of the simulated machine, as the parameters say; `lineSize` in bytes, `scale` of their size. */
export function cacheOptions(
  parameters: Parameters,
  lineSize = parameters.get('sim-line-bytes'),
  scale = 1,
): CacheOptions {
  return {
    lineSize,
    levels: (['l1', 'l2', 'llc'] as const).map((level) => {
      const ways = parameters.get(`${level}-ways`);
      const sets = Math.max(1, Math.round((scale * parameters.get(`${level}-kib`) * 1024) / (ways * lineSize)));
      return { sets, ways, latency: parameters.get(`${level}-ns`) };
    }),
    memoryLatency: parameters.get('memory-ns'),
    coherenceLatency: parameters.get('coherence-ns'),
  };
}

/** The simulated machine without what each part of the bench chooses for itself. */
export function machineOptions(parameters: Parameters): KernelOptions {
  const lock = parameters.get('lock-ns');
  const unlock = parameters.get('unlock-ns');
  const scale = parameters.get('operation-percent') / 100;
  return {
    cache: cacheOptions(parameters),
    operationCost: (label, cost) => {
      if (/spin_(try)?lock$/.test(label)) return lock;
      if (label.endsWith('spin_unlock')) return unlock;
      return cost * scale;
    },
    maxOperations: Number.MAX_SAFE_INTEGER,
    reportRaces: false,
  };
}

/** Memory of the simulated machine, as the parameters say. */
export function memoryOptions(parameters: Parameters): MemoryOptions {
  return {
    pages: 65_536,
    pcpBatch: parameters.get('pcp-batch'),
    pcpHigh: parameters.get('pcp-high'),
    pageCost: parameters.get('page-move-ns'),
  };
}
