import { Engines, type Law } from '../../judge/index.js';
import { Ctx, type EventSink, LockdepCtx, TaskState, WaitKind } from '../../model/events.js';
import type { Finding } from '../../model/finding.js';
import { StringNames } from '../../model/names.js';
import type { Fact, FactBook, Need } from '../walk/facts.js';
import type { Leave } from '../walk/lock-state.js';
import type { Thing } from '../walk/thing.js';
import { DESCRIPTOR, IMAGE_HI, NO_VALIDATE, offsetOf, RUN_QUEUE, Stage } from './stage.js';
import { Teller } from './teller.js';

/** A task with interrupts and bottom halves off: taking a lock there says nothing of interrupts, and is no fault. */
const ALL_OFF = Ctx.Known | Ctx.BhKnown | Ctx.HardIrqsOff | Ctx.BhOff;

const MAKES_ORDERS: ReadonlySet<string> = new Set(['acquire', 'wait', 'wake']);

/** Plays facts to the engines. */
export class Player {
  readonly engines: Engines;
  readonly #sink: EventSink;
  readonly #stage: Stage;
  readonly #names = new StringNames();
  readonly #book: FactBook;
  readonly #pids = new Map<string, number>();
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
    this.#stage = new Stage(this.#sink, this.#names, book.callers);
  }

  play(facts: readonly Fact[]): void {
    for (const fact of facts) this.#task(fact);
    // Waits come before the signals that end them; what ends a task comes last.
    for (const fact of facts) if (fact.deed.do === 'wait') this.#one(fact);
    for (const object of this.#book.waited()) this.#crowd(object, facts);
    const isOrdinary = (fact: Fact): boolean => !isLast(fact) && fact.deed.do !== 'wait' && fact.deed.do !== 'wake';
    // An NMI must not take what is taken elsewhere: what that is, the others tell.
    for (const isNmi of [false, true]) {
      const some = facts.filter((fact) => (fact.base.kind === 'nmi') === isNmi);
      for (const fact of some) if (isOrdinary(fact)) this.#one(fact);
      for (const fact of some) if (fact.deed.do === 'wake') this.#one(fact);
      // A task that ends with few locks tells of them what one with more tells, too.
      const last = some.filter(isLast).sort((a, b) => heldAtEnd(a) - heldAtEnd(b));
      for (const fact of last) this.#ending(fact);
    }
    // Schedules meet orders and interrupt use in any order: an order that closes a cycle is judged by all of them, too.
    if (this.engines.reconsider()) {
      for (const fact of facts) if (!isLast(fact) && MAKES_ORDERS.has(fact.deed.do)) this.#one(fact);
    }
    this.#sink.end();
    this.engines.judgeOrders();
  }

  findings(): Finding[] {
    const teller = new Teller(this.#stage.moments, this.#left, this.#stage.leaks);
    return this.engines.findings().map((finding) => teller.placed(finding));
  }

  /** Names and starts the task of a fact's root. */
  #task(fact: Fact): void {
    let pid = this.#pids.get(fact.root);
    if (pid === undefined) {
      pid = this.#nextPid++;
      this.#pids.set(fact.root, pid);
      this.#become(pid, fact);
      this.#sink.taskFork(this.#stage.stamp(fact.bits, fact.moment), pid, this.#comm);
    } else this.#become(pid, fact);
  }

  #become(pid: number, fact: Fact): void {
    this.#pid = pid;
    this.#comm = this.#names.intern(fact.root.split('|')[0] ?? 'task');
    this.#stage.become(pid, this.#comm, fact.moment);
  }

  /** A task of its own, for what a task does not come back from. */
  #fresh(fact: Fact): void {
    const pid = this.#nextPid++;
    this.#become(pid, fact);
    this.#sink.taskFork(this.#stage.stamp(fact.bits, fact.moment), pid, this.#comm);
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
    this.#stage.establish(fact);
    this.#deed(fact);
    this.#stage.leave(fact.state, fact);
    this.#interrupt(fact, false);
  }

  #interrupt(fact: Fact, entry: boolean): void {
    if (fact.base.kind !== 'hardirq') return;
    const h = this.#stage.stamp(fact.bits, fact.moment);
    if (!entry) {
      this.#sink.hardirqExit(h, 1);
      return;
    }
    this.#sink.hardirqEntry(h, 1, this.#comm);
    // Acquisitions tell whether it would be a thread; of a handler that takes no lock its own descriptor's does.
    const { deed, state } = fact;
    if ((deed.do !== 'alloc' && deed.do !== 'free') || state.held.length > 0) return;
    this.#stage.takeOwn(DESCRIPTOR, fact.bits, fact.moment);
    this.#stage.releaseOwn(DESCRIPTOR, fact.bits, fact.moment);
  }

  #ending(fact: Fact): void {
    this.#fresh(fact);
    this.#stage.establish(fact);
    const { deed } = fact;
    if (deed.do === 'acquire') this.#stage.acquire(deed.lock, 0);
    else if (deed.do === 'release') this.#stage.release(deed.lock, fact.bits, fact.moment, 0);
    else {
      if (deed.do === 'exit') this.#left.set(fact.moment.id, deed.left);
      this.#exit(fact);
    }
  }

  /** The task's last switch, with the lock of its run queue held as in the kernel. */
  #exit(fact: Fact): void {
    const bits = { ...fact.bits, depth: fact.bits.depth < 0 ? -1 : fact.bits.depth + 2 };
    this.#stage.takeOwn(RUN_QUEUE, bits, fact.moment);
    const h = this.#stage.stamp(bits, fact.moment);
    this.#sink.schedSwitch(h, this.#pid, TaskState.Dead, 0, 0);
  }

  #deed(fact: Fact): void {
    const { deed, bits, moment } = fact;
    const ip = this.#stage.site(moment);
    switch (deed.do) {
      case 'acquire': {
        const count = fact.state.held.filter((held) => held.lock === deed.lock.lock).length;
        this.#stage.acquire(deed.lock, count);
        this.#stage.release(deed.lock.lock, bits, moment, offsetOf(deed.lock, count));
        break;
      }
      case 'downgrade': {
        const lock = deed.lock.sim?.lock;
        if (lock !== undefined) this.#sink.lockDowngrade(this.#stage.stamp(bits, moment), lock.hi, lock.lo, ip);
        break;
      }
      case 'irqs-on':
        // Bottom halves may be other than where the last lock was taken. With interrupts off that says nothing of those that are held.
        if (bits.lockdep & LockdepCtx.SoftIrqsOn) this.#sink.softirqsOn(this.#stage.stamp(bits, moment), ip);
        else this.#sink.softirqsOff(this.#stage.stamp(bits, moment), ip);
        this.#sink.hardirqsOn(this.#stage.stamp(bits, moment), ip);
        break;
      case 'softirqs-on':
        this.#sink.softirqsOn(this.#stage.stamp(bits, moment), ip);
        break;
      case 'sleep':
        this.#sink.mightSleep(this.#stage.stamp(bits, moment), ip);
        break;
      case 'user-mode':
        this.#left.set(moment.id, deed.left);
        this.#sink.userMode(this.#stage.stamp(bits, moment));
        break;
      case 'alloc':
      case 'free':
        this.#stage.memory(fact, deed);
        break;
      case 'wait': {
        const { object, name, kind } = deed.event;
        const id = this.#names.intern(name);
        this.#sink.waitBegin(this.#stage.stamp(bits, moment), IMAGE_HI, object.id, id, kind, ip);
        this.#sink.waitEnd(this.#stage.stamp(bits, moment), IMAGE_HI, object.id, id, kind);
        break;
      }
      case 'wake': {
        const { object, name, kind } = deed.event;
        this.#sink.wakeUp(this.#stage.stamp(bits, moment), IMAGE_HI, object.id, this.#names.intern(name), kind, ip);
        break;
      }
      case 'dereference':
        this.#sink.rcuDereference(this.#stage.stamp(bits, moment), deed.isProtected, this.#names.intern(deed.name), ip);
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
        this.#sink.kernelReport(this.#stage.stamp(bits, moment), report);
        break;
      }
      default:
    }
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
      this.#sink.waitBegin(
        this.#stage.stamp(fact.bits, fact.moment),
        IMAGE_HI,
        object.id,
        id,
        kind,
        this.#stage.site(fact.moment),
      );
    }
    this.#sink.waitEnd(this.#stage.stamp(first.bits, first.moment), IMAGE_HI, object.id, id, kind);
  }

  /**
   * What a sender needed before its signal: as if it came just before. Only that a lock came before is told here, not in which state
   * it was taken: that is told where it is taken.
   */
  #need(need: Need, fact: Fact): void {
    if ('lock' in need) {
      const alone = { context: ALL_OFF, lockdep: LockdepCtx.Known, depth: need.bits.depth };
      this.#stage.acquire({ ...need, nest: undefined, bits: alone }, 0);
      this.#stage.release(need.lock, need.bits, need.moment, 0);
      return;
    }
    const id = this.#names.intern(need.name);
    this.#sink.waitBegin(
      this.#stage.stamp(fact.bits, fact.moment),
      IMAGE_HI,
      need.object.id,
      id,
      need.kind,
      this.#stage.site(fact.moment),
    );
    this.#sink.waitEnd(this.#stage.stamp(fact.bits, fact.moment), IMAGE_HI, need.object.id, id, need.kind);
  }
}

/** Locks with which a task ends. */
function heldAtEnd({ deed, state }: Fact): number {
  return deed.do === 'exit' ? state.held.length : 0;
}

/** What a task does not come back from: taking a lock that it has, releasing one that it has not, its end. */
function isLast(fact: Fact): boolean {
  const { deed } = fact;
  if (deed.do === 'release' || deed.do === 'exit') return true;
  if (deed.do !== 'acquire' || deed.lock.trylock) return false;
  return !deed.lock.guessed && !deed.lock.lock.many && fact.state.held.some((held) => held.lock === deed.lock.lock);
}
