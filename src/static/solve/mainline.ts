import { END_LINE, type IrBlock, type IrFunction, type IrNext } from '../ir/ir.js';

/** Blocks that control can go to. */
export function successors(next: IrNext): readonly number[] {
  switch (next.to) {
    case 'goto':
      return [next.block];
    case 'branch':
      return [next.yes, next.no];
    case 'choose':
      return next.blocks;
    default:
      return [];
  }
}

/** {@link Truth} bits that some values, which callers decide, are known to have. */
export type Decided = ReadonlyMap<string, number>;

/**
 * Tells of a function's blocks whether its normal course goes through them: whether its last return cannot be reached
 * without. What stands in a branch that the function does not need to take is done for some callers and not for others, and
 * the sources often do not tell for which; leaving early, on an error, does not make the rest such a branch.
 */
export function mainlineOf(fn: IrFunction): (block: number, decided: Decided) => boolean {
  const last = lastReturn(fn.blocks);
  const known = new Map<string, boolean>();
  return (block, decided) => {
    if (last === undefined || block === last || block === 0) return true;
    const key = `${block} ${[...decided].join(' ')}`;
    let answer = known.get(key);
    if (answer === undefined) {
      answer = !reaches(fn.blocks, last, block, decided);
      known.set(key, answer);
    }
    return answer;
  };
}

/** Tells of a function's blocks whether it never returns without going through them. */
export function unavoidableOf(fn: IrFunction): (block: number) => boolean {
  const returns = [...fn.blocks.keys()].filter((i) => (fn.blocks[i] as IrBlock).next.to === 'return');
  const known = new Map<number, boolean>();
  return (block) => {
    let answer = known.get(block);
    if (answer === undefined) {
      answer = block === 0 || returns.every((to) => to === block || !reaches(fn.blocks, to, block, NOTHING_DECIDED));
      known.set(block, answer);
    }
    return answer;
  };
}

const NOTHING_DECIDED: Decided = new Map();

/** The return that stands last in the source; falling off the end is later than any. */
function lastReturn(blocks: readonly IrBlock[]): number | undefined {
  let last: number | undefined;
  let most = -1;
  for (const [i, { next }] of blocks.entries()) {
    if (next.to !== 'return') continue;
    const line = next.line === END_LINE ? Number.MAX_SAFE_INTEGER : next.line;
    if (line > most) {
      most = line;
      last = i;
    }
  }
  return last;
}

/** Whether a block can be reached from the entry without another one. */
function reaches(blocks: readonly IrBlock[], to: number, without: number, decided: Decided): boolean {
  const seen = new Uint8Array(blocks.length);
  const work = [0];
  seen[0] = 1;
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (at === to) return true;
    for (const next of allowed((blocks[at] as IrBlock).next, decided)) {
      if (next === without || seen[next] === 1) continue;
      seen[next] = 1;
      work.push(next);
    }
  }
  return false;
}

function allowed(next: IrNext, decided: Decided): readonly number[] {
  const value = next.to === 'branch' ? decided.get(next.value) : undefined;
  if (next.to !== 'branch' || value === undefined) return successors(next);
  if ((value & next.when) === 0) return [next.no];
  return (value & ~next.when) === 0 ? [next.yes] : [next.yes, next.no];
}
