import type { ContextView, HeldLockView, Known } from '../../src/model/context-view.js';
import { AllocEvent, AllocKind, EventHeader } from '../../src/model/events.js';
import { StringNames } from '../../src/model/names.js';
import { WaitType } from '../../src/model/wait-type.js';
import { RuleEngine, type RuleEngineOptions, type RuleSet } from '../../src/rules/index.js';

/** A context that tests set by hand: a preemptible task that holds nothing, unless told otherwise. */
export class FakeContext implements ContextView {
  held: HeldLockView[] = [];
  chain = 0;
  inHardIrq: Known = false;
  hardIrqThreaded: Known = undefined;
  inSoftIrq: Known = false;
  inNmi: Known = false;
  hardIrqsOff: Known = false;
  softIrqsOff: Known = false;
  preemptDepth = 0;
  rcuReaderDepth = 0;
  hardIrqsOffByHand: Known = false;
  preemptOffByHand: Known = false;
  /** How often the locks were described: what a cached verdict saves. */
  descriptions = 0;
  readonly #chains: Map<string, number>;

  constructor(facts: Partial<Omit<FakeContext, 'chain'>> = {}, chains = new Map<string, number>()) {
    this.#chains = chains;
    Object.assign(this, facts);
    this.hold(...this.held);
  }

  /** Holds these locks and nothing else; the chain is a number for the sequence of their classes. */
  hold(...locks: HeldLockView[]): void {
    this.held = locks;
    const key = locks.map((lock) => `${lock.name}:${lock.waitInner}:${lock.real}`).join('>');
    if (!this.#chains.has(key)) this.#chains.set(key, this.#chains.size + 1);
    this.chain = locks.length === 0 ? 0 : (this.#chains.get(key) ?? 0);
  }

  get heldCount(): number {
    return this.held.length;
  }

  heldLocks(): readonly HeldLockView[] {
    this.descriptions++;
    return this.held;
  }
}

/** A held lock; a raw_spinlock_t taken by `take_it` unless told otherwise. */
export function lock(name: string, facts: Partial<HeldLockView> = {}): HeldLockView {
  return {
    name,
    waitOuter: facts.waitInner ?? WaitType.Spin,
    waitInner: WaitType.Spin,
    lockType: 0,
    read: 0,
    trylock: false,
    checked: true,
    real: true,
    takenAt: 'take_it+0x10/0x40',
    where: { file: 'trace.txt', line: 1, function: 'take_it+0x10/0x40' },
    ...facts,
  };
}

export const raw = (name = 'lv_raw'): HeldLockView => lock(name);
export const spin = (name = 'lv_spin'): HeldLockView => lock(name, { waitInner: WaitType.Config });
export const mutex = (name = 'lv_mutex'): HeldLockView => lock(name, { waitInner: WaitType.Sleep });
/** A lock of a stock recording: its kind is not known. */
export const untyped = (name = 'lv_any'): HeldLockView => lock(name, { waitInner: 0, waitOuter: 0 });
export const rcuReader = (): HeldLockView =>
  lock('rcu_read_lock', { waitInner: WaitType.Config, real: false, checked: false, read: 2 });
export const runQueue = (): HeldLockView => lock('&rq->__lock', { takenAt: '__schedule+0x80/0x6c0' });

/** A task's event header. */
export function header(pid = 7): EventHeader {
  return Object.assign(new EventHeader(), { cpu: 1, pid, time: 2_500_000_000, line: 12 });
}

/** A page allocation of order 0 without call site, unless told otherwise. */
export function pageEvent(facts: Partial<AllocEvent> = {}): AllocEvent {
  return Object.assign(new AllocEvent(), { kind: AllocKind.Page, gfp: 0, order: 0, ...facts });
}

/** An engine over a fake context, with its own names. */
export function engineOn(
  rules: RuleSet,
  context: ContextView,
  options: Partial<RuleEngineOptions> & { policyName?: string } = {},
): { engine: RuleEngine; names: StringNames } {
  const { policyName, ...rest } = options;
  const names = new StringNames();
  const policy = rules.policy(policyName);
  const engine = new RuleEngine({ rules, policy, context, names, file: 'trace.txt', ticksPerSecond: 1e9, ...rest });
  return { engine, names };
}
