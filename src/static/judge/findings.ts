import { type Evidence, type Finding, fingerprint, type Severity } from '../../model/finding.js';
import { gfpText } from '../../model/gfp.js';
import { type ConditionRule, isUsers, type Policy, type Rule, type RuleSet, userRules } from '../../rules/index.js';
import { gfpOf } from '../ir/paths.js';
import type { Candidate } from '../solve/found.js';
import { NOTHING_PATH, USER_RULES } from '../solve/judge.js';
import { whereOf } from '../solve/places.js';
import { type FunctionId, fileOf, headOf, type Program } from '../solve/program.js';
import { ENTRY_PATH, type Held } from '../solve/state.js';
import { compareText, type Effect, siteKey, siteOf } from '../solve/summary.js';
import { crossesArchitectures } from './architectures.js';
import { ask, isReal } from './ask.js';

/** Calls between the lock and the operation up to which a finding can be certain: each hides conditions of its own. */
const CERTAIN_CALLS = 3;

/** Rules on waiting, and on what only waits on PREEMPT_RT. Code that may be called from anywhere often asks before it waits, in ways that sources do not tell. */
const SLEEPS: ReadonlySet<string> = new Set([
  'sleep-in-atomic',
  'invalid-wait-context',
  'rcu-sleep-in-reader',
  'rcu-wait-in-reader',
  'alloc-in-atomic',
]);

/** A candidate and the function that holds the lock. */
export interface Located {
  readonly function: FunctionId;
  readonly candidate: Candidate;
}

/**
 * Makes findings of what the solver found: asks the rules, grades, and takes together what is one violation (a rule, a
 * function that holds a lock, an operation), however many paths lead to it.
 */
export function findingsOf(program: Program, located: readonly Located[], rules: RuleSet, policy: Policy): Finding[] {
  const callers = new Callers(program);
  const known = new Map<string, { finding: Finding; calls: number }>();
  const own = userRules(rules);
  for (const entry of located.flatMap((one) => forUsers(one, own))) {
    const verdict = ask(rules, policy, entry.candidate);
    if (verdict === 'no') continue;
    // Of what is only possible for some callers of a function the rule says nothing: each call spells what it means.
    if (verdict === 'possible' && entry.candidate.violation.rule === 'gfp-rt-nowait-preemptible') continue;
    const finding = findingOf(program, entry, verdict === 'possible', rules, callers);
    if (crossesArchitectures(finding)) continue;
    const { candidate } = entry;
    const site = siteOf(candidate.effect);
    const key = JSON.stringify([finding.rule, finding.where.function, finding.locks, siteKey(site), entry.function]);
    const earlier = known.get(key);
    const calls = candidate.effect.chain.length;
    if (earlier === undefined) known.set(key, { finding, calls });
    else {
      const better =
        finding.confidence !== earlier.finding.confidence ? finding.confidence === 'certain' : calls < earlier.calls;
      const count = earlier.finding.count + 1;
      if (better) known.set(key, { finding: { ...finding, count }, calls });
      else earlier.finding.count = count;
    }
  }
  return takeAlikeTogether(dropCovered(dropAssumed([...known.values()].map(({ finding }) => finding))));
}

/** Possible findings on one operation that are reported each for itself. */
const MOST_ALIKE = 8;

/**
 * Of many possible findings on one operation only the shortest is reported: a function that so many call with locks held is most
 * often made for it, and asks before it does what they must not, in a way that sources do not tell.
 */
function takeAlikeTogether(findings: readonly Finding[]): Finding[] {
  const alike = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.confidence === 'certain') continue;
    const place = `${finding.rule} ${finding.where.file}:${finding.where.line}`;
    const list = alike.get(place);
    if (list === undefined) alike.set(place, [finding]);
    else list.push(finding);
  }
  const dropped = new Set<Finding>();
  const chosen = new Map<Finding, Finding>();
  for (const list of alike.values()) {
    if (list.length <= MOST_ALIKE) continue;
    const [first, ...rest] = list.sort(
      (a, b) => a.evidence.length - b.evidence.length || compareText(a.fingerprint, b.fingerprint),
    );
    if (first === undefined) continue;
    for (const other of rest) dropped.add(other);
    const what = `${rest.length} more sections lead here in the same way`;
    const count = list.reduce((sum, one) => sum + one.count, 0);
    chosen.set(first, { ...first, count, evidence: [...first.evidence, { what, where: first.where }] });
  }
  return findings.filter((finding) => !dropped.has(finding)).map((finding) => chosen.get(finding) ?? finding);
}

/** An operation that was kept for the rules of users, once for each of them that asks about such events. */
function forUsers(entry: Located, own: readonly ConditionRule[]): Located[] {
  const { violation, effect } = entry.candidate;
  if (violation.rule !== USER_RULES) return [entry];
  const kind = effect.kind === 'sleep' ? 'might_sleep' : effect.kind;
  return own
    .filter((rule) => rule.events.some((event) => event === kind))
    .map((rule) => ({ ...entry, candidate: { ...entry.candidate, violation: { ...violation, rule: rule.id } } }));
}

/** Marks evidence of what is only said to be held. */
const SAID = ' is said to be held by ';

/** What an annotation makes known is no second finding where the caller that really holds the lock is known. */
function dropAssumed(findings: readonly Finding[]): Finding[] {
  const proved = new Set<string>();
  const place = (finding: Finding): string => `${finding.rule} ${finding.where.file}:${finding.where.line}`;
  const isAssumed = (finding: Finding): boolean => finding.evidence.some((step) => step.what.includes(SAID));
  for (const finding of findings) if (!isAssumed(finding)) proved.add(place(finding));
  return findings.filter((finding) => !isAssumed(finding) || !proved.has(place(finding)));
}

/** What a raw_spinlock_t at the operation forbids for sure, whatever the caller has switched off, is told once. */
function dropCovered(findings: readonly Finding[]): Finding[] {
  const place = ({ where }: Finding): string => `${where.file}:${where.line}`;
  const isRaw = ({ rule, confidence }: Finding): boolean =>
    rule.endsWith('-under-raw-spinlock') && confidence === 'certain';
  const raw = new Set(findings.filter(isRaw).map(place));
  return findings.filter((finding) => finding.rule !== 'alloc-in-atomic' || !raw.has(place(finding)));
}

const STEP_DOWN: Readonly<Record<Severity, Severity>> = { error: 'warning', warning: 'note', note: 'note' };

function findingOf(
  program: Program,
  { function: holder, candidate }: Located,
  unsure: boolean,
  rules: RuleSet,
  callers: Callers,
): Finding {
  const { violation, effect, held } = candidate;
  const { because } = violation;
  const isCertain =
    !unsure &&
    candidate.always &&
    !violation.possible &&
    !effect.unsure &&
    because.assumed !== 'comment' &&
    because.unsure !== true &&
    !(effect.optional === true && SLEEPS.has(violation.rule)) &&
    effect.chain.length - 1 + because.via.length <= CERTAIN_CALLS;
  const rule = rules.find(violation.rule);
  const base = rule?.severity ?? violation.severity;
  const site = siteOf(effect);
  const locks = lockNames(violation.rule, held, because, effect);
  return {
    rule: violation.rule,
    severity: isCertain ? base : STEP_DOWN[base],
    confidence: isCertain ? 'certain' : 'possible',
    message: messageOf(candidate, rule),
    locks,
    where: whereOf(program, site),
    evidence: [
      ...lockEvidence(program, holder, because),
      ...chainEvidence(program, effect),
      ...callers.evidence(holder, effect),
    ],
    fingerprint: fingerprint(violation.rule, [
      ...locks,
      headOf(program, holder).name,
      site.function,
      effect.op.api,
      fileOf(program, holder),
    ]),
    count: 1,
    ...(rule === undefined ? {} : { advice: rule.advice }),
  };
}

/** Offending locks, outermost first; for a lock that is taken the wrong way, it too. */
function lockNames(rule: string, held: readonly Held[], because: Held, effect: Effect): string[] {
  const names = held.filter((lock) => isReal(lock) && lock.kind === because.kind).map((lock) => lock.name);
  const chosen = isReal(because) ? [...new Set(names)] : because.path.startsWith('!') ? [] : [because.name];
  if (effect.kind !== 'lock') return chosen;
  const wanted = wantedName(effect);
  if (rule === 'recursive-lock') return [because.name];
  return because.path === ENTRY_PATH ? [wanted] : [because.name, wanted];
}

function wantedName(effect: Effect): string {
  if (effect.name !== '') return effect.name;
  return effect.path.replace(/^[$%@?]\w*/, '');
}

/** The section or context that forbids it, in words. */
function sectionOf(because: Held): string {
  if (because.path === ENTRY_PATH) return `the ${because.name} that runs ${because.site.function}()`;
  if (because.assumed === 'table' && because.path.startsWith('!')) return `${because.name}()`;
  return because.path.startsWith('!') ? `${because.api}()` : because.name;
}

function messageOf({ violation, effect, held }: Candidate, rule: Rule | undefined): string {
  const { because } = violation;
  if (rule !== undefined && rule.engine === 'condition' && isUsers(rule)) {
    const real = held.filter(isReal);
    const lock = real.at(-1);
    return rule.message.render({
      event: effect.op.api,
      gfp: effect.kind === 'alloc' && gfpOf(effect.gfp).plus === '' ? gfpText(gfpOf(effect.gfp).mask) : '',
      size: '',
      order: '',
      caller: siteOf(effect).function,
      lock: lock?.name ?? '',
      locks: real.map((one) => one.name).join(', '),
      taken_by: lock?.site.function ?? '',
      context: because.path.startsWith('!') && because.path !== NOTHING_PATH ? sectionOf(because) : '',
    });
  }
  const site = siteOf(effect);
  const far = effect.chain.length > 1 ? `, called through ${effect.chain[0]?.function ?? ''}()` : '';
  const gfp = effect.kind === 'alloc' && gfpOf(effect.gfp).plus === '' ? ` (${gfpText(gfpOf(effect.gfp).mask)})` : '';
  const what = `${effect.op.api}()${gfp} in ${site.function}()`;
  switch (violation.rule) {
    case 'alloc-under-raw-spinlock':
      return `${what} allocates memory inside raw_spinlock_t ${because.name}${far}`;
    case 'free-under-raw-spinlock':
      return `${what} frees memory inside raw_spinlock_t ${because.name}${far}`;
    case 'held-lock-freed':
      return `${what} frees memory with ${because.name} in it, which is held${far}`;
    case 'gfp-rt-nowait-preemptible':
      return `${what} uses GFP_RT_NOWAIT where the allocator cannot stay off zone->lock${far}`;
    case 'alloc-in-atomic':
      return because.path === ENTRY_PATH
        ? `${what} in ${sectionOf(because)} and stays atomic on PREEMPT_RT${far}`
        : `${what} in a section that ${sectionOf(because)} keeps atomic on PREEMPT_RT${far}`;
    case 'invalid-wait-context':
      return `${effect.op.api}() in ${site.function}() takes ${wantedName(effect)} inside ${sectionOf(because)}${far}`;
    case 'recursive-lock':
      return `${effect.op.api}() in ${site.function}() takes ${wantedName(effect)}, a class that is held already${far}`;
    case 'rcu-sleep-in-reader':
      return `${what} may sleep inside ${because.name}()${far}`;
    case 'rcu-wait-in-reader':
      return `${what} waits for a grace period inside ${because.name}()${far}`;
    default:
      return `${what} may sleep inside ${sectionOf(because)}${far}`;
  }
}

function lockEvidence(program: Program, holder: FunctionId, lock: Held): Evidence[] {
  if (lock.path === NOTHING_PATH) return [];
  const steps: Evidence[] = lock.via.map((site) => ({
    what: `${site.function}() calls down to the lock`,
    where: whereOf(program, site),
  }));
  if (lock.assumed === 'entry') {
    const by = lock.api === '' ? 'its type tells that it runs' : `${lock.api}() makes it run`;
    const { file, line } = program.entries.get(holder)?.by ?? whereOf(program, lock.site);
    return [{ what: `${by} in a ${lock.name}`, where: { file, line, function: lock.site.function } }];
  }
  if (lock.assumed === 'table' && lock.path.startsWith('!')) {
    return [
      {
        what: `${lock.name}() calls it with ${SWITCHED[lock.kind] ?? 'preemption'} off`,
        where: whereOf(program, lock.site),
      },
    ];
  }
  if (lock.assumed !== undefined) {
    return [...steps, { what: `${lock.name}${SAID}${ASSUMED[lock.assumed]}`, where: whereOf(program, lock.site) }];
  }
  const what = lock.path.startsWith('!') ? `${lock.api}()` : `${lock.api}() takes ${lock.name}`;
  return [...steps, { what, where: whereOf(program, lock.site) }];
}

const SWITCHED: Readonly<Partial<Record<Held['kind'], string>>> = {
  'irq-off': 'interrupts',
  'bh-off': 'bottom halves',
};

const ASSUMED: Readonly<Record<Exclude<NonNullable<Held['assumed']>, 'entry'>, string>> = {
  annotation: 'an annotation',
  assertion: 'an assertion',
  comment: 'a comment',
  table: 'the caller of this operation',
};

function chainEvidence(program: Program, effect: Effect): Evidence[] {
  return effect.chain.map((site, i) => {
    const next = effect.chain[i + 1];
    const what = next === undefined ? `${effect.op.api}()` : `${site.function}() calls ${next.function}()`;
    return { what, where: whereOf(program, site) };
  });
}

/** Who calls a function: computed when the first finding asks. */
class Callers {
  readonly #program: Program;
  #byName: Map<string, FunctionId[]> | undefined;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Callers that decide what is allocated: shown where the mask comes from a parameter. */
  evidence(holder: FunctionId, effect: Effect): Evidence[] {
    if (effect.kind !== 'alloc' || !gfpOf(effect.gfp).plus.startsWith('$')) return [];
    const head = headOf(this.#program, holder);
    const file = fileOf(this.#program, holder);
    return this.#callersOf(head.name)
      .filter((id) => !head.local || fileOf(this.#program, id) === file)
      .slice(0, 4)
      .map((id) => {
        const caller = headOf(this.#program, id);
        const where = { file: fileOf(this.#program, id), line: caller.line, function: caller.name };
        return { what: `${caller.name}() calls ${head.name}()`, where };
      });
  }

  #callersOf(name: string): readonly FunctionId[] {
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (let id = 0; id < this.#program.functionCount; id++) {
        for (const callee of headOf(this.#program, id).calls) {
          const list = this.#byName.get(callee);
          if (list === undefined) this.#byName.set(callee, [id]);
          else list.push(id);
        }
      }
    }
    return this.#byName.get(name) ?? [];
  }
}
