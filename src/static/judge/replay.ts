import { Engines, type Law } from '../../judge/index.js';
import {
  AcquireHas,
  AllocEvent,
  Ctx,
  EventHeader,
  type EventSink,
  GfpSpelling,
  LockAcquire,
  LockdepCtx,
  TaskState,
  WaitKind,
} from '../../model/events.js';
import type { Evidence, Finding, Where } from '../../model/finding.js';
import { StringNames } from '../../model/names.js';
import { WaitType } from '../../model/wait-type.js';
import type { Fact, FactBook, Need } from '../walk/facts.js';
import type { Leave } from '../walk/leaves.js';
import type { Bits, Call, HeldLock, LockState, Moment } from '../walk/lock-state.js';
import type { LockFacts, Thing } from '../walk/thing.js';
import { leavingEvidence } from './leaving.js';

const ALL_FIELDS = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;
/** A task with interrupts and bottom halves off: taking a lock there says nothing of interrupts, and is no fault. */
const ALL_OFF = Ctx.Known | Ctx.BhKnown | Ctx.HardIrqsOff | Ctx.BhOff;
const IMAGE_HI = 0xffffffff | 0;
const NO_VALIDATE = { hi: IMAGE_HI, lo: 0x82fffff0 | 0 };

/** The judgement of what the code may do. */
export interface Replayed {
  readonly findings: readonly Finding[];
  readonly engines: Engines;
  readonly takers: readonly NamedTaker[];
}

/** Places in a function that take locks of a class, by lockdep's name of it. */
export interface NamedTaker {
  readonly cls: string;
  readonly function: string;
  readonly count: number;
}

/**
 * Lets the engines that judge runs and recordings judge what the walk found: each operation in each state that the code
 * can be in is shown to them as a small run of its own, the locks of the state taken first. What follows from operations
 * that are sure alone is certain, what needs others is possible.
 */
export function replay(book: FactBook, law: Law, file: string): Replayed {
  const facts = book.all();
  const everything = new Player(book, law, file);
  everything.play(facts);
  const all = everything.findings();
  const sure = facts.filter((fact) => fact.sure);
  let certain = all;
  if (sure.length < facts.length) {
    const player = new Player(book, law, file);
    player.play(sure);
    certain = player.findings();
  }
  const known = new Map(certain.map((finding) => [finding.fingerprint, finding]));
  const findings = all.map((finding) => {
    const better = known.get(finding.fingerprint);
    if (better !== undefined) return better;
    return { ...finding, confidence: 'possible' as const, severity: STEP_DOWN[finding.severity] };
  });
  // What is possible may close a cycle first and so keep a dependency out of the graph that something certain needs.
  const told = new Set(all.map((finding) => finding.fingerprint));
  findings.push(...certain.filter((finding) => !told.has(finding.fingerprint)));
  return { findings, engines: everything.engines, takers: takersOf(facts) };
}

function takersOf(facts: readonly Fact[]): NamedTaker[] {
  const takers = new Map<string, { readonly cls: string; readonly function: string; readonly places: Set<string> }>();
  for (const { deed, moment } of facts) {
    if (deed.do !== 'acquire') continue;
    const { lock, subclass } = deed.lock;
    const name = lock.sim?.lock?.name ?? '';
    const cls = subclass === 0 ? name : `${name}/${subclass}`;
    const key = `${cls} ${moment.function}`;
    const taker = takers.get(key) ?? { cls, function: moment.function, places: new Set<string>() };
    takers.set(key, taker);
    taker.places.add(`${moment.file}:${moment.line}`);
  }
  return [...takers.values()].map(({ places, ...taker }) => ({ ...taker, count: places.size }));
}

const STEP_DOWN = { error: 'warning', warning: 'note', note: 'note' } as const;

/** Plays facts to the engines. */
class Player {
  readonly engines: Engines;
  readonly #sink: EventSink;
  readonly #names = new StringNames();
  readonly #book: FactBook;
  readonly #h = new EventHeader();
  readonly #a = new LockAcquire();
  readonly #alloc = new AllocEvent();
  readonly #moments = new Map<number, Moment>();
  readonly #pids = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  /** Returns that let locks out, by the moment at which somebody ends with them. */
  readonly #left = new Map<number, readonly Leave[]>();
  #nextPid = 1;
  #pid = 0;
  #comm = 0;

  constructor(book: FactBook, law: Law, file: string) {
    this.#book = book;
    this.engines = new Engines(
      { names: this.#names, file, ticksPerSecond: 1e9, simulated: true, annotations: true, noValidateKey: NO_VALIDATE },
      law,
    );
    this.#sink = this.engines.sink;
    this.#a.has = ALL_FIELDS;
  }

  play(facts: readonly Fact[]): void {
    for (const fact of facts) this.#task(fact);
    // Waits come before the signals that end them; what ends a task comes last.
    for (const fact of facts) if (fact.deed.do === 'wait') this.#one(fact);
    for (const object of this.#book.waited()) this.#crowd(object, facts);
    const isOrdinary = (fact: Fact): boolean => !isLast(fact) && fact.deed.do !== 'wait' && fact.deed.do !== 'wake';
    // An NMI must not take what is taken elsewhere: what that is, the others tell.
    for (const isNmi of [false, true]) {
      for (const fact of facts) if (isOrdinary(fact) && (fact.base.kind === 'nmi') === isNmi) this.#one(fact);
    }
    for (const fact of facts) if (fact.deed.do === 'wake') this.#one(fact);
    for (const fact of facts) if (isLast(fact)) this.#ending(fact);
    // Schedules meet orders and interrupt use in any order: an order that closes a cycle is judged by all of the use, too.
    if (this.engines.reconsider()) {
      for (const fact of facts) if (!isLast(fact) && fact.deed.do === 'acquire') this.#one(fact);
    }
    this.#sink.end();
    this.engines.judgeOrders();
  }

  findings(): Finding[] {
    return this.engines.findings().map((finding) => this.#placed(finding));
  }

  /** Names and starts the task of a fact's root. */
  #task(fact: Fact): void {
    let pid = this.#pids.get(fact.root);
    if (pid === undefined) {
      pid = this.#nextPid++;
      this.#pids.set(fact.root, pid);
      this.#become(pid, fact);
      this.#sink.taskFork(this.#stamp(fact.bits, fact.moment), pid, this.#comm);
    } else this.#become(pid, fact);
  }

  #become(pid: number, fact: Fact): void {
    this.#pid = pid;
    this.#comm = this.#names.intern(fact.root.split('|')[0] ?? 'task');
  }

  /** A task of its own, for what a task does not come back from. */
  #fresh(fact: Fact): void {
    const pid = this.#nextPid++;
    this.#become(pid, fact);
    this.#sink.taskFork(this.#stamp(fact.bits, fact.moment), pid, this.#comm);
  }

  #one(fact: Fact): void {
    if (fact.deed.do === 'wake') {
      // What the root took elsewhere, as told before, is nothing that this signal came after.
      this.#fresh(fact);
      // In an interrupt, what came before is the interrupted task's.
      const isOwn = fact.base.kind === 'task' || fact.base.kind === 'softirq';
      if (isOwn) for (const need of fact.needs) this.#need(need, fact);
    } else this.#task(fact);
    this.#interrupt(fact, true);
    this.#establish(fact);
    this.#deed(fact);
    this.#leave(fact.state, fact);
    this.#interrupt(fact, false);
  }

  #interrupt(fact: Fact, entry: boolean): void {
    if (fact.base.kind !== 'hardirq') return;
    const h = this.#stamp(fact.bits, fact.moment);
    if (!entry) {
      this.#sink.hardirqExit(h, 1);
      return;
    }
    this.#sink.hardirqEntry(h, 1, this.#comm);
    // Acquisitions tell whether it would be a thread; of a handler that takes no lock its own descriptor's does.
    const { deed, state } = fact;
    if ((deed.do === 'alloc' || deed.do === 'free') && state.held.length === 0) this.#descriptor(fact);
  }

  #descriptor(fact: Fact): void {
    const a = this.#a;
    const at = { hi: IMAGE_HI, lo: 0x72000000 };
    const name = '&desc->lock';
    const kind = { waitInner: WaitType.Spin, waitOuter: 0, lockType: 0, check: false, noValidate: false };
    this.#fill(a, { ...at, ...kind, name, key: name, subclass: 0 }, 0);
    a.check = 0;
    a.lockdepContext = fact.bits.lockdep;
    this.#sink.lockAcquire(this.#stamp(fact.bits, fact.moment), a);
    this.#sink.lockRelease(this.#stamp(fact.bits, fact.moment), at.hi, at.lo, this.#names.intern(name));
  }

  #ending(fact: Fact): void {
    this.#fresh(fact);
    this.#establish(fact);
    const { deed } = fact;
    if (deed.do === 'acquire') this.#acquire(deed.lock, 0);
    else if (deed.do === 'release') this.#release(deed.lock, fact.bits, fact.moment, 0);
    else {
      if (deed.do === 'exit') this.#left.set(fact.moment.id, deed.left);
      this.#exit(fact);
    }
  }

  /** The task's last switch, with the lock of its run queue held as in the kernel. */
  #exit(fact: Fact): void {
    const a = this.#a;
    this.#fill(
      a,
      {
        name: '&rq->__lock',
        key: '&rq->__lock',
        waitInner: WaitType.Spin,
        waitOuter: 0,
        lockType: 0,
        check: false,
        noValidate: false,
        subclass: 0,
        hi: IMAGE_HI,
        lo: 0x71000000,
      },
      0,
    );
    a.check = 0;
    const h = this.#stamp({ ...fact.bits, depth: fact.bits.depth < 0 ? -1 : fact.bits.depth + 2 }, fact.moment);
    this.#sink.lockAcquire(h, a);
    this.#sink.schedSwitch(h, this.#pid, TaskState.Dead, 0, 0);
  }

  #establish({ state, bits, moment }: Fact): void {
    let off = false;
    let outer: readonly HeldLock[] = [];
    const seen = new Map<Thing, number>();
    for (const held of state.held) {
      const count = seen.get(held.lock) ?? 0;
      seen.set(held.lock, count + 1);
      if (held.unwatched !== off) {
        const h = this.#stamp(held.bits, held.moment);
        if (held.unwatched) this.#sink.lockdepOff(h, this.#site(held.moment));
        else this.#sink.lockdepOn(h, this.#site(held.moment));
        off = held.unwatched;
      }
      outer = this.#under(outer, held, seen);
      this.#acquire(held, count);
    }
    this.#drop(outer);
    for (const { contended } of state.held) {
      if (contended === undefined) continue;
      // Released where it was taken, with preemption off: an attempt that was given up.
      this.#acquire(contended, 0);
      this.#releaseAt(contended.lock, contended.bits, contended.moment, 0);
    }
    if (state.lockdepOff > 0 !== off) {
      const h = this.#stamp(bits, moment);
      if (off) this.#sink.lockdepOn(h, 0);
      else this.#sink.lockdepOff(h, 0);
    }
  }

  /**
   * Takes what a lock was taken under and is no longer held, in the order in which it was taken: what is wrong with a lock is told with the
   * locks that were there. `outer` are those that are there now; returns those that are there then.
   */
  #under(outer: readonly HeldLock[], held: HeldLock, seen: ReadonlyMap<Thing, number>): readonly HeldLock[] {
    const wanted = (held.under ?? []).filter(({ lock }) => !seen.has(lock));
    const isIn = (list: readonly HeldLock[], one: HeldLock): boolean =>
      list.some(({ lock, moment }) => lock === one.lock && moment === one.moment);
    this.#drop(outer.filter((one) => !isIn(wanted, one)));
    const kept = outer.filter((one) => isIn(wanted, one));
    const fresh = wanted.filter((one) => !isIn(kept, one));
    for (const one of fresh) this.#acquire(one, 0);
    return [...kept, ...fresh];
  }

  #drop(outer: readonly HeldLock[]): void {
    for (const { lock, bits, moment } of outer.toReversed()) this.#release(lock, bits, moment, 0);
  }

  #leave(state: LockState, fact: Fact): void {
    if (state.lockdepOff > 0) this.#sink.lockdepOn(this.#stamp(fact.bits, fact.moment), 0);
    const seen = new Map<Thing, number>();
    const counts = state.held.map((held) => {
      const count = seen.get(held.lock) ?? 0;
      seen.set(held.lock, count + 1);
      return count;
    });
    for (let i = state.held.length - 1; i >= 0; i--) {
      const held = state.held[i] as HeldLock;
      const { lock, bits, moment, unwatched } = held;
      if (unwatched) this.#sink.lockdepOff(this.#stamp(bits, moment), this.#site(moment));
      this.#release(lock, bits, moment, offsetOf(held, counts[i] ?? 0));
      if (unwatched) this.#sink.lockdepOn(this.#stamp(bits, moment), this.#site(moment));
    }
  }

  #deed(fact: Fact): void {
    const { deed, bits, moment } = fact;
    const ip = this.#site(moment);
    switch (deed.do) {
      case 'acquire': {
        const count = fact.state.held.filter((held) => held.lock === deed.lock.lock).length;
        this.#acquire(deed.lock, count);
        this.#release(deed.lock.lock, bits, moment, offsetOf(deed.lock, count));
        break;
      }
      case 'downgrade': {
        const lock = deed.lock.sim?.lock;
        if (lock !== undefined) this.#sink.lockDowngrade(this.#stamp(bits, moment), lock.hi, lock.lo, ip);
        break;
      }
      case 'irqs-on':
        this.#sink.hardirqsOn(this.#stamp(bits, moment), ip);
        break;
      case 'softirqs-on':
        this.#sink.softirqsOn(this.#stamp(bits, moment), ip);
        break;
      case 'sleep':
        this.#sink.mightSleep(this.#stamp(bits, moment), ip);
        break;
      case 'user-mode':
        this.#left.set(moment.id, deed.left);
        this.#sink.userMode(this.#stamp(bits, moment));
        break;
      case 'alloc':
      case 'free':
        this.#memory(fact, deed);
        break;
      case 'wait': {
        const { object, name, kind } = deed.event;
        const id = this.#names.intern(name);
        this.#sink.waitBegin(this.#stamp(bits, moment), IMAGE_HI, object.id, id, kind, ip);
        this.#sink.waitEnd(this.#stamp(bits, moment), IMAGE_HI, object.id, id, kind);
        break;
      }
      case 'wake': {
        const { object, name, kind } = deed.event;
        this.#sink.wakeUp(this.#stamp(bits, moment), IMAGE_HI, object.id, this.#names.intern(name), kind, ip);
        break;
      }
      case 'dereference':
        this.#sink.rcuDereference(this.#stamp(bits, moment), deed.isProtected, this.#names.intern(deed.name), ip);
        break;
      case 'assert': {
        const callSite = this.#names.text(ip);
        const task = this.#names.text(this.#comm);
        const asked = { what: 'what it asks for is in its doc comment', callSite: `${moment.api}+0x0`, task };
        const evidence = [{ what: deed.message, callSite, task }, asked];
        const report = {
          rule: 'assertion-failed',
          severity: 'error' as const,
          message: deed.message,
          locks: deed.locks,
          callSite,
          evidence,
        };
        this.#sink.kernelReport(this.#stamp(bits, moment), report);
        break;
      }
      default:
    }
  }

  #memory(fact: Fact, deed: Fact['deed'] & { readonly do: 'alloc' | 'free' }): void {
    const a = this.#alloc;
    const h = this.#stamp(fact.bits, fact.moment);
    const memory = deed.object?.sim?.memory;
    a.kind = deed.kind as AllocEvent['kind'];
    a.event = this.#names.intern(deed.event);
    a.gfp = deed.gfp;
    a.size = memory?.size ?? -1;
    a.order = deed.order;
    a.ip = this.#site(fact.moment);
    a.hi = memory?.hi ?? 0;
    a.lo = memory?.lo ?? 0;
    a.spelling =
      deed.spelling === '' ? GfpSpelling.Unknown : deed.spelling === 'alone' ? GfpSpelling.Named : GfpSpelling.Mixed;
    if (deed.do === 'alloc') {
      this.#sink.alloc(h, a);
      return;
    }
    this.#sink.free(h, a);
    if (memory !== undefined) this.#sink.lockFreeCheck(h, memory.hi, memory.lo, memory.size);
  }

  /** Two tasks that wait on one rcuwait at a time. */
  #crowd(object: Thing, facts: readonly Fact[]): void {
    const waits = this.#book.waitersOf(object).filter((fact) => facts.some((other) => other.moment === fact.moment));
    const [first, second] = waits;
    if (
      first === undefined ||
      second === undefined ||
      first.deed.do !== 'wait' ||
      first.deed.event.kind !== WaitKind.Rcuwait
    )
      return;
    const { name, kind } = first.deed.event;
    const id = this.#names.intern(name);
    for (const fact of [first, second]) {
      this.#task(fact);
      this.#sink.waitBegin(this.#stamp(fact.bits, fact.moment), IMAGE_HI, object.id, id, kind, this.#site(fact.moment));
    }
    this.#sink.waitEnd(this.#stamp(first.bits, first.moment), IMAGE_HI, object.id, id, kind);
  }

  /**
   * What a sender needed before its signal: as if it came just before. Only that a lock came before is told here, not in which state
   * it was taken: that is told where it is taken.
   */
  #need(need: Need, fact: Fact): void {
    if ('lock' in need) {
      const alone = { context: ALL_OFF, lockdep: LockdepCtx.Known, depth: need.bits.depth };
      this.#acquire({ ...need, nest: undefined, bits: alone }, 0);
      this.#release(need.lock, need.bits, need.moment, 0);
      return;
    }
    const id = this.#names.intern(need.name);
    this.#sink.waitBegin(
      this.#stamp(fact.bits, fact.moment),
      IMAGE_HI,
      need.object.id,
      id,
      need.kind,
      this.#site(fact.moment),
    );
    this.#sink.waitEnd(this.#stamp(fact.bits, fact.moment), IMAGE_HI, need.object.id, id, need.kind);
  }

  #acquire(held: HeldLock, instance: number): void {
    const lock = held.lock.sim?.lock;
    if (lock === undefined) return;
    const a = this.#a;
    this.#fill(a, lock, offsetOf(held, instance));
    a.subclass = held.subclass;
    a.trylock = held.trylock;
    a.read = held.read;
    const nest = held.nest?.sim?.lock;
    a.nestHi = nest?.hi ?? 0;
    a.nestLo = nest?.lo ?? 0;
    a.lockdepContext = held.bits.lockdep;
    a.ip = this.#site(held.moment);
    this.#sink.lockAcquire(this.#stamp(held.bits, held.moment), a);
  }

  #fill(a: LockAcquire, lock: LockFacts, instance: number): void {
    const key = this.#keyOf(`${lock.waitInner}:${lock.key}`);
    a.hi = lock.hi;
    a.lo = lock.lo + instance;
    a.name = this.#names.intern(lock.name);
    a.keyHi = lock.noValidate ? NO_VALIDATE.hi : IMAGE_HI;
    a.keyLo = lock.noValidate ? NO_VALIDATE.lo : key;
    a.subclass = lock.subclass;
    a.trylock = false;
    a.read = 0;
    a.check = lock.check ? 1 : 0;
    a.nestHi = 0;
    a.nestLo = 0;
    a.waitOuter = lock.waitOuter;
    a.waitInner = lock.waitInner;
    a.lockType = lock.lockType;
  }

  #keyOf(text: string): number {
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = (0x83000000 + 16 * (this.#keys.size + 1)) | 0;
      this.#keys.set(text, key);
    }
    return key;
  }

  /** Mutexes keep preemption off while they are taken, not until they are released. */
  #release(object: Thing, bits: Bits, moment: Moment, offset: number): void {
    const isMutex = object.sim?.lock?.waitInner === WaitType.Sleep && bits.depth > 0;
    this.#releaseAt(object, isMutex ? { ...bits, depth: bits.depth - 1 } : bits, moment, offset);
  }

  #releaseAt(object: Thing, bits: Bits, moment: Moment, offset: number): void {
    const lock = object.sim?.lock;
    if (lock === undefined) return;
    const lo = lock.lo + offset;
    this.#sink.lockRelease(this.#stamp(bits, moment), lock.hi, lo, this.#names.intern(lock.name));
  }

  #stamp(bits: Bits, moment: Moment): EventHeader {
    const h = this.#h;
    this.#moments.set(moment.id, moment);
    h.cpu = 0;
    h.pid = this.#pid;
    h.comm = this.#comm;
    h.time = moment.id;
    h.context = bits.context;
    h.preemptDepth = bits.depth;
    return h;
  }

  /** A call site, as runs name theirs. */
  #site(moment: Moment): number {
    return this.#names.intern(`${moment.function}+0x${moment.line.toString(16)}`);
  }

  #placed(finding: Finding): Finding {
    const { detail: _, ...rest } = finding;
    const isExit = finding.rule === 'held-at-exit';
    // A report's own steps carry no time: its place is the finding's.
    const given =
      finding.rule === 'assertion-failed' ? [{ what: finding.message, where: finding.where }] : finding.evidence;
    let above: readonly Evidence[] = [];
    const evidence = given.flatMap((step) => {
      const { calls, last } = this.#steps(step, finding);
      const known = calls.findIndex((call, i) => !isSameCall(call, above[i]));
      above = calls;
      const end = isExit ? this.#momentOf(step.where) : undefined;
      const left = leavingEvidence((end && this.#left.get(end.id)) ?? []);
      if (left.length > 0) above = [];
      return [...left, ...(known < 0 ? [] : calls.slice(known)), last];
    });
    const where = isExit ? (finding.evidence[0]?.where ?? finding.where) : finding.where;
    return { ...rest, count: 1, where: this.#place(where), evidence };
  }

  #momentOf(where: Where): Moment | undefined {
    return where.time === undefined ? undefined : this.#moments.get(Math.round(where.time * 1e9));
  }

  /** Where a finding stands: of what happens in an installed package at the call that leads into it. */
  #place(where: Where): Where {
    const moment = this.#momentOf(where);
    const call = moment === undefined ? undefined : usersCall(moment);
    if (call?.parent === undefined) return this.#where(where);
    return { file: call.parent.file, line: call.line, function: call.parent.function };
  }

  #where(where: Where): Where {
    const moment = this.#momentOf(where);
    if (moment === undefined) return { file: where.file ?? '' };
    // The end of a task has no line of its own.
    return { file: moment.file, ...(moment.line !== 0 && { line: moment.line }), function: moment.function };
  }

  /** A step of evidence, and the calls that lead there. */
  #steps(step: Evidence, finding: Finding): { readonly calls: readonly Evidence[]; readonly last: Evidence } {
    const moment = this.#momentOf(step.where);
    if (moment === undefined)
      return { calls: [], last: { what: step.what, where: { file: finding.where.file ?? '' } } };
    const calls: Evidence[] = [];
    for (let at = moment.call; at.parent !== undefined; at = at.parent) {
      const { parent } = at;
      calls.unshift({
        what: `${nameOf(parent)} calls ${nameOf(at)}`,
        where: { file: parent.file, line: at.line, function: parent.function },
      });
    }
    return {
      calls: calls.filter((call) => call.where.line !== 0),
      last: { what: step.what, where: this.#where(step.where) },
    };
  }
}

/** Told with the step before. */
function isSameCall({ what, where }: Evidence, other: Evidence | undefined): boolean {
  return what === other?.what && where.file === other.where.file && where.line === other.where.line;
}

/** Addresses tell objects apart that are one to the walk. */
function offsetOf(held: HeldLock, instance: number): number {
  return held.lock.many || held.guessed ? instance : 0;
}

/** The call by which the user's own code gets into an installed package; undefined where it does not. */
function usersCall(moment: Moment): Call | undefined {
  let call: Call | undefined = moment.call;
  while (call?.parent !== undefined && isPackaged(call.file) && isPackaged(call.parent.file)) call = call.parent;
  return call !== undefined && isPackaged(call.file) ? call : undefined;
}

function isPackaged(file: string): boolean {
  return /(?:^|\/)node_modules\//.test(file);
}

function nameOf(call: Call): string {
  return call.function === '' ? 'a callback' : `${call.function}()`;
}

/** What a task does not come back from: taking a lock that it has, releasing one that it has not, its end. */
function isLast(fact: Fact): boolean {
  const { deed } = fact;
  if (deed.do === 'release' || deed.do === 'exit') return true;
  if (deed.do !== 'acquire' || deed.lock.trylock) return false;
  return !deed.lock.guessed && !deed.lock.lock.many && fact.state.held.some((held) => held.lock === deed.lock.lock);
}
