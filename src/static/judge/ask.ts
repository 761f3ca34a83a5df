import { Gfp } from '../../model/gfp.js';
import {
  type Allocator,
  type Facts,
  type LockFacts,
  maybe,
  noEvent,
  type Policy,
  type RuleSet,
  unknownCount,
  unknownMask,
  type Verdict,
  type WaitWord,
} from '../../rules/index.js';
import type { LockKind } from '../ir/ir.js';
import { gfpOf } from '../ir/paths.js';
import type { Candidate } from '../solve/found.js';
import type { Held } from '../solve/state.js';
import type { Effect } from '../solve/summary.js';

const WAIT: Readonly<Record<LockKind, WaitWord>> = {
  raw: 'spin',
  bit: 'spin',
  spin: 'config',
  rwlock: 'config',
  local: 'config',
  mutex: 'sleep',
  rwsem: 'sleep',
  rtmutex: 'sleep',
  seq: 'unknown',
  rcu: 'unknown',
  srcu: 'unknown',
  'irq-off': 'unknown',
  'bh-off': 'unknown',
  'preempt-off': 'unknown',
};

/** Kinds that are locks rather than read sides and contexts. */
export function isReal(lock: Held): boolean {
  return WAIT[lock.kind] !== 'unknown';
}

/**
 * Asks the rule's own condition about a candidate, with what the sources do not tell left unknown. Rules whose check is
 * code have no condition: the solver's word stands.
 */
export function ask(rules: RuleSet, policy: Policy, candidate: Candidate): Verdict {
  const rule = rules.find(candidate.violation.rule);
  if (rule === undefined || rule.engine !== 'condition') return 'certain';
  return rule.condition.evaluate(factsOf(candidate, policy));
}

/** What a condition can ask about an operation on a path: see `src/rules/facts.ts`. */
export function factsOf(candidate: Candidate, policy: Policy): Facts {
  const { held, effect } = candidate;
  const has = (kind: LockKind): boolean => held.some((lock) => lock.kind === kind);
  const byHand = (kind: LockKind): boolean => held.some((lock) => lock.kind === kind && lock.withLock !== true);
  const raw = has('raw') || has('bit');
  // What is not seen to be off here may be off in some caller.
  const known = (seen: boolean): boolean | undefined => (seen ? true : undefined);
  const preemptionOff = known(raw || has('preempt-off'));
  const irqsOff = known(byHand('irq-off') || (raw && has('irq-off')));
  const spins = held.some((lock) => lock.kind === 'spin' || lock.kind === 'rwlock' || has('bh-off'));
  // Who holds a mutex is a task that may be preempted.
  const isTask =
    candidate.inTask === true || held.some((lock) => WAIT[lock.kind] === 'sleep' && lock.assumed === undefined);
  const isOff = preemptionOff === true || irqsOff === true;
  const preemptible = isOff ? false : isTask && !spins && !has('irq-off') ? true : undefined;
  return {
    event: eventOf(effect),
    held: held.filter(isReal).map(lockFacts),
    context: {
      kind: 'task',
      idleTask: false,
      preemptible: maybe(preemptible),
      preemptionOff: maybe(preemptionOff),
      interruptsOff: maybe(irqsOff),
      bottomHalvesOff: maybe(known(has('bh-off'))),
      preemptionOffByHand: maybe(known(byHand('preempt-off'))),
      interruptsOffByHand: maybe(known(byHand('irq-off'))),
      hardirqThreaded: false,
      rcuReaderDepth: has('rcu') ? 1 : 0,
    },
    config: { preemptRt: maybe(undefined), preemptCount: maybe(undefined) },
    policy: { name: policy.name, allows: policy.allows },
  };
}

function lockFacts(lock: Held): LockFacts {
  return {
    name: lock.name,
    wait: WAIT[lock.kind],
    real: true,
    checked: true,
    read: lock.read,
    trylock: false,
    takenAt: lock.site.function,
  };
}

const ALLOCATOR: Readonly<Record<string, Allocator>> = {
  kmalloc: 'kmalloc',
  page: 'page',
  percpu: 'percpu',
  vmalloc: 'vmalloc',
  lockless: 'lockless',
};

function eventOf(effect: Effect): Facts['event'] {
  const { op } = effect;
  const caller = effect.chain[effect.chain.length - 1]?.function ?? '';
  switch (op.op) {
    case 'alloc': {
      const gfp = gfpOf(effect.gfp);

      const order =
        op.order === '#z' ? 0 : /^#[ip]/.test(op.order ?? '') ? 1 : op.memory === 'page' ? unknownCount() : -1;
      return {
        ...noEvent('alloc'),
        name: op.api,
        caller,
        allocator: ALLOCATOR[op.memory] ?? '',
        // Bits that are known to be set answer for the rest where they are what a rule asks for.
        gfp: gfp.plus === '' ? gfp.mask : (gfp.mask & Gfp.DIRECT_RECLAIM) !== 0 ? gfp.mask : unknownMask(),
        order,
        namesGfpRtNowait: op.mixed === true || effect.gfp === '#g0',
        mixesGfpRtNowait: op.mixed === true,
      };
    }
    case 'free':
      return { ...noEvent('free'), name: op.api, caller, allocator: ALLOCATOR[op.memory] ?? '' };
    default:
      return { ...noEvent('might_sleep'), name: op.api, caller };
  }
}
