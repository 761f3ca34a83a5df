import type { LockClass, LockGraph } from '../model/lock-graph.js';
import { printable } from './escape.js';

/** What stands in for a key that the recording does not tell. */
const NO_KEY = '0'.repeat(16);

/**
 * The layout of /proc/lockdep: a class and what it was found to be, then a line for each lock that is taken directly under it.
 * Dependencies that lockdep reports instead of keeping them are not there.
 */
export function graphLockdep({ classes, dependencies }: LockGraph): string {
  const byId = new Map(classes.map((cls) => [cls.id, cls]));
  const after = new Map<number, LockClass[]>();
  for (const { from, to, direct, closesCycle } of dependencies) {
    const cls = byId.get(to);
    if (cls === undefined || !direct || closesCycle) continue;
    const list = after.get(from);
    if (list) list.push(cls);
    else after.set(from, [cls]);
  }
  const lines = ['all lock classes:'];
  for (const cls of classes) {
    lines.push(classLine(cls));
    for (const { key, name } of after.get(cls.id) ?? []) lines.push(` -> [${key ?? NO_KEY}] ${printable(name)}`);
    lines.push('');
  }
  return `${lines.join('\n')}\n`;
}

function classLine({ key, name, usage, acquisitions, reach }: LockClass): string {
  const ops = String(acquisitions).padStart(8);
  const forward = String(reach.forward).padStart(5);
  const backward = String(reach.backward).padStart(5);
  return `${key ?? NO_KEY} OPS:${ops} FD:${forward} BD:${backward} ${usage}: ${printable(name)}`;
}
