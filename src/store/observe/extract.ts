import { lockGraphOf } from '../../graph/index.js';
import type { JudgedRecording } from '../../judge/index.js';
import { classOfStep } from '../../lockdep/held-stack.js';
import { HeldFlag } from '../../lockdep/task-state.js';
import type { Observation, ObservedAllocation } from '../../model/observation.js';
import { statsOf } from '../../stats/index.js';
import { WatchedValidator } from './watched-validator.js';

/** What a watched validator has seen, as plain data. Ask after the end of the events. */
export function observationOf(
  validator: WatchedValidator,
  { kernel, ticksPerSecond, place }: JudgedRecording,
): Observation {
  const { state, acquired } = validator;
  const hasUnit = ticksPerSecond !== 1;
  for (const [chain, , , count] of acquired.entries()) {
    const step = state.chains.stepOf(chain);
    validator.times.count(classOfStep(step), (step & HeldFlag.ReadMask) !== 0, count);
  }
  const { classes: times } = statsOf(validator, validator.times, hasUnit ? 1e9 / ticksPerSecond : 1);
  return {
    kernel,
    graph: lockGraphOf(validator, place),
    chains: Array.from({ length: state.chains.size }, (_, at) => {
      const step = state.chains.stepOf(at + 1);
      return {
        parent: state.chains.parentOf(at + 1),
        cls: classOfStep(step),
        read: step & HeldFlag.ReadMask,
        trylock: (step & HeldFlag.Trylock) !== 0,
        checked: (step & HeldFlag.Check) !== 0,
        hits: state.chains.hits(at + 1),
      };
    }),
    acquisitions: [...acquired.entries()].map(([chain, ip, context, count]) => ({
      chain,
      site: state.sites.function(ip),
      context,
      count,
    })),
    allocations: allocationsOf(validator),
    unit: hasUnit ? 'ns' : 'ticks',
    times,
  };
}

function allocationsOf(validator: WatchedValidator): ObservedAllocation[] {
  const { sites } = validator.state;
  return [...validator.allocated.entries()].map(([chain, ip, packed, count]) => {
    const { event, ...kind } = validator.kind(Math.floor(packed / WatchedValidator.Contexts));
    const context = packed % WatchedValidator.Contexts;
    return { chain, site: sites.function(ip), event: sites.name(event), ...kind, context, count };
  });
}
