import type { IrFunction } from '../ir/ir.js';
import { lastPart } from '../ir/paths.js';
import type { Held } from './state.js';
import type { Exit, Guard } from './summary.js';

/**
 * A lock that is held at some exits and not at others, where the returned value does not tell which, is taken for a path
 * that the code cannot take, and is not passed on: else one such function would make its callers' callers look locked.
 */
export function settleExits(exits: readonly Exit[], fn: IrFunction): Exit[] {
  if (exits.length < 2) return [...exits];
  const isLocker = /lock|acquire|enter|begin|start|get/.test(fn.name);
  // Which of two locks it releases may be unknown; that it leaves none of them held is what it is for.
  const isUnlocker = /unlock|release/.test(fn.name) && !/relock/.test(fn.name);
  const taken = takenParts(fn);
  const out = new Map<string, Exit>();
  for (const exit of exits) {
    const held: Held[] = [];
    for (const lock of exit.held) {
      const told = exits.every(
        (other) => other.held.some((l) => l.path === lock.path && l.kind === lock.kind) || tellsApart(exit, other),
      );
      if (told) held.push(lock);
      else if (isLocker && lock.via.length <= 1) held.push({ ...lock, unsure: true });
    }
    const dropped = exit.dropped.filter((lock) => {
      const isContext = lock.path.startsWith('!');
      if (!isContext && lock.hops === 0 && !taken.has(lastPart(lock.path))) return true;
      return exits.every((other) => other.dropped.some((l) => l.path === lock.path) || tellsApart(exit, other));
    });
    if (isUnlocker) {
      for (const lock of exits.flatMap((other) => other.dropped)) {
        if (!dropped.some((known) => known.path === lock.path && known.kind === lock.kind)) dropped.push(lock);
      }
    }
    const settled: Exit = { ...exit, held, dropped };
    const key = exitKey(settled);
    const known = out.get(key);
    out.set(key, known === undefined ? settled : joinExits(known, settled));
  }
  return [...out.values()];
}

/** Last parts of the locks that a function takes itself. */
function takenParts(fn: IrFunction): Set<string> {
  const parts = new Set<string>();
  for (const block of fn.blocks) for (const op of block.ops) if (op.op === 'lock') parts.add(lastPart(op.path));
  return parts;
}

/** Whether a caller can tell two exits apart, by what is returned or by what it passed. */
function tellsApart(a: Exit, b: Exit): boolean {
  if ((a.returns & b.returns) === 0) return true;
  return a.guards.some((guard) =>
    b.guards.some((o) => o.param === guard.param && o.equals === guard.equals && (o.value & guard.value) === 0),
  );
}

/** Equal for exits that differ in nothing that callers see of locks. */
export function exitKey(exit: Exit): string {
  return `${exit.held.map((lock) => `${lock.path}:${lock.kind}`).join()}|${exit.dropped.map((lock) => lock.path).join()}`;
}

/** Two exits with the same locks as one. */
export function joinExits(a: Exit, b: Exit): Exit {
  const guards: Guard[] = [];
  for (const guard of a.guards) {
    const other = b.guards.find((o) => o.param === guard.param && o.equals === guard.equals);
    if (other !== undefined && (guard.value | other.value) !== 7) {
      guards.push({ ...guard, value: guard.value | other.value });
    }
  }
  return { ...a, returns: a.returns | b.returns, guards };
}
