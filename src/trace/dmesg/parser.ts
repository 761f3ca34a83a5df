import { LIMIT, type LockFact, type LockRole, newFacts, pushBounded, type ReportFacts } from './facts.js';
import type { Headline, ReportKind } from './headline.js';
import { chainLink, type LockText, lockText, newDependency, pathClass } from './lock-text.js';
import { FILLER, PHRASES } from './phrases.js';
import { ScenarioTable } from './scenario-table.js';
import { type Frame, isInlinedFrame, printedFrame, printedSite } from './sites.js';

/** What a line is to a report: of it, its last one, or none of its business. */
export type Verdict = 'part' | 'done' | 'foreign';

/** What the next line is about. */
type Expectation = LockRole | 'site' | 'nest' | 'exists' | 'preemption-site' | undefined;

/** A lock's name alone on a line: an expression, where an ordinary log line has words. */
const NAME = /^[^\s=]\S*(?: [-+*/] \S+)*$/;
/** Reports that print no stack. */
const WITHOUT_TRACE: ReadonlySet<ReportKind> = new Set<ReportKind>(['user-return']);

/**
 * Reads one report line by line. Lines of other reports and ordinary log lines come too and are refused, by what they say: a
 * list of held locks that was not announced, a second stack, another task.
 */
export class ReportParser {
  readonly facts: ReportFacts;
  /** Lines refused since the last one taken. */
  refused = 0;
  #expect: Expectation;
  #frames: Frame[] | undefined;
  #scenario: ScenarioTable | undefined;
  /** Stacks begun. */
  #traces = 0;
  /** The second stack of "nested lock was not taken". */
  #repeat: Frame[] | undefined;
  /** `<TASK>`, `<IRQ>` and their like that are not yet closed. */
  #marks = 0;
  #inIrq = false;

  constructor(headline: Headline, line: number, time: number | undefined) {
    this.facts = newFacts(headline, line, time);
  }

  /** Whether the report has its stack, as far as can be told. */
  get complete(): boolean {
    if (WITHOUT_TRACE.has(this.facts.headline.kind)) return this.#allHeldSeen();
    if (this.facts.headline.kind === 'nest' && !this.#allHeldSeen()) return false;
    // Stalls come with a stack or without, as the kernel could get hold of one.
    return (this.facts.backtrace.length > 0 || this.facts.headline.kind === 'stall') && this.#marks === 0;
  }

  /** Whether the stack is being printed and has marks around it, so that it may be waited for. */
  get insideMarks(): boolean {
    return this.#marks > 0;
  }

  get inTrace(): boolean {
    return this.#traces > 0;
  }

  /** Takes or refuses a line; `raw` without trailing blanks. */
  feed(raw: string, line: number): Verdict {
    const verdict = this.#take(raw, raw.trim(), line);
    this.refused = verdict === 'foreign' ? this.refused + 1 : 0;
    return verdict;
  }

  #take(raw: string, text: string, line: number): Verdict {
    if (text === '') return 'part';
    if (this.#scenario !== undefined) {
      if (this.#scenario.take(raw)) return 'part';
      if (this.#scenario.over) this.finish();
    }
    const expected = this.#expected(text);
    if (expected !== undefined) return expected;
    for (const phrase of PHRASES) {
      const match = phrase.pattern.exec(text);
      if (match !== null) return phrase.on(this, match, line);
    }
    return this.#lock(text, line) ?? this.#frame(text, line) ?? (FILLER.test(text) ? 'part' : 'foreign');
  }

  /** The line announced by the one before, where it has no form of its own. */
  #expected(text: string): Verdict | undefined {
    const { facts } = this;
    switch (this.#expect) {
      case 'site':
      case 'preemption-site': {
        const site = printedSite(text);
        if (site.site === '') break;
        if (this.#expect === 'site' && facts.roles.released) facts.roles.released.site = site.site;
        if (this.#expect === 'preemption-site') facts.preemptionOffAt = site.site;
        if (!site.inlined) this.#expect = undefined;
        return 'part';
      }
      case 'nest':
        if (!NAME.test(text)) break;
        this.#expect = undefined;
        facts.nestLock = text;
        return 'part';
      case 'exists':
        this.#expect = undefined;
        if (!text.includes(' --> ')) break;
        facts.exists = text.split(' --> ').slice(0, LIMIT.chain);
        return 'part';
      default:
        return undefined;
    }
    // Two symbols at most stand there; whatever else comes, the expectation is over.
    this.#expect = undefined;
    return undefined;
  }

  #lock(text: string, line: number): Verdict | undefined {
    const { facts } = this;
    const link = chainLink(text);
    if (link !== undefined) {
      const frames: Frame[] = [];
      pushBounded(facts.chain, { lock: { ...link, site: '', line }, frames }, LIMIT.chain);
      this.#frames = frames;
      return 'part';
    }
    const onPath = pathClass(text);
    if (onPath !== undefined) {
      pushBounded(facts.path, { name: onPath, uses: [] }, LIMIT.path);
      this.#frames = undefined;
      return 'part';
    }
    const dependency = newDependency(text);
    if (dependency !== undefined) {
      facts.dependency = dependency;
      return 'part';
    }
    const lock = lockText(text);
    if (lock === undefined) return undefined;
    const { site, inlined } = printedSite(lock.at);
    const fact: LockFact = { ...lock, site, line };
    return lock.index >= 0 ? this.#held(fact) : this.#role(fact, inlined);
  }

  #held(fact: LockFact): Verdict {
    const { held, heldCount } = this.facts;
    const last = held.at(-1);
    // A symboliser repeats the line for inlined functions; the last one has the real place.
    if (last !== undefined && last.index === fact.index && !last.site.includes('+')) {
      held[held.length - 1] = fact;
    } else {
      if (heldCount < 0 || fact.index !== (last?.index ?? -1) + 1) return 'foreign';
      pushBounded(held, fact, LIMIT.held);
    }
    const nothingFollows = WITHOUT_TRACE.has(this.facts.headline.kind) && fact.site.includes('+');
    return nothingFollows && this.#allHeldSeen() ? 'done' : 'part';
  }

  /** "Nested lock was not taken" prints its stack first, then the held locks and the stack again. */
  get #awaitsHeld(): boolean {
    return this.facts.headline.kind === 'nest' && this.facts.heldCount < 0;
  }

  #allHeldSeen(): boolean {
    return this.facts.heldCount >= 0 && this.facts.held.length >= Math.min(this.facts.heldCount, LIMIT.held);
  }

  #role(fact: LockFact, inlined: boolean): Verdict {
    const role = this.#expect;
    if (role === undefined || role === 'site' || role === 'nest' || role === 'exists' || role === 'preemption-site') {
      return 'foreign';
    }
    this.facts.roles[role] = fact;
    this.facts.confirmed = true;
    if (!inlined) this.#expect = undefined;
    return 'part';
  }

  #frame(text: string, line: number): Verdict | undefined {
    const frame = printedFrame(text);
    if (frame === undefined) return isInlinedFrame(text) && (this.#frames || this.#traces > 0) ? 'part' : undefined;
    if (this.#frames === undefined) return this.facts.path.length > 0 && this.#traces === 0 ? 'part' : 'foreign';
    if (frame.sure) pushBounded(this.#frames, { site: frame.site, line, inIrq: this.#inIrq }, LIMIT.frames);
    return 'part';
  }

  /** The next lock line is this one's. */
  expect(what: Expectation): Verdict {
    this.#expect = what;
    if (what !== undefined && what !== 'site' && what !== 'preemption-site') this.#frames = undefined;
    return 'part';
  }

  /** The stack entries that follow belong to `frames`. */
  collect(frames: Frame[] | undefined): Verdict {
    this.#frames = frames;
    return 'part';
  }

  /** No further line: takes over what is still being read. */
  finish(): void {
    if (this.#scenario === undefined) return;
    this.facts.scenario = this.#scenario.result();
    this.#scenario = undefined;
  }

  beginScenario(): Verdict {
    this.#scenario = new ScenarioTable();
    return 'part';
  }

  /** A stack begins, or goes on to the next of the lines above its entries. */
  beginTrace(): Verdict {
    if (this.facts.backtrace.length > 0) {
      if (!this.#mayRepeat) return 'foreign';
      // The same stack once more: taken, so that no other report gets it, and not kept.
      this.#repeat ??= [];
    }
    this.#traces++;
    this.#expect = undefined;
    this.#frames = this.#repeat ?? this.facts.backtrace;
    return 'part';
  }

  /** Whether a CPU line can be this report's: above its stack, and above that stack's repetition. */
  get awaitsTrace(): boolean {
    return this.facts.backtrace.length === 0 || this.#mayRepeat;
  }

  get #mayRepeat(): boolean {
    return this.facts.headline.kind === 'nest' && this.#allHeldSeen() && (this.#repeat?.length ?? 0) === 0;
  }

  /** `<TASK>`, `</TASK>`, `<IRQ>`, ... inside the stack. */
  mark(closing: boolean, name: string): Verdict {
    if (this.#traces === 0) return 'foreign';
    if (!closing) {
      this.#marks++;
      if (name !== 'TASK') this.#inIrq = true;
      return 'part';
    }
    this.#marks = Math.max(0, this.#marks - 1);
    if (name !== 'TASK') {
      this.#inIrq = false;
      return 'part';
    }
    this.#marks = 0;
    return this.endTrace();
  }

  /** The stack is over, and with it the report, unless a list of held locks is still to come. */
  endTrace(): Verdict {
    if (this.#traces === 0) return 'foreign';
    this.#frames = undefined;
    return this.#awaitsHeld ? 'part' : 'done';
  }

  /** Whether a line that names a task speaks of this report's; unknown ones are taken over. */
  sameTask(comm: string, pid: number): boolean {
    if (this.facts.pid !== undefined && this.facts.pid !== pid) return false;
    this.facts.pid = pid;
    this.facts.comm ??= comm;
    return true;
  }

  /** A lock known by name only. */
  named(role: LockRole, name: string, line: number): void {
    const text: LockText = { name, usage: '', wait: '', outer: 0, inner: 0, at: '', index: -1 };
    this.facts.roles[role] = { ...text, site: '', line };
  }
}
