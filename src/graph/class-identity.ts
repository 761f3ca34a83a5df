import { Identity } from '../lockdep/class-table.js';
import type { LockdepState } from '../lockdep/lockdep-state.js';
import type { LockClass } from '../model/lock-graph.js';

/** What a class is called, in the terms of /proc/lockdep. `id` is the validator's. */
export function identityOf(
  { classes, sites }: LockdepState,
  id: number,
): Pick<LockClass, 'name' | 'stableName' | 'key' | 'subclass'> {
  const name = classes.displayName(id);
  // What follows the lock's own name, which may have a slash in it as well.
  const suffix = name.slice(sites.name(classes.nameId(id)).length);
  const subclass = Number(/\/(\d+)$/.exec(suffix)?.[1] ?? 0);
  const hasKey = classes.eventKind(id) === undefined && classes.identity(id) !== Identity.NameOnly;
  const key = hasKey ? keyText(classes.keyHi(id), classes.keyLo(id), subclass) : null;
  return { name, stableName: classes.stableName(id), key, subclass };
}

/** lockdep's key of a subclass is the address of a byte: that of the key, plus the subclass. */
function keyText(hi: number, lo: number, subclass: number): string {
  const key = (BigInt(hi >>> 0) << 32n) + BigInt(lo >>> 0) + BigInt(subclass);
  return BigInt.asUintN(64, key).toString(16).padStart(16, '0');
}
