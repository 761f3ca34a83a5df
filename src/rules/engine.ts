import { SiteWriter, siteOf } from '../lockdep/site.js';
import type { ContextView, HeldLockView, Known } from '../model/context-view.js';
import { type AllocEvent, type EventHeader, NullSink, TaskState } from '../model/events.js';
import type { Finding } from '../model/finding.js';
import { gfpText } from '../model/gfp.js';
import type { NameTable } from '../model/names.js';
import { bitsAtSwitch, contextBits, contextFacts, QUIET_CONTEXT } from './context-bits.js';
import { allocFacts, anyEvent } from './event-facts.js';
import { EVENT_KINDS, type EventFacts, type EventKind, type Facts, noEvent } from './facts.js';
import { FindingStore } from './finding-store.js';
import { lockFacts, schedulerLocks } from './held-facts.js';
import type { Policy } from './policy.js';
import type { ConditionRule } from './rule.js';
import type { RuleSet } from './rule-set.js';
import { maybe } from './unknown.js';
import { SIGNATURE_LENGTH, VerdictTable } from './verdict-table.js';

/** What is known of the kernel's configuration; what is left out is unknown. */
export interface KernelConfig {
  readonly preemptRt?: Known;
  readonly preemptCount?: Known;
}

/** What a rule engine is made of. */
export interface RuleEngineOptions {
  readonly rules: RuleSet;
  readonly policy: Policy;
  /** State of the validator, which sees each event before the engine. */
  readonly context: ContextView;
  readonly names: NameTable;
  /** Path of the input, for findings. */
  readonly file: string;
  /** {@link EventHeader.time} units in a second. */
  readonly ticksPerSecond: number;
  readonly config?: KernelConfig;
  /** False asks every condition at every event: for tests. */
  readonly cache?: boolean;
}

/** Places in a signature: all that a verdict can depend on. */
const Sig = {
  Event: 0,
  Gfp: 1,
  Order: 2,
  ChainLow: 3,
  ChainHigh: 4,
  Context: 5,
  RcuDepth: 6,
  Name: 7,
  Size: 8,
  /** Caller and acquisitions: read by few rules. */
  Rare: 9,
} as const;

/** The rules asked at one kind of event. */
interface Asked {
  readonly kind: EventKind;
  readonly code: number;
  readonly rules: readonly ConditionRule[];
  /** No rule can hold in a preemptible task that holds nothing, whatever the event's arguments are. */
  readonly silentWhenQuiet: boolean;
  readonly readsName: boolean;
  readonly readsSize: boolean;
  readonly readsCaller: boolean;
  /** Reads how locks were taken, which the chain does not tell. */
  readonly readsAcquisition: boolean;
}

/**
 * Asks rules their conditions at the events that they name. A verdict is kept under the integers that it depends on, so
 * an event whose like was seen before costs one look-up; what is unknown in a recording makes no finding unless the
 * condition holds whatever it is.
 */
export class RuleEngine extends NullSink {
  readonly #options: RuleEngineOptions;
  readonly #context: ContextView;
  readonly #sites: SiteWriter;
  readonly #alloc: Asked;
  readonly #free: Asked;
  readonly #switch: Asked;
  readonly #mightSleep: Asked;
  readonly #dereference: Asked;
  readonly #verdicts = new VerdictTable();
  readonly #signature = new Int32Array(SIGNATURE_LENGTH);
  /** Verdict numbers: which rules hold together. 0 is none. */
  readonly #holding: (readonly ConditionRule[])[] = [[]];
  readonly #rare = new Map<string, number>();
  readonly #findings = new FindingStore();
  #inSelftest = false;

  constructor(options: RuleEngineOptions) {
    super();
    this.#options = options;
    this.#context = options.context;
    this.#sites = new SiteWriter(options.names, options.file, options.ticksPerSecond);
    this.#alloc = this.#askedAt('alloc');
    this.#free = this.#askedAt('free');
    this.#switch = this.#askedAt('sched_switch');
    this.#mightSleep = this.#askedAt('might_sleep');
    this.#dereference = this.#askedAt('rcu_dereference');
  }

  /** The findings so far, in the order in which they were first met. */
  findings(): Finding[] {
    return this.#findings.list();
  }

  override alloc(h: EventHeader, event: AllocEvent): void {
    this.#memory(this.#alloc, h, event);
  }

  override free(h: EventHeader, event: AllocEvent): void {
    this.#memory(this.#free, h, event);
  }

  /** Only a switch that the task wanted is an event to rules; a preempted task does not sleep. */
  override schedSwitch(h: EventHeader, _prevPid: number, prevState: number, _nextPid: number, _nextComm: number): void {
    const asked = this.#switch;
    if (prevState !== TaskState.Sleeping || !this.#begin(asked, h)) return;
    const own = this.#context.heldCount === 0 ? 0 : schedulerLocks(this.#context.heldLocks());
    const signature = this.#signature;
    signature[Sig.Context] = bitsAtSwitch(signature[Sig.Context] as number);
    signature[Sig.Order] = own;
    const verdict = this.#known(asked, 0);
    if (verdict === 0) return;
    this.#decide(asked, verdict, h, 0, own, { ...noEvent('sched_switch'), name: 'sched_switch', voluntary: true });
  }

  override mightSleep(h: EventHeader, ip: number): void {
    const asked = this.#mightSleep;
    if (!this.#begin(asked, h)) return;
    const verdict = this.#known(asked, ip);
    if (verdict === 0) return;
    const caller = this.#sites.function(ip);
    this.#decide(asked, verdict, h, ip, 0, { ...noEvent('might_sleep'), name: 'might_sleep', caller });
  }

  override rcuDereference(h: EventHeader, isProtected: boolean, name: number, ip: number): void {
    const asked = this.#dereference;
    if (!this.#begin(asked, h)) return;
    const signature = this.#signature;
    signature[Sig.Order] = isProtected ? 1 : 0;
    if (asked.readsName) signature[Sig.Name] = name;
    const verdict = this.#known(asked, ip);
    if (verdict === 0) return;
    this.#decide(asked, verdict, h, ip, 0, {
      ...noEvent('rcu_dereference'),
      name: this.#sites.name(name) || 'rcu_dereference',
      caller: this.#sites.function(ip),
      protected: isProtected,
    });
  }

  /** The kernel's locking selftest violates rules on purpose. */
  override selftest(_h: EventHeader, begin: boolean, _name: number): void {
    this.#inSelftest = begin;
  }

  #memory(asked: Asked, h: EventHeader, event: AllocEvent): void {
    if (!this.#begin(asked, h)) return;
    const signature = this.#signature;
    signature[Sig.Event] = asked.code | (event.kind << 4) | (event.spelling << 8);
    signature[Sig.Gfp] = event.gfp;
    signature[Sig.Order] = event.order;
    if (asked.readsName) signature[Sig.Name] = event.event;
    if (asked.readsSize) signature[Sig.Size] = event.size;
    const verdict = this.#known(asked, event.ip);
    if (verdict === 0) return;
    const kind = asked === this.#alloc ? 'alloc' : 'free';
    const facts = allocFacts(kind, event, this.#sites.name(event.event), this.#sites.function(event.ip));
    this.#decide(asked, verdict, h, event.ip, 0, facts);
  }

  /** Starts the signature of an event. False when no rule can hold, which is most often so. */
  #begin(asked: Asked, h: EventHeader): boolean {
    if (asked.rules.length === 0 || this.#inSelftest) return false;
    const view = this.#context;
    const bits = contextBits(view, h.pid);
    const rcuDepth = view.rcuReaderDepth;
    if (asked.silentWhenQuiet && bits === QUIET_CONTEXT && rcuDepth === 0 && view.heldCount === 0) return false;
    const chain = view.chain;
    const signature = this.#signature;
    signature[Sig.Event] = asked.code;
    signature[Sig.Gfp] = -1;
    signature[Sig.Order] = -1;
    signature[Sig.ChainLow] = chain;
    signature[Sig.ChainHigh] = Math.floor(chain / 2 ** 32);
    signature[Sig.Context] = bits;
    signature[Sig.RcuDepth] = rcuDepth;
    signature[Sig.Name] = 0;
    signature[Sig.Size] = -1;
    signature[Sig.Rare] = 0;
    return true;
  }

  /** The verdict for the signature: 0 nothing holds, -1 not asked before. */
  #known(asked: Asked, ip: number): number {
    if (asked.readsCaller || asked.readsAcquisition) this.#signature[Sig.Rare] = this.#rareParts(asked, ip);
    return this.#options.cache === false ? -1 : this.#verdicts.get(this.#signature);
  }

  /** Asks where the verdict is not known yet, and reports what holds. `own`: innermost locks to leave out. */
  #decide(asked: Asked, known: number, h: EventHeader, ip: number, own: number, event: EventFacts): void {
    const all = this.#context.heldCount === 0 ? [] : this.#context.heldLocks();
    const held = own === 0 ? all : all.slice(0, all.length - own);
    const signature = this.#signature;
    const facts = this.#facts(event, held, signature[Sig.Context] as number, signature[Sig.RcuDepth] as number);
    let verdict = known;
    if (verdict < 0) {
      verdict = this.#ask(asked, facts);
      this.#verdicts.set(signature, verdict);
    }
    if (verdict > 0) this.#report(verdict, facts, held, h, ip);
  }

  #facts(event: EventFacts, held: readonly HeldLockView[], bits: number, rcuDepth: number): Facts {
    const { policy, config } = this.#options;
    const locks = held.map(lockFacts);
    return {
      event,
      held: locks,
      context: contextFacts(bits, rcuDepth, locks, config?.preemptRt),
      config: { preemptRt: maybe(config?.preemptRt), preemptCount: maybe(config?.preemptCount) },
      policy,
    };
  }

  /** Asks every condition; the number of the set of rules that certainly hold. */
  #ask(asked: Asked, facts: Facts): number {
    const holding = asked.rules.filter((rule) => rule.condition.evaluate(facts) === 'certain');
    const known = this.#holding.findIndex(
      (rules) => rules.length === holding.length && rules.every((rule, index) => rule === holding[index]),
    );
    return known >= 0 ? known : this.#holding.push(holding) - 1;
  }

  #report(verdict: number, facts: Facts, held: readonly HeldLockView[], h: EventHeader, ip: number): void {
    const { gfp, kind, name } = facts.event;
    const event = kind === 'sched_switch' ? 'schedule()' : name || kind;
    const gfpWord = typeof gfp === 'number' && gfp !== -1 ? gfpText(gfp) : '';
    const where = this.#sites.where(siteOf(h, ip));
    for (const rule of this.#holding[verdict] ?? []) {
      this.#findings.add({ rule, facts, held, event, gfp: gfpWord, where });
    }
  }

  /** A number for the caller and the ways in which the held locks were taken, where rules ask for them. */
  #rareParts(asked: Asked, ip: number): number {
    const parts: unknown[] = [asked.readsCaller ? ip : 0];
    if (asked.readsAcquisition) {
      for (const lock of this.#context.heldLocks()) {
        parts.push(lock.read, lock.trylock, lock.checked, lock.real, lock.takenAt);
      }
    }
    const key = JSON.stringify(parts);
    const known = this.#rare.get(key);
    if (known !== undefined) return known;
    this.#rare.set(key, this.#rare.size + 1);
    return this.#rare.size;
  }

  #askedAt(kind: EventKind): Asked {
    const rules = this.#options.rules.rules.filter(
      (rule): rule is ConditionRule => rule.engine === 'condition' && rule.events.includes(kind),
    );
    // A condition whose fields cannot be told may read any of them.
    const reads = (field: string): boolean => rules.some((rule) => rule.condition.reads.fields?.has(field) ?? true);
    const quiet = this.#facts(anyEvent(kind), [], QUIET_CONTEXT, 0);
    return {
      kind,
      code: EVENT_KINDS.indexOf(kind),
      rules,
      silentWhenQuiet: rules.every((rule) => rule.condition.evaluate(quiet) === 'no'),
      readsName: reads('name'),
      readsSize: reads('size'),
      readsCaller: reads('caller'),
      readsAcquisition: ['read', 'trylock', 'checked', 'taken_at'].some(reads),
    };
  }
}
