import { Gfp } from '../../model/gfp.js';
import { gfpOf } from '../ir/paths.js';
import type { Effect } from './summary.js';

/** What a function that sleeps does, tasks do. */
export function usesOf(effects: readonly Effect[]): Effect[] {
  const inTask = effects.some(isSleep);
  return effects.filter(isSpinningVariable).map((effect) => (inTask ? { ...effect, inTask } : effect));
}

function isSleep({ op, gfp, guards, optional, unsure }: Effect): boolean {
  if (guards.length > 0 || optional === true || unsure) return false;
  if (op.op === 'alloc') return (gfpOf(gfp).mask & Gfp.DIRECT_RECLAIM) !== 0;
  if (op.op === 'lock') return (op.kind === 'mutex' || op.kind === 'rwsem') && op.result === undefined;
  return op.op === 'sleep' && op.maybe !== true;
}

/** A spinning lock that is a variable of its own, taken without asking whether it is free. */
function isSpinningVariable(effect: Effect): boolean {
  if (effect.kind !== 'lock' || effect.unsure || effect.op.op !== 'lock') return false;
  const { kind, result, momentary, read } = effect.op;
  if (result !== undefined || momentary === true || read === true) return false;
  return (kind === 'raw' || kind === 'spin' || kind === 'rwlock') && isVariable(effect.path, effect.key);
}

/** Whether a lock's path is a variable's name. */
export function isVariable(path: string, key: string): boolean {
  return key !== '' && /^[A-Za-z_]\w*$/.test(path);
}
