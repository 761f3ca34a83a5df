/** Holds what `check` says of random programs against what schedules of the simulated kernel show of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Law } from '../../../../src/judge/index.js';
import type { Evidence, Finding, Where } from '../../../../src/model/finding.js';
import { type CheckOptions, check } from '../../../../src/static/check.js';
import { OF_RUNS, PLACELESS } from '../../want.js';
import { programText } from './program-text.js';
import type { ProgramGene } from './random-program.js';
import { ProgramRuns, schedules } from './run-program.js';

/** Rules whose finding has no one place here. */
const NO_ONE_PLACE: ReadonlySet<string> = new Set([...PLACELESS, 'rcuwait-many-waiters', 'recursive-lock']);

/** What sources spell and runs cannot see. */
const HIDDEN_FROM_RUNS: ReadonlySet<string> = new Set(['gfp-rt-nowait-preemptible']);

/** Schedules to try before what is certain counts as shown by none: some violations take one order in a thousand. */
const LAST = 1500;

export interface Disagreement {
  /** `missed`: shown by a schedule and not found. `unshown`: found as certain where operations ran, and shown by no schedule. */
  readonly kind: 'missed' | 'unshown';
  readonly program: number;
  readonly rule: string;
  readonly locks: readonly string[];
  readonly line: number | undefined;
  readonly message: string;
}

export interface Comparison {
  readonly disagreements: readonly Disagreement[];
  /** Programs of which some schedule shows something that there is a rule on sources for. */
  readonly showing: number;
  /** How many findings schedules showed that were found, by rule. */
  readonly agreed: ReadonlyMap<string, number>;
}

export interface CompareOptions {
  readonly law: Law;
  readonly check: CheckOptions;
  /** Schedules that each program is run under. */
  readonly schedules: number;
  /** Schedules to try before a finding that is certain counts as shown by none. */
  readonly more: number;
}

/** A program as `check` reads it, and as {@link ProgramRuns} runs it: the same on the same lines. */
export interface ProgramTexts {
  readonly typed: string;
  readonly plain: string;
}

/** Compares all programs, checked together; each is judged for itself, since no two share a lock name. */
export async function compare(programs: readonly ProgramGene[], options: CompareOptions): Promise<Comparison> {
  const texts = programs.map((program, i) => ({
    typed: programText(program, { prefix: `p${i}`, typed: true }),
    plain: programText(program, { prefix: `p${i}`, typed: false }),
  }));
  return compareTexts(texts, options);
}

/** {@link compare} of programs that are written already. */
export async function compareTexts(programs: readonly ProgramTexts[], options: CompareOptions): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-random-'));
  try {
    programs.forEach(({ typed }, i) => {
      writeFileSync(join(folder, `p${i}.ts`), typed);
    });
    const found = new Map<string, Finding[]>();
    for (const finding of (await check([folder], options.check)).run.findings) {
      const file = basename(finding.where.file ?? '');
      const list = found.get(file);
      if (list === undefined) found.set(file, [finding]);
      else list.push(finding);
    }
    const disagreements: Disagreement[] = [];
    const agreed = new Map<string, number>();
    let showing = 0;
    programs.forEach(({ plain }, i) => {
      const own = compareOne(plain, i, found.get(`p${i}.ts`) ?? [], options);
      disagreements.push(...own.disagreements);
      if (own.showing) showing++;
      for (const { rule } of own.agreed) agreed.set(rule, (agreed.get(rule) ?? 0) + 1);
    });
    return { disagreements, showing, agreed };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compareOne(
  text: string,
  index: number,
  found: readonly Finding[],
  options: CompareOptions,
): { readonly disagreements: Disagreement[]; readonly showing: boolean; readonly agreed: readonly Finding[] } {
  const file = `p${index}.ts`;
  const ofSources = ({ rule }: Finding): boolean => !OF_RUNS.has(rule);
  const runs = new ProgramRuns(text, file, options.law);
  for (const schedule of schedules(options.schedules)) runs.run(schedule);
  const shown = runs.findings.filter(ofSources);
  const disagreements: Disagreement[] = [];
  const note = (kind: Disagreement['kind'], { rule, locks, where, message }: Finding): void => {
    disagreements.push({ kind, program: index, rule, locks, line: where.line, message });
  };
  const lines = text.split('\n');
  const isFound = (finding: Finding): boolean => found.some((other) => agrees(finding, other, lines));
  const seen = new Set<string>();
  const agreed: Finding[] = [];
  for (const finding of shown) {
    const key = JSON.stringify([finding.rule, finding.locks, finding.where.line]);
    if (seen.has(key)) continue;
    seen.add(key);
    if (isFound(finding)) agreed.push(finding);
    else note('missed', finding);
  }
  const isShownBy = ({ findings }: ProgramRuns, finding: Finding): boolean =>
    findings.some((one) => agrees(one, finding, lines) || isSameToRuns(one, finding));
  const isShown = (finding: Finding): boolean => isShownBy(runs, finding);
  const isCertain = ({ confidence, rule }: Finding): boolean => confidence === 'certain' && !HIDDEN_FROM_RUNS.has(rule);
  let open = found.filter((finding) => isCertain(finding) && !isShown(finding));
  const isWhere = (finding: Finding, ran: ReadonlySet<number>): boolean =>
    [finding.where, ...finding.evidence.map((step) => step.where)].every((place) => isRun(place, ran, lines));
  for (const schedule of schedules(options.more, options.schedules)) {
    if (open.length === 0) break;
    runs.run(schedule, {
      reach: (ran) => open.some((finding) => isWhere(finding, ran)),
      interest: (quick) => quick.some(({ rule }) => open.some((finding) => mayAgree(rule, finding.rule))),
    });
    open = open.filter((finding) => !isShown(finding));
  }
  // What no schedule runs is no word against it.
  const isReached = (finding: Finding): boolean => {
    const { where, evidence, message } = finding;
    if (hiddenRule(finding) === 'held-at-exit' && !runs.reached.ended.has(/(\S+) ended with /.exec(message)?.[1] ?? ''))
      return false;
    // That somebody signals the event is a part of the cycle which has no step of its own.
    const { signalled } = runs.reached;
    if (hiddenRule(finding) === 'wait-event-cycle' && !finding.locks.some((name) => signalled.has(name))) return false;
    // What is taken again where it was taken is reached when somebody gets there again.
    const isAgain =
      hiddenRule(finding) === 'recursive-lock' && evidence.every((step) => step.where.line === where.line);
    if (isAgain && where.line !== undefined && !runs.twice.has(where.line)) return false;
    return isWhere(finding, runs.lines) && evidence.every((step) => isTaken(step, runs.taken));
  };
  if (options.more > 0) {
    open = open.filter((finding) => isReached(finding) && !runs.findings.some((shown) => isBehind(finding, shown)));
    // Some violations take several contexts of which one cannot go on without damage: what they are in is what the code says all the same.
    // Others take both sides of a branch, or a CPU that a task is not given: the code does not say that it runs but once.
    const contexts = new Set(runs.contexts);
    for (const again of [false, true]) {
      const late = new ProgramRuns(text, file, options.law, { until: 'left', again });
      for (const schedule of schedules(LAST)) {
        if (open.length === 0) break;
        late.run(schedule);
        open = open.filter((finding) => !isShownBy(late, finding));
      }
      for (const context of late.contexts) contexts.add(context);
    }
    open = open.filter((finding) => !isOtherContext(finding, contexts, lines));
    for (const finding of open) note('unshown', finding);
  }
  return { disagreements, showing: shown.length > 0, agreed };
}

/** Locks of the simulated kernel itself: the walk and the run see different ones of them first. */
const INTERNAL = /^(?:&pcp->lock|&zone->lock|softirq_ctrl\.lock|rcu_read_lock|&cache->lock)/;

/** Whether some run got to a place; where it has no line, such as the lock of a timer that runs, to its function. */
function isRun({ line, function: name }: Where, ran: ReadonlySet<number>, lines: readonly string[]): boolean {
  if (line !== undefined) return ran.has(line);
  return name === undefined || [...ran].some((one) => functionAt(lines, one) === name);
}

/**
 * Whether the line of a violation in an interrupt was only got to otherwise, although its function does run in such an interrupt: a function
 * that is called in an interrupt and by a task may come to an end in the one before it gets there.
 */
function isOtherContext({ message, where }: Finding, contexts: ReadonlySet<string>, lines: readonly string[]): boolean {
  const context = OF_CONTEXT.exec(message)?.[1];
  const { line } = where;
  if (context === undefined || line === undefined || contexts.has(`${line} ${context}`)) return false;
  const own = functionAt(lines, line);
  return lines.some((_, i) => contexts.has(`${i + 1} ${context}`) && functionAt(lines, i + 1) === own);
}

/** The end of a message that tells what something runs in: `(hardirq, interrupts off)`. */
const OF_CONTEXT = /\((hardirq|softirq|nmi)\b[^()]*\)$/;

/**
 * Whether some run took the lock that a step of evidence says is taken on its line: a loop over several locks gets to the line with the
 * first of them, and may be damaged before it gets there with the next.
 */
function isTaken({ what, where }: Evidence, taken: ReadonlySet<string>): boolean {
  const lock = /^(.+?)(?:\/\d+)?\{[^}]*\}(?: is| was)? taken/.exec(what)?.[1];
  return lock === undefined || where.line === undefined || INTERNAL.test(lock) || taken.has(`${where.line} ${lock}`);
}

/** Whether findings of a rule that runs show can be findings of a rule on sources. */
function mayAgree(shown: string, found: string): boolean {
  return shown === found || shown === 'annotation-hides-violation';
}

/**
 * Whether a finding of a run is one of the sources: the rule and locks are the same, and so is the function. A violation that a function
 * commits on several lines is one finding.
 */
function agrees(shown: Finding, found: Finding, lines: readonly string[]): boolean {
  if (shown.rule === 'annotation-hides-violation' && shown.message.includes(` hides ${found.rule}: `)) {
    return shareLock(shown, found);
  }
  if (standsFor(found, shown) || isCycleOfSoftirqs(found, shown) || isShortcut(found, shown)) return true;
  if (shown.rule !== found.rule) return false;
  const areInOne = functionAt(lines, shown.where.line ?? 0) === functionAt(lines, found.where.line ?? 0);
  if (shown.rule === 'assertion-failed') {
    // Who asks for the same of its own caller has told that one.
    const caller = functionAt(lines, shown.where.line ?? 0);
    const ofCaller = shown.message.replace(/^\w+\(\) (?=must be called with this\.)/, `${caller}() `);
    return found.message === ofCaller || (areInOne && shown.message === found.message);
  }
  // A switch to another task has no line, and names one lock.
  if (shown.where.line === undefined) return shown.locks.length === 0 || shareLock(shown, found);
  if (locksOf(shown) !== locksOf(found) && locksOf(withoutTasksOwn(shown)) !== locksOf(found)) return false;
  if (NO_ONE_PLACE.has(hiddenRule(shown))) return hiddenRule(shown) === hiddenRule(found);
  return areInOne;
}

/**
 * Whether an inversion that a run shows is left out for the sake of another finding: once the states of a class contradict each other, the
 * engine reports no inversion that begins or ends with it, and of an inversion that goes on beyond another's ends it reports that one. A run
 * may get to the inversion first.
 */
function standsFor(found: Finding, shown: Finding): boolean {
  if (hiddenRule(shown) !== 'irq-lock-inversion') return false;
  if (found.rule === 'annotation-hides-violation' && shown.rule !== found.rule) return false;
  if (kindOf(found) !== kindOf(shown) && !isInSoftirqs(found, shown)) return false;
  if (hiddenRule(found) === 'irq-lock-inversion')
    return ` ${shown.locks.join(' ')} `.includes(` ${found.locks.join(' ')} `);
  if (hiddenRule(found) !== 'inconsistent-lock-state') return false;
  return found.locks.some((name) => name === shown.locks[0] || name === shown.locks.at(-1));
}

function kindOf({ message }: Finding): string | undefined {
  return /HARDIRQ|SOFTIRQ/.exec(message)?.[0];
}

/**
 * Whether what is shown of soft interrupts is only that the hard interrupt of a finding came in one: its locks have the states of both there.
 * What soft interrupts may break hard ones do, too, so that adds nothing to the finding.
 */
function isInSoftirqs(found: Finding, shown: Finding): boolean {
  const usedIn = ({ evidence }: Finding, kind: string): string[] =>
    evidence.filter(({ what }) => what.includes(`IN-${kind}-`)).map(({ where }) => where.function ?? '');
  if (kindOf(found) !== 'HARDIRQ' || kindOf(shown) !== 'SOFTIRQ') return false;
  const handlers = usedIn(shown, 'SOFTIRQ');
  return handlers.length > 0 && handlers.some((name) => usedIn(found, 'HARDIRQ').includes(name));
}

/**
 * Whether a task is seen to take a lock again in a soft interrupt that it runs itself, on PREEMPT_RT, where it switches bottom halves on:
 * the lock before the one of bottom halves and behind it is a cycle of the two, which the sources tell.
 */
function isCycleOfSoftirqs(found: Finding, { rule, locks, detail }: Finding): boolean {
  if (rule !== 'recursive-lock' || found.rule !== 'lock-order-cycle') return false;
  const held = detail?.held?.map(({ name }) => name) ?? [];
  const [lock = ''] = locks;
  const isInside = held.includes(lock) && held.lastIndexOf('softirq_ctrl.lock') > held.indexOf(lock);
  return isInside && [...found.locks].sort().join(' ') === [lock, 'softirq_ctrl.lock'].sort().join(' ');
}

/**
 * Whether a cycle goes through the dependency that closes one which a run shows: as that one is kept out of the graph, the run shows no
 * other cycle through it.
 */
function isBehind(found: Finding, shown: Finding): boolean {
  if (found.rule !== 'lock-order-cycle' || shown.rule !== found.rule) return false;
  const at = found.locks.indexOf(shown.locks.at(-1) ?? '');
  return at >= 0 && found.locks[(at + 1) % found.locks.length] === shown.locks[0];
}

/**
 * Whether a cycle goes through some of the locks of one that a run shows, and through no other: of what all orders close only the shortest is
 * told, where a run does not know those yet that cut it short.
 */
function isShortcut(found: Finding, shown: Finding): boolean {
  if (!/^(lock-order|wait-event)-cycle$/.test(found.rule) || shown.rule !== found.rule) return false;
  const longer = new Set(shown.locks);
  const shorter = new Set(found.locks);
  return shorter.size > 1 && shorter.size < longer.size && [...shorter].every((name) => longer.has(name));
}

/**
 * PREEMPT_RT runs soft interrupts in whichever task switches bottom halves on, with what it holds. That is no part of what a handler does
 * wrong: ksoftirqd runs it, too.
 */
function withoutTasksOwn(shown: Finding): Finding {
  const at = shown.message.includes('(softirq') ? shown.locks.indexOf('softirq_ctrl.lock') : -1;
  return at < 0 ? shown : { ...shown, locks: shown.locks.slice(at) };
}

/**
 * Whether runs count what an annotation hides as the violation that nothing hides: a callback without a name is no function of its own to
 * them, but part of the one that has it run.
 */
function isSameToRuns(shown: Finding, found: Finding): boolean {
  const isHidden = found.rule === 'annotation-hides-violation' && hiddenRule(found) === shown.rule;
  return isHidden && locksOf(shown) === locksOf(found) && shown.where.function === found.where.function;
}

/** The rule that is broken, also where an annotation hides it. */
function hiddenRule({ rule, message }: Finding): string {
  return rule === 'annotation-hides-violation' ? (/ hides ([\w-]+): /.exec(message)?.[1] ?? rule) : rule;
}

function locksOf({ locks }: Finding): string {
  return [...new Set(locks.filter((name) => !INTERNAL.test(name)))].sort().join(' ');
}

function shareLock(a: Finding, b: Finding): boolean {
  const names = new Set(a.locks.map(withoutLevel));
  return b.locks.some((name) => names.has(withoutLevel(name)));
}

function withoutLevel(name: string): string {
  return name.replace(/\/\d+$/, '');
}

/** Name of the function that a line is in: of what it stands further in than, the nearest that is one. */
function functionAt(lines: readonly string[], line: number): string {
  let inside = indentation(lines[line - 1] ?? '');
  for (let at = line - 1; at >= 0; at--) {
    const text = lines[at] ?? '';
    const isAround = indentation(text) < inside && text.trim() !== '';
    const name = /^\s*(?:.*function\* ?|\*)(\w+)\(/.exec(text)?.[1];
    if (name !== undefined && (at === line - 1 || isAround)) return name;
    if (isAround) inside = indentation(text);
  }
  return '';
}

function indentation(text: string): number {
  return text.length - text.trimStart().length;
}
