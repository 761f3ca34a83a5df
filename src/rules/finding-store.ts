import type { HeldLockView } from '../model/context-view.js';
import {
  type Evidence,
  type Finding,
  fingerprint,
  functionOf,
  type HeldDescription,
  stableClass,
  type Where,
} from '../model/finding.js';
import { contextWords } from './context-bits.js';
import type { Facts } from './facts.js';
import type { ConditionRule } from './rule.js';
import type { TemplateValues } from './template.js';

/** One occurrence of a violated rule, all that a finding can be made of. */
export interface Occurrence {
  readonly rule: ConditionRule;
  /** What the rule was asked about; nothing in it is unknown that the rule needs. */
  readonly facts: Facts;
  /** The locks of `facts.held`, in the same order. */
  readonly held: readonly HeldLockView[];
  /** The event in a word or two: `kmalloc`, `schedule()` for a voluntary switch. */
  readonly event: string;
  /** The mask as traces print it, '' where none applies. */
  readonly gfp: string;
  readonly where: Where;
}

/**
 * Findings of rules with conditions. One violation is one finding: the same rule, offending locks, function that took the
 * innermost of them and caller. The first occurrence supplies the evidence, the others are counted.
 */
export class FindingStore {
  readonly #byKey = new Map<string, Finding>();

  add(occurrence: Occurrence): void {
    const { rule, facts, held } = occurrence;
    const offending = held.filter((_lock, index) => offends(rule, facts, index));
    const locks = offending.map((lock) => lock.name);
    const takenBy = functionOf(offending.at(-1)?.takenAt ?? '');
    const identity = [...locks.map(stableClass), takenBy, callerOr(facts)];
    const key = JSON.stringify([rule.id, identity]);
    const known = this.#byKey.get(key);
    if (known) known.count++;
    else this.#byKey.set(key, findingOf(occurrence, locks, takenBy, identity));
  }

  /** In the order in which they were first met. */
  list(): Finding[] {
    return [...this.#byKey.values()].map((finding) => ({ ...finding }));
  }
}

function offends(rule: ConditionRule, facts: Facts, index: number): boolean {
  const lock = Array.isArray(facts.held) ? facts.held[index] : undefined;
  return lock !== undefined && rule.locks !== undefined && rule.locks.evaluate(facts, lock, index) !== 'no';
}

/** The caller; where events have none, the allocator stands for it, but for the page allocator, which never has one. */
function callerOr({ event }: Facts): string {
  if (event.caller !== '' || event.allocator === 'page' || event.allocator === 'page_batch') return event.caller;
  return typeof event.allocator === 'string' ? event.allocator : '';
}

function findingOf(occurrence: Occurrence, locks: string[], takenBy: string, identity: string[]): Finding {
  const { rule, facts, held, event, where } = occurrence;
  const context = contextWords(facts.context);
  return {
    rule: rule.id,
    severity: rule.severity,
    confidence: 'certain',
    message: rule.message.render(messageValues(occurrence, locks, takenBy, context)),
    locks,
    where,
    evidence: evidenceOf(occurrence, context),
    fingerprint: fingerprint(rule.id, identity),
    count: 1,
    advice: rule.advice,
    detail: {
      held: held.map(describe),
      wanted: { name: event, wait: '', usage: '', read: false, trylock: false, where },
      context: context.length > 0 ? context : ['task'],
    },
  };
}

function messageValues(
  { facts, event, gfp }: Occurrence,
  locks: readonly string[],
  takenBy: string,
  context: readonly string[],
): TemplateValues {
  const number = (value: unknown): string => (typeof value === 'number' && value >= 0 ? String(value) : '');
  return {
    event,
    gfp,
    size: number(facts.event.size),
    order: number(facts.event.order),
    caller: facts.event.caller,
    lock: locks.at(-1) ?? '',
    locks: locks.join(', '),
    taken_by: takenBy,
    context: context.join(', '),
  };
}

/** Acquisition by acquisition, then the event with its arguments and the context. */
function evidenceOf({ facts, held, event, gfp, where }: Occurrence, context: readonly string[]): Evidence[] {
  const steps = held.map((lock): Evidence => {
    const how = [lock.read !== 0 && 'read', lock.trylock && 'trylock'].filter(Boolean).join(', ');
    return { what: `${lock.name}${waitText(lock)} taken${how === '' ? '' : ` (${how})`}`, where: lock.where };
  });
  const { size, order, caller } = facts.event;
  const details = [
    gfp !== '' && `gfp ${gfp}`,
    typeof size === 'number' && size >= 0 && `${size} bytes`,
    typeof order === 'number' && order >= 0 && `order ${order}`,
    caller !== '' && `called by ${caller}`,
    ...context,
  ].filter(Boolean);
  steps.push({ what: details.length === 0 ? event : `${event}: ${details.join(', ')}`, where });
  return steps;
}

function describe(lock: HeldLockView): HeldDescription {
  const { name, trylock, where } = lock;
  return { name, wait: waitText(lock), usage: '', read: lock.read !== 0, trylock, where };
}

/** `{outer:inner}` as lockdep prints wait types, '' when not known. */
function waitText(lock: HeldLockView): string {
  return lock.waitInner === 0 ? '' : `{${lock.waitOuter}:${lock.waitInner}}`;
}
