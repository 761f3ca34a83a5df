import { type Finding, functionOf, type Where } from '../../model/finding.js';
import { locksOf, placeOf, ruleOf } from './classify.js';
import { detailOf, evidenceOf } from './evidence.js';
import type { ReportFacts } from './facts.js';
import { fingerprintOf } from './identity.js';

/** The finding that a report makes; `file` is the log. */
export function findingOf(file: string, facts: ReportFacts): Finding {
  const rule = ruleOf(facts);
  const locks = locksOf(facts);
  return {
    rule,
    severity: facts.headline.kind === 'stall' ? 'warning' : 'error',
    confidence: 'certain',
    message: messageOf(facts, locks),
    locks,
    where: whereOf(file, facts),
    evidence: evidenceOf(file, facts),
    fingerprint: fingerprintOf(facts),
    count: 1,
    detail: detailOf(file, facts),
  };
}

function whereOf(file: string, facts: ReportFacts): Where {
  const where: Where = { file, line: facts.line };
  const place = placeOf(facts);
  if (place !== '') where.function = place;
  const { pid, comm, cpu, time } = facts;
  if (pid !== undefined) where.task = `${comm ?? '<...>'}-${pid}`;
  if (cpu !== undefined) where.cpu = cpu;
  if (time !== undefined) where.time = time;
  return where;
}

/** The kernel's headline, and what it is about. */
function messageOf(facts: ReportFacts, locks: readonly string[]): string {
  const words = facts.headline.words.replace(/[!.]$/, '');
  const about = subject(facts, locks);
  return about === '' ? words : `${words}: ${about}`;
}

function subject(facts: ReportFacts, locks: readonly string[]): string {
  const { roles, usage, headline } = facts;
  const place = functionOf(placeOf(facts));
  const [first = ''] = locks;
  const held = locks.length === 0 ? '' : ` while ${locks.join(', ')} ${locks.length === 1 ? 'is' : 'are'} held`;
  switch (headline.kind) {
    case 'circular':
      return first === '' ? '' : [...locks, first].join(' -> ');
    case 'recursive':
      return first === '' ? '' : `${first} is taken while ${first} is already held`;
    case 'inconsistent':
      return first === '' || usage === undefined ? first : `{${usage.before}} -> {${usage.after}} usage of ${first}`;
    case 'inversion':
    case 'irq-order':
      return locks.join(' -> ');
    case 'wait-context': {
      const wanted = roles.wanted === undefined ? '' : `${roles.wanted.name}${roles.wanted.wait} is taken`;
      const under = locks.slice(0, -1).join(', ');
      return wanted === '' || under === '' ? wanted : `${wanted} while ${under} is held`;
    }
    case 'rcu-usage':
      return [facts.source, facts.misuse].filter((part) => part !== undefined).join(' ');
    case 'sleep':
      return `${headline.source ?? ''}${held}${place === '' ? '' : `, called from ${place}`}`;
    case 'scheduling':
    case 'leaked-atomic':
      return `${facts.comm ?? ''}-${facts.pid ?? ''}${held}${place === '' ? '' : `, in ${place}`}`;
    case 'stall':
    case 'warning':
    case 'unregistered-key':
    case 'other-framed':
      return place === '' ? '' : `in ${place}`;
    default:
      return locks.join(', ');
  }
}
