import { functionOf } from '../../model/finding.js';
import type { LockFact, ReportFacts } from './facts.js';
import type { ReportKind } from './headline.js';
import { callerIn, isPrimitive } from './sites.js';

/** The rule of the contract that a report is about; `imported-splat` where it is none of them. */
export function ruleOf(facts: ReportFacts): string {
  const { kind } = facts.headline;
  if (kind === 'rcu-usage') return rcuRule(facts.misuse ?? '');
  if (kind === 'sleep') return sleptInReader(facts) ? 'rcu-sleep-in-reader' : 'sleep-in-atomic';
  if (kind === 'leaked-atomic') return facts.held.length > 0 ? 'held-at-exit' : 'imported-splat';
  if (kind === 'warning' && isReaderSwitch(facts)) return 'rcu-sleep-in-reader';
  return RULES[kind] ?? 'imported-splat';
}

const RULES: Partial<Record<ReportKind, string>> = {
  circular: 'lock-order-cycle',
  recursive: 'recursive-lock',
  inconsistent: 'inconsistent-lock-state',
  inversion: 'irq-lock-inversion',
  'irq-order': 'irq-lock-inversion',
  'wait-context': 'invalid-wait-context',
  unlock: 'unlock-not-held',
  freed: 'held-lock-freed',
  nest: 'nest-lock-not-held',
  'user-return': 'held-at-exit',
  exit: 'held-at-exit',
  scheduling: 'sleep-in-atomic',
};

function rcuRule(misuse: string): string {
  if (/^Illegal .*synchronize_/.test(misuse)) return 'rcu-wait-in-reader';
  return misuse.startsWith('Illegal context switch in') ? 'rcu-sleep-in-reader' : 'rcu-usage';
}

function isReaderSwitch(facts: ReportFacts): boolean {
  const { words, site } = facts.headline;
  return words.startsWith('Voluntary context switch') || functionOf(site ?? '') === 'rcu_note_context_switch';
}

/** might_sleep() failed only because of an RCU reader: neither preemption nor interrupts were off. */
function sleptInReader({ atomic, held }: ReportFacts): boolean {
  if (atomic.irqsDisabled !== 0) return false;
  if (atomic.rcuDepth !== undefined && atomic.rcuExpected !== undefined) {
    return atomic.preemptCount === atomic.preemptExpected && atomic.rcuDepth > atomic.rcuExpected;
  }
  return atomic.inAtomic === 0 && held.some((lock) => isReader(lock.name));
}

function isReader(name: string): boolean {
  return name.startsWith('rcu_read_lock');
}

/** Names of the locks that the finding is about, outermost first; cycles in order. */
export function locksOf(facts: ReportFacts): string[] {
  return locksInvolved(facts).map((lock) => (typeof lock === 'string' ? lock : lock.name));
}

/** Call site that took the innermost of {@link locksOf}, '' where the report does not tell. */
export function innermostTakenAt(facts: ReportFacts): string {
  const innermost = locksInvolved(facts).at(-1);
  return innermost === undefined || typeof innermost === 'string' ? '' : innermost.site;
}

function locksInvolved(facts: ReportFacts): (LockFact | string)[] {
  const { roles, held } = facts;
  const known = (...locks: (LockFact | undefined)[]): LockFact[] => locks.filter((lock) => lock !== undefined);
  switch (facts.headline.kind) {
    case 'circular':
      return cycle(facts);
    case 'recursive':
      return known(roles.wanted ?? roles.holding);
    case 'inconsistent':
    case 'nest':
      return known(roles.wanted);
    case 'inversion':
      return inversionPath(facts);
    case 'irq-order':
      return withoutRepeats([...known(roles.safe, roles.holding, roles.wanted, roles.unsafe).map((lock) => lock.name)]);
    case 'wait-context':
      return [...waitOffenders(facts), ...known(roles.wanted)];
    case 'unlock':
    case 'contention':
      return known(roles.released);
    case 'freed':
      return known(roles.freed);
    case 'exit':
    case 'user-return':
    case 'leaked-atomic':
      return held;
    case 'sleep':
    case 'scheduling':
      return ruleOf(facts) === 'rcu-sleep-in-reader' ? held.filter((lock) => isReader(lock.name)) : spinning(held);
    case 'rcu-usage':
    case 'warning':
      return ruleOf(facts).startsWith('rcu-') && ruleOf(facts) !== 'rcu-usage'
        ? held.filter((lock) => isReader(lock.name))
        : [];
    default:
      return [];
  }
}

/** The chain is printed from the lock being held back to the one being taken; #0 depends on #n. */
function cycle({ chain, exists, roles }: ReportFacts): (LockFact | string)[] {
  const links = [...chain].sort((a, b) => a.lock.index - b.lock.index);
  if (links.length > 1 && links.every((link, at) => link.lock.index === at)) return links.map((link) => link.lock);
  if (exists.length > 1) return exists;
  return [roles.wanted, roles.holding].filter((lock) => lock !== undefined);
}

/** From the interrupt-safe class to the unsafe one, with what lies between where the report shows it. */
function inversionPath({ roles, changedIsOuter, path }: ReportFacts): string[] {
  const ends = changedIsOuter ? [roles.changed, roles.other] : [roles.other, roles.changed];
  const names = ends.filter((lock) => lock !== undefined).map((lock) => lock.name);
  if (names.length < 2) return names;
  const between = withoutRepeats(path.map((step) => step.name));
  const [first, last] = [between[0], between.at(-1)];
  if (first === names[0] && last === names[1]) return between;
  return first === names[1] && last === names[0] ? between.reverse() : names;
}

function withoutRepeats(names: readonly string[]): string[] {
  return names.filter((name, at) => name !== names[at - 1]);
}

/**
 * Held locks inside which the wanted one may not be taken. When the interrupt context alone forbids it, only locks taken
 * in that interrupt count: the list also has those of the task that it interrupted.
 */
export function waitOffenders(facts: ReportFacts): LockFact[] {
  const { wanted } = facts.roles;
  if (wanted === undefined) return [];
  const outer = wanted.outer;
  const byContext = facts.waitContext !== undefined && outer > facts.waitContext;
  const inIrq = new Set(facts.backtrace.filter((frame) => frame.inIrq).map((frame) => functionOf(frame.site)));
  return facts.held.filter(
    (lock) => lock.inner > 0 && lock.inner < outer && (!byContext || inIrq.has(functionOf(lock.site))),
  );
}

/** Held locks that forbid to sleep; where the kernel prints no wait types, every real one may be it. */
function spinning(held: readonly LockFact[]): LockFact[] {
  const real = held.filter((lock) => !isReader(lock.name) && !/^\((?:wq|work)_completion\)/.test(lock.name));
  return real.filter((lock) => lock.wait === '' || (lock.inner > 0 && lock.inner < 4));
}

/** The code that did it, as a call site; '' when the report does not tell. */
export function placeOf(facts: ReportFacts): string {
  const { roles, headline, backtrace } = facts;
  const named = roles.wanted?.site ?? roles.changed?.site ?? roles.released?.site ?? headline.site ?? '';
  if (headline.kind === 'leaked-atomic' && facts.workFunction !== undefined) return facts.workFunction;
  if (headline.kind === 'stall') return facts.rip ?? callerIn(backtrace)?.site ?? '';
  if (named !== '' && !isPrimitive(functionOf(named))) return named;
  return callerIn(backtrace)?.site ?? named;
}
