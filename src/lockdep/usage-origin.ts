import type { EventHeader } from '../model/events.js';
import type { Evidence } from '../model/finding.js';
import { evidence, heldSite, waitText } from './describe.js';
import type { LockdepState } from './lockdep-state.js';
import { type Site, siteOf } from './site.js';
import type { TaskState } from './task-state.js';
import { isReadBit } from './usage.js';

/** How it is known that interrupts were switched on while a lock was held. */
export type SwitchedBy = 'irqs' | 'bh' | 'release';

/** The event that tells that interrupts are on while what was taken before is held. */
export interface Switched {
  readonly by: SwitchedBy;
  readonly site: Site;
}

/**
 * What gave a class a usage state: its acquisition (mark_usage() in kernel/locking/lockdep.c), or that interrupts were switched on
 * while it was held (mark_held_locks()).
 */
export interface UsageOrigin {
  readonly taken: Site;
  /** Undefined: the acquisition itself. */
  readonly switched: Switched | undefined;
}

/** Where the class of the lock at `index` gets a state: at the event at hand, an acquisition or the change of what was taken. */
export function originOf(h: EventHeader, task: TaskState, index: number, switched: Switched | undefined): UsageOrigin {
  const taken = heldSite(task, index);
  return switched === undefined ? { taken: siteOf(h, taken.ip), switched } : { taken, switched };
}

/** Where the state came about; a switch whose call site is not known is named by the function that took the lock. */
export function siteOfOrigin({ taken, switched }: UsageOrigin): Site {
  if (switched === undefined) return taken;
  const { site } = switched;
  return site.ip === 0 ? { ...site, ip: taken.ip } : site;
}

/** The steps that led to a state: `words` say so of the last. A lock held when interrupts are switched on was taken before. */
export function originEvidence(state: LockdepState, cls: number, bit: number, words: string): Evidence[] {
  const origin = state.classes.usageOrigin(cls, bit);
  if (origin === undefined) return [];
  const { taken, switched } = origin;
  if (switched === undefined) return [evidence(words, state.sites.where(taken))];
  const name = `${state.classes.displayName(cls)}${waitText(state, cls)}`;
  return [
    evidence(`${name} was taken${isReadBit(bit) ? ' (read)' : ''}`, state.sites.where(taken)),
    switchedEvidence(state, cls, switched, `: ${words}`),
  ];
}

/** `interrupts are switched on while X is held`, and what it comes to. */
export function switchedEvidence(state: LockdepState, cls: number, { by, site }: Switched, words = ''): Evidence {
  const name = state.classes.displayName(cls);
  const what = {
    irqs: `interrupts are switched on while ${name} is held`,
    bh: `bottom halves are switched on while ${name} is held`,
    release: `interrupts were switched on while ${name} was held, before its release`,
  }[by];
  return evidence(`${what}${words}`, state.sites.where(site));
}
