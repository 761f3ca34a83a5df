/** Runs random programs in the simulated kernel, without a file. */
import { Script } from 'node:vm';
import { type Schedule, STRATEGY_NAMES, strategyOf } from '../../../../src/explore/token.js';
import type { Law } from '../../../../src/judge/index.js';
import { type EventSink, NullSink } from '../../../../src/model/events.js';
import type { Finding, Where } from '../../../../src/model/finding.js';
import type { NameTable } from '../../../../src/model/names.js';
import { TeeSink } from '../../../../src/model/tee.js';
import type { Frame } from '../../../../src/sim/frame.js';
import * as sim from '../../../../src/sim/index.js';
import type { Kernel } from '../../../../src/sim/kernel.js';
import { Lock } from '../../../../src/sim/lock/primitive.js';
import type { Machine } from '../../../../src/sim/machine.js';
import type { Body } from '../../../../src/sim/op.js';
import { judgeRun } from '../../../../src/sim/run/judge-run.js';
import { type Scenario, simulate } from '../../../../src/sim/scenario.js';
import { Damage, placeKey, type Reached, type Running, releasePlace } from './damage.js';
import { StreamHash } from './stream-hash.js';

/** Is told the line of each operation that begins. */
export type At = (line: number) => void;

/** Asks at the call of a function whether what its doc comment asks for is so: of a lock as it names it, or of the contexts. */
export type Ask = (
  line: number,
  callee: string,
  what: 'mustHold' | 'mustNotHold' | 'context',
  of: Lock | readonly string[],
  text: string,
) => void;

/** The scenario of a program's text without types; its functions' places are `file` and the line of the text. */
export function scenarioOf(text: string, file: string, at: At = () => {}, ask: Ask = () => {}): Scenario {
  const script = new Script(`(function (sim, at, ask) { ${text}\n})`, { filename: file });
  const make = script.runInThisContext() as (simulator: typeof sim, at: At, ask: Ask) => Scenario;
  return make(sim, at, ask);
}

/** The first `count` schedules that programs are run under: by the clock once, then at random and by priorities in turn. */
export function schedules(count: number, from = 0): Schedule[] {
  const out: Schedule[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const strategy = seed === 0 ? 'rr' : (STRATEGY_NAMES[1 + (seed % 2)] ?? 'random');
    out.push({ strategy, seed, depth: 3, preemptRt: undefined });
  }
  return out;
}

/** Until when a run counts: until anything damages it, or until something is left behind (see {@link Damage}). */
export type Until = 'damaged' | 'left';

/** Which part of a run counts, and what is done with the program's tasks. */
export interface RunsOptions {
  /** Default: until it is damaged. */
  readonly until?: Until;
  /**
   * Tasks do what they do several times over, and those that may start anywhere start on other CPUs. Default: once, on the CPUs that the
   * simulator would take.
   */
  readonly again?: boolean;
}

/** How often tasks do again what they do. */
const TURNS = 6;

/** Which runs are worth judging. */
export interface Wanted {
  /** By the lines whose operations made an event. Default: all. */
  readonly reach?: (lines: ReadonlySet<number>) => boolean;
  /** By findings without lines, made quickly: worth a run that tells lines. Default: what was not seen before. */
  readonly interest?: (quick: readonly Finding[]) => boolean;
}

/**
 * A program that is run under one schedule after another. Only what happens before a run is damaged counts. Runs with the same marks show
 * the same ({@link StreamHash}): one of them is judged. Lines of findings take a second run, for what was not seen before.
 */
export class ProgramRuns {
  /** All that any schedule showed, each violation once, with source lines. */
  readonly findings: Finding[] = [];
  /** Lines whose operations made an event in some run. */
  readonly lines = new Set<number>();
  /** Lines whose operations one context began twice in some run. */
  readonly twice = new Set<number>();
  /** What the operations of lines ran in that made an event in some run: `12 hardirq`. */
  readonly contexts = new Set<string>();
  /** Lines that took a lock in some run, with its name: `12 LOCK`. */
  readonly taken = new Set<string>();
  /** What some run got to beside. */
  readonly reached: Reached = { ended: new Set(), signalled: new Set() };
  operations = 0;
  readonly #file: string;
  readonly #law: Law;
  readonly #until: Until;
  readonly #again: boolean;
  readonly #scenario: Scenario;
  readonly #streams = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #kept = new Set<string>();
  #machine: Machine | undefined;
  /** What is noticed of the run at hand. */
  #noticed: Damage | undefined;
  /** Seed of the run at hand. */
  #seed = 0;
  /** Line of the operation that each context is in. */
  #inside = new WeakMap<Frame, number>();
  /** Lines of the operations that each context has begun. */
  #begun = new WeakMap<Frame, Set<number>>();

  constructor(text: string, file: string, law: Law, { until = 'damaged', again = false }: RunsOptions = {}) {
    this.#until = until;
    this.#again = again;
    this.#file = file;
    this.#law = law;
    const scenario = scenarioOf(
      text,
      file,
      (line) => this.#begins(line),
      (line, callee, what, of, text) => this.#asks(line, broken(callee, what, of, text, this.#holder)),
    );
    const setup = (kernel: Kernel): void => {
      this.#machine = kernel.machine;
      this.#inside = new WeakMap();
      this.#begun = new WeakMap();
      this.#watch(kernel);
      if (this.#again) this.#repeat(kernel);
      scenario.setup(kernel);
    };
    this.#scenario = { ...scenario, setup };
  }

  /** Runs it once. */
  run(schedule: Schedule, { reach = () => true, interest = (quick) => this.#isNew(quick) }: Wanted = {}): void {
    this.#seed = schedule.seed;
    const { isNew, annotated, lines } = this.#stream(schedule);
    if (!isNew || !reach(lines)) return;
    // What annotations hide only runs with lines show.
    if (!annotated) {
      const quick = this.#judged(schedule, false);
      if (!interest(quick)) return;
      for (const finding of quick) this.#seen.add(finding.fingerprint);
    }
    for (const finding of this.#judged(schedule, true)) {
      const key = `${finding.fingerprint} ${finding.where.line}`;
      if (!this.#kept.has(key)) this.findings.push(finding);
      this.#kept.add(key);
    }
  }

  #begins(line: number): void {
    const frame = this.#machine?.cpu.top;
    if (frame === undefined) return;
    this.#inside.set(frame, line);
    if (this.#isOver()) return;
    const begun = this.#begun.get(frame) ?? new Set();
    this.#begun.set(frame, begun);
    if (begun.has(line)) this.twice.add(line);
    begun.add(line);
  }

  /** A function is called; `message`: what its doc comment asks for is not so. */
  #asks(line: number, message: string | undefined): void {
    if (this.#isOver()) return;
    this.lines.add(line);
    const key = `${line} ${message}`;
    if (message === undefined || this.#kept.has(key)) return;
    this.#kept.add(key);
    const where = { file: this.#file, line };
    const rest = { locks: [], evidence: [], fingerprint: key, count: 1 };
    this.findings.push({ rule: 'assertion-failed', severity: 'error', confidence: 'certain', message, where, ...rest });
  }

  get #holder(): Holder {
    const running = this.#runningNow();
    const { cpu } = this.#running;
    const context =
      cpu.nmiDepth > 0 ? 'nmi' : cpu.hardirqDepth > 0 ? 'hardirq' : cpu.servingSoftirq > 0 ? 'softirq' : 'task';
    return { context, holds: (lock) => this.#noticed?.holds(running, lock.map) === true };
  }

  #isOver(): boolean {
    return this.#noticed !== undefined && Number.isFinite(this.#end(this.#noticed).time);
  }

  /** Has the ends of all handlers noticed that the program makes. */
  #watch(kernel: Kernel): void {
    const { irq, nmi, timer, hrtimer, tasklet, irqWork, openSoftirq, smpCall, rcu, machine } = kernel;
    const { call } = rcu;
    const watched = (handler: Body): Body => this.#watched(handler);
    kernel.irq = (name, handler, options) => irq.call(kernel, name, this.#watched(handler, { isTold: true }), options);
    kernel.nmi = (name, handler, cpu) => nmi.call(kernel, name, this.#watched(handler, { isNmi: true }), cpu);
    kernel.timer = (name, handler) => timer.call(kernel, name, watched(handler));
    kernel.hrtimer = (name, handler, options) => hrtimer.call(kernel, name, watched(handler), options);
    kernel.tasklet = (name, handler) => tasklet.call(kernel, name, watched(handler));
    kernel.irqWork = (name, handler, hard) => irqWork.call(kernel, name, watched(handler), hard);
    kernel.openSoftirq = (vector, handler) => openSoftirq.call(kernel, vector, watched(handler));
    kernel.smpCall = (cpu, body) => smpCall.call(kernel, cpu, this.#watched(body, { caller: machine.frame }));
    rcu.call = (callback) => call.call(rcu, watched(callback));
  }

  /** Has tasks do again what they do, as long as they leave nothing behind. */
  #repeat(kernel: Kernel): void {
    const { task } = kernel;
    let made = this.#seed;
    kernel.task = (name, body, options = {}) => {
      const isAnywhere = options.cpu === undefined && options.affinity === undefined;
      const cpu = made++ % kernel.cpus;
      const again: Body = function* () {
        for (let turn = 0; turn < TURNS; turn++) {
          yield* body();
          if (!isIdle()) return;
        }
      };
      return task.call(kernel, name, again, isAnywhere ? { ...options, cpu } : options);
    };
    const isIdle = (): boolean => {
      const { irqsOff, preemptCount, bhCount } = this.#running.cpu;
      return !irqsOff && preemptCount === 0 && bhCount === 0 && this.#noticed?.heldBy(this.#runningNow()) === 0;
    };
  }

  /**
   * A handler whose end is noticed: in a thread, and of a timer, no event tells of it. `isTold`: an event tells that it comes in a hard
   * interrupt. `caller`: what runs in that context is its call.
   */
  #watched(
    handler: Body,
    { isTold = false, isNmi = false, caller }: { isTold?: boolean; isNmi?: boolean; caller?: Frame } = {},
  ): Body {
    const running = (): Running => this.#runningNow();
    const damage = (): Damage | undefined => this.#noticed;
    const frame = (): Frame | undefined => this.#machine?.cpu.top;
    const watched: Body = function* () {
      const began = frame() === caller ? undefined : damage()?.handlerBegan(running(), { isTold, isNmi });
      yield* handler();
      if (began !== undefined) damage()?.handlerEnded(began, running());
    };
    return Object.defineProperty(watched, 'name', { value: handler.name });
  }

  get #running(): Machine {
    if (this.#machine === undefined) throw new Error('no machine runs');
    return this.#machine;
  }

  #runningNow(): Running {
    const { cpu, now, config } = this.#running;
    const hardirqs = cpu.hardirqDepth + cpu.nmiDepth;
    const isPutRight = cpu.servingSoftirq > 0 && hardirqs === 0;
    return {
      pid: cpu.current.pid,
      cpu: cpu.id,
      time: now,
      inInterrupt: cpu.inInterrupt,
      hardirqs,
      irqsOff: hardirqs === 0 && cpu.irqsOff,
      preempt: isPutRight ? 0 : cpu.preemptCount,
      bh: isPutRight && !config.preemptRt ? 0 : cpu.bhCount,
    };
  }

  #isNew(quick: readonly Finding[]): boolean {
    return quick.some((finding) => !this.#seen.has(finding.fingerprint));
  }

  #stream(schedule: Schedule): {
    readonly isNew: boolean;
    readonly annotated: boolean;
    readonly lines: ReadonlySet<number>;
  } {
    let heard: { readonly hash: StreamHash; readonly damage: Damage; readonly names: NameTable } | undefined;
    const { operations, annotated } = simulate(this.#scenario, {
      strategy: strategyOf(schedule),
      sink: (names) => {
        const hash = new StreamHash(() => {
          const frame = this.#machine?.cpu.top;
          return (frame === undefined ? undefined : this.#inside.get(frame)) ?? 0;
        });
        const damage = this.#damage(names, () => hash.count);
        heard = { hash, damage, names };
        return new TeeSink(hash, damage);
      },
    });
    this.operations += operations;
    if (heard === undefined) throw new Error('nobody listened');
    const { hash, damage, names } = heard;
    const end = this.#end(damage);
    const lines = hash.linesUntil(end);
    for (const line of lines) this.lines.add(line);
    for (const context of hash.contextsUntil(end)) this.contexts.add(context);
    for (const { line, lock } of hash.takenUntil(end)) this.taken.add(`${line} ${names.text(lock)}`);
    const before = this.#streams.size;
    this.#streams.add(`${damage.leaver !== undefined} ${hash.until(end)}`);
    return { isNew: this.#streams.size > before, annotated, lines };
  }

  #judged(schedule: Schedule, precise: boolean): Finding[] {
    const { counted, dropped } = this.#split(schedule, precise);
    // What is shown without an annotation is not told of one: what does not count must not keep it back.
    if (!precise || !dropped.some(({ rule }) => rule !== 'annotation-hides-violation')) return counted;
    const before = this.#split(schedule, precise, true).counted;
    const known = new Set(counted.map(({ fingerprint }) => fingerprint));
    return [...counted, ...before.filter(({ fingerprint }) => !known.has(fingerprint))];
  }

  /** What a run shows, that which counts apart. `isCut`: who judges hears nothing from the damage on. */
  #split(
    schedule: Schedule,
    precise: boolean,
    isCut = false,
  ): { readonly counted: Finding[]; readonly dropped: readonly Finding[] } {
    const what = { path: this.#file, scenario: this.#scenario };
    const recorder = (names: NameTable): Damage => this.#damage(names);
    const cut = isCut && { heard: (engines: EventSink) => heardUntil(engines, () => this.#isOver()) };
    const { findings } = judgeRun(what, { law: this.#law, schedule, precise, recorder, ...cut });
    const noticed = this.#noticed;
    if (noticed === undefined) throw new Error('nobody recorded');
    const counts = new Set(findings.filter((finding) => this.#counts(finding, noticed, precise)));
    return {
      counted: findings.filter((finding) => counts.has(finding)),
      dropped: findings.filter((finding) => !counts.has(finding)),
    };
  }

  #counts(finding: Finding, noticed: Damage, precise: boolean): boolean {
    // A finding of several events is there when the last of them is.
    const end = this.#end(noticed);
    const places = [finding.where, ...finding.evidence.map((step) => step.where)];
    const isBefore = isReleaseBefore(finding, end) || places.every((place) => isPlaceBefore(place, end));
    const { where } = finding;
    const isLate = where.line === undefined && noticed.endedLate[this.#until].has(where.task ?? '');
    if (precise && ((isLate && isOfEnd(finding)) || isLeft(finding, noticed))) return false;
    return isBefore && !isOfInterrupted(finding, noticed);
  }

  #end(damage: Damage): Damage['first'] {
    return this.#until === 'damaged' ? damage.first : damage.left;
  }

  #damage(names: NameTable, heard?: () => number): Damage {
    this.#noticed = new Damage(names, this.#scenario.options.preemptRt === true, this.reached, heard);
    return this.#noticed;
  }
}

/** Who calls a function. */
interface Holder {
  readonly context: string;
  readonly holds: (lock: Lock) => boolean;
}

/** What is not so of what a function asks for, in the words of `check`. */
function broken(callee: string, what: Parameters<Ask>[2], of: Parameters<Ask>[3], text: string, who: Holder) {
  if (!(of instanceof Lock)) {
    if (of.includes(who.context)) return undefined;
    return `${callee}() is called in ${who.context} context; it is for ${of.join(' or ')}`;
  }
  const isHeld = who.holds(of);
  if (isHeld === (what === 'mustHold')) return undefined;
  return isHeld
    ? `${callee}() must not be called with ${text} held`
    : `${callee}() must be called with ${text} held, and it is not`;
}

/** Passes events on until then, and the end. */
function heardUntil(sink: EventSink, isOver: () => boolean): EventSink {
  const nobody = new NullSink();
  return new Proxy(sink, {
    get: (_, name) => {
      const to = isOver() && name !== 'end' ? nobody : sink;
      const method: unknown = Reflect.get(to, name, to);
      return typeof method === 'function' ? method.bind(to) : method;
    },
  });
}

/** Whether a place is of what a run did until then; also of what came before in the nanosecond after which nothing counts. */
function isPlaceBefore(place: Where, { time, places }: Damage['first']): boolean {
  const at = nanoseconds(place);
  if (at <= time + 0.5) return true;
  if (at > time + 1.5 || place.function === undefined) return false;
  const callSite = place.line === undefined ? place.function : `${place.function}+0x${place.line.toString(16)}`;
  return places.has(placeKey(place.cpu ?? 0, pidOf(place), callSite));
}

/** {@link isPlaceBefore} of a release of what is not held: all that tells it from others of its nanosecond is its lock. */
function isReleaseBefore({ rule, where, locks: [lock = ''] }: Finding, { time, places }: Damage['first']): boolean {
  if (rule !== 'unlock-not-held' || nanoseconds(where) > time + 1.5) return false;
  return places.has(placeKey(where.cpu ?? 0, pidOf(where), releasePlace(lock)));
}

function pidOf({ task = '' }: Where): number {
  return Number(/\d+$/.exec(task)?.[0]);
}

/** Whether it is told when a task ends. */
function isOfEnd({ rule, message }: Finding): boolean {
  const isOfRule = rule === 'held-at-exit' || message.includes(' hides held-at-exit: ');
  return isOfRule && message.includes(' ended with ');
}

/** What a handler left behind, seen where it is no longer the handler that runs. */
function isLeft({ rule, where, message, evidence }: Finding, { leaver }: Damage): boolean {
  if (leaver !== undefined) {
    const isLeavers = ({ cpu, ...place }: Where): boolean =>
      cpu === leaver.cpu && nanoseconds(place) >= leaver.since - 0.5;
    const steps = evidence.filter(({ what }) => IRQS_ON.test(what)).map((step) => step.where);
    if ((NOW_IRQS_ON.test(message) ? [where, ...steps] : steps).some(isLeavers)) return true;
  }
  const isOfSwitch = OF_SWITCHES.has(rule) || SWITCH_HIDDEN.test(message);
  return isOfSwitch && where.line === undefined && THREADS.test(where.task ?? '');
}

/**
 * Whether a handler that waits is found to do so with what the task has that it interrupted: the handler's own fault is that it waits.
 */
function isOfInterrupted({ rule, message, where, evidence, locks }: Finding, noticed: Damage): boolean {
  const { waiterSince = 0, interruptedHas } = noticed;
  const { time } = noticed.first;
  if (!OF_WAITS.test(rule === 'annotation-hides-violation' ? message : rule)) return false;
  const isOfWait = (place: Where): boolean => nanoseconds(place) >= time - 0.5;
  // A handler's first operation takes time.
  const isOfTask = (step: Where): boolean => step.task === where.task && nanoseconds(step) < waiterSince + 0.5;
  // The lock before an event is one that was held at the wait for it.
  const isHeldThere = (name: string, i: number): boolean =>
    interruptedHas.has(name.replace(/\/\d+$/, '')) && EVENT.test(locks[(i + 1) % locks.length] ?? '');
  return (
    (isOfWait(where) && (locks.some(isHeldThere) || evidence.some((step) => isOfTask(step.where)))) ||
    evidence.some((step) => isOfWait(step.where) && interruptedHas.has(HELD_THERE.exec(step.what)?.[1] ?? ''))
  );
}

/** A step of evidence that says what was held where an event was waited for. */
const HELD_THERE = / was (?:taken|waited for) while (.+?)(?:\/\d+)? was held$/;
/** The class of an event: `(completion)done`. */
const EVENT = /^\([a-z ]+\)/;
const OF_WAITS = /rcu-wait-in-reader|wait-event-cycle|rcuwait-many-waiters/;

/** Findings tell seconds, to the nanosecond. */
function nanoseconds({ time = 0 }: Where): number {
  return time * 1e9;
}

/** A step of evidence that says that a lock is held with interrupts on, and a message that says so of the acquisition at hand. */
const IRQS_ON = /(?:HARDIRQ|SOFTIRQ)-ON-[RW]/;
const NOW_IRQS_ON = /-> \{(?:HARDIRQ|SOFTIRQ)-ON-[RW]\}|irq lock inversion/;
/** Rules that a switch to another task, or the end of one, can break. */
const OF_SWITCHES: ReadonlySet<string> = new Set(['held-at-exit', 'sleep-in-atomic']);
const SWITCH_HIDDEN = / hides (?:held-at-exit|sleep-in-atomic): /;
/** Threads of the simulated kernel that run handlers. */
const THREADS = /^(?:irq\/|irq_work|kworker|ksoftirqd|rcu_gp|ktimers)/;
