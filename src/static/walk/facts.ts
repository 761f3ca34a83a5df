import { Callers } from './callers.js';
import type { Base, Bits, Call, HeldLock, Leave, LockState, Moment } from './lock-state.js';
import type { Thing } from './thing.js';

/** What an operation tells the judges, in the terms of src/model/events.ts. */
export type Deed =
  | { readonly do: 'acquire'; readonly lock: HeldLock }
  | { readonly do: 'release'; readonly lock: Thing }
  | { readonly do: 'downgrade'; readonly lock: Thing }
  | { readonly do: 'irqs-on' }
  | { readonly do: 'softirqs-on' }
  | { readonly do: 'sleep' }
  | {
      readonly do: 'alloc' | 'free';
      readonly kind: number;
      readonly event: string;
      /** -1: not known, or none. */
      readonly gfp: number;
      readonly order: number;
      /** The source names GFP_RT_NOWAIT in the mask, alone or with more. */
      readonly spelling: '' | 'alone' | 'mixed';
      readonly object: Thing | undefined;
    }
  | { readonly do: 'wait' | 'wake'; readonly event: EventFacts }
  | { readonly do: 'dereference'; readonly name: string; readonly isProtected: boolean }
  /** `left`: the returns that let the locks out. */
  | { readonly do: 'exit'; readonly left: readonly Leave[] }
  /** Back to user space, with locks. */
  | { readonly do: 'user-mode'; readonly left: readonly Leave[] }
  /** What a doc comment asks for is not so. */
  | { readonly do: 'assert'; readonly message: string; readonly locks: readonly string[] };

/** An event object that tasks wait for. */
export interface EventFacts {
  readonly object: Thing;
  readonly name: string;
  readonly kind: number;
}

/** Something that a context needed before it could go on: a lock that it took, an event that it waited for. */
export type Need = HeldLock | EventFacts;

/** An operation in a state: one for all paths on which it is the same. */
export interface Fact {
  readonly deed: Deed;
  readonly base: Base;
  readonly state: LockState;
  readonly bits: Bits;
  readonly moment: Moment;
  /** Root on whose path it was first seen. */
  readonly root: string;
  /** Of a signal: what its sender needed before. */
  readonly needs: readonly Need[];
  /** It happens on every path that gets here. */
  sure: boolean;
}

/** Gathers facts, each once. */
export class FactBook {
  readonly #facts = new Map<string, Fact>();
  readonly #moments = new Map<string, Moment>();
  readonly #waiters = new Map<Thing, Map<string, Fact>>();
  readonly callers = new Callers();

  /** Nothing is noted: the walk is still finding out what is in the objects. */
  muted = false;

  /** The moment of an operation: one for a place, an API and a state, with the calls that first led there in that state. */
  moment(call: Call, line: number, api: string, state: number): Moment {
    const key = `${call.file}\0${call.function}\0${line}\0${api}\0${state}`;
    let known = this.#moments.get(key);
    if (known === undefined) {
      known = { id: this.#moments.size + 1, file: call.file, function: call.function, line, call, api };
      this.#moments.set(key, known);
    }
    return known;
  }

  note(fact: Fact): void {
    if (this.muted) return;
    const key = `${fact.base.kind}${fact.base.threaded ? 't' : ''}|${fact.state.id}|${deedKey(fact.deed)}|${fact.moment.id}`;
    const known = this.#facts.get(key);
    if (fact.deed.do === 'wait') this.#noteWaiter(fact, fact.deed.event.object);
    if (known === undefined) this.#facts.set(key, fact);
    else {
      if (fact.sure) known.sure = true;
      if (fact.needs.length > known.needs.length) this.#facts.set(key, { ...fact, sure: known.sure });
    }
  }

  #noteWaiter(fact: Fact, object: Thing): void {
    const waiters = this.#waiters.get(object) ?? new Map<string, Fact>();
    this.#waiters.set(object, waiters);
    if (!waiters.has(fact.root)) waiters.set(fact.root, fact);
  }

  /** Another root gets to a wait that was met before. */
  waitsToo(object: Thing, root: string): void {
    if (this.muted) return;
    const waiters = this.#waiters.get(object);
    const [any] = waiters?.values() ?? [];
    if (waiters !== undefined && any !== undefined && !waiters.has(root)) waiters.set(root, { ...any, root });
  }

  all(): readonly Fact[] {
    return [...this.#facts.values()];
  }

  /** One wait of each root that waits for an object. */
  waitersOf(object: Thing): readonly Fact[] {
    return [...(this.#waiters.get(object)?.values() ?? [])];
  }

  waited(): readonly Thing[] {
    return [...this.#waiters.keys()];
  }
}

function deedKey(deed: Deed): string {
  switch (deed.do) {
    case 'acquire': {
      const { lock, read, subclass, trylock, guessed, nest, bits } = deed.lock;
      return `a${lock.id}:${read}${subclass}${trylock}${guessed ? 'g' : ''}${nest?.id ?? ''}${bits.context},${bits.depth}`;
    }
    case 'release':
    case 'downgrade':
      return `${deed.do}${deed.lock.id}`;
    case 'alloc':
    case 'free':
      return `${deed.do}${deed.event}${deed.gfp},${deed.order}${deed.spelling}${deed.object?.id ?? ''}`;
    case 'wait':
    case 'wake':
      return `${deed.do}${deed.event.object.id}${deed.event.name}`;
    case 'dereference':
      return `d${deed.name}${deed.isProtected}`;
    case 'assert':
      return `!${deed.message}`;
    default:
      return deed.do;
  }
}
