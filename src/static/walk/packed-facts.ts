import type { Fact, FactBook } from './facts.js';
import { type Call, type LockState, LockStates, type Moment } from './lock-state.js';
import { Heap, type SimFacts, Thing } from './thing.js';

/** What a walk found, as plain data: objects that facts share are numbers into tables. */
export interface PackedFacts {
  /** Addresses of the walk's objects are below. */
  readonly size: number;
  readonly things: readonly PackedThing[];
  readonly calls: readonly PackedCall[];
  readonly moments: readonly PackedMoment[];
  readonly states: readonly unknown[];
  /** What facts are made of, each once. */
  readonly values: readonly unknown[];
  readonly facts: readonly PackedFact[];
  /** Objects that are waited for, and by which roots. */
  readonly waiters: readonly (readonly [thing: number, roots: readonly string[]])[];
}

type PackedThing = Partial<Pick<SimFacts, 'lock' | 'memory'>> & { readonly many: boolean };
type PackedCall = Omit<Call, 'parent'> & { readonly parent: number };
type PackedMoment = Omit<Moment, 'id' | 'call'> & { readonly call: number };

/** Numbers into `values`, `states` and `moments`; `sure` is 0 or 1. */
type PackedFact = readonly [
  deed: number,
  base: number,
  bits: number,
  root: number,
  needs: number,
  state: number,
  moment: number,
  sure: number,
];

/** Numbers for objects, in the order in which they turn up. */
class Table<T extends object, P> {
  readonly rows: P[] = [];
  readonly #numbers = new Map<T, number>();
  readonly #pack: (value: T) => P;

  constructor(pack: (value: T) => P) {
    this.#pack = pack;
  }

  of(value: T): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const row = this.#pack(value);
    const number = this.rows.length;
    this.#numbers.set(value, number);
    this.rows.push(row);
    return number;
  }
}

/** What a walk found, with the heap that its objects are of. */
export function packFacts(book: FactBook, heap: Heap): PackedFacts {
  const things = new Table<Thing, PackedThing>(({ many, sim }) => ({
    many,
    ...(sim?.lock === undefined ? {} : { lock: { ...sim.lock } }),
    ...(sim?.memory === undefined ? {} : { memory: sim.memory }),
  }));
  const calls: Table<Call, PackedCall> = new Table(({ parent, ...call }) => ({
    ...call,
    parent: parent === undefined ? -1 : calls.of(parent),
  }));
  const moments = new Table<Moment, PackedMoment>(({ id: _, call, ...moment }) => ({
    ...moment,
    call: calls.of(call),
  }));
  const states = new Table<LockState, unknown>(({ id: _, ...state }) => fields(state));
  const plain = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Thing) return { $thing: things.of(value) };
    if (Array.isArray(value)) return value.map(plain);
    if (isMoment(value)) return { $moment: moments.of(value) };
    return isState(value) ? { $state: states.of(value) } : fields(value);
  };
  const fields = (value: object): unknown =>
    Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
  const values: unknown[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (value: unknown): number => {
    const packed = plain(value);
    const text = JSON.stringify(packed);
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, values.length);
    return values.push(packed) - 1;
  };
  const facts = book
    .all()
    .map(
      ({ deed, base, bits, root, needs, state, moment, sure }): PackedFact => [
        ...([numberOf(deed), numberOf(base), numberOf(bits), numberOf(root), numberOf(needs)] as const),
        ...([states.of(state), moments.of(moment), sure ? 1 : 0] as const),
      ],
    );
  const waiters = book
    .waited()
    .map((thing): [number, string[]] => [things.of(thing), book.waitersOf(thing).map(({ root }) => root)]);
  const tables = { things: things.rows, calls: calls.rows, moments: moments.rows, states: states.rows };
  return { size: heap.size, ...tables, values, facts, waiters };
}

function isMoment(value: object): value is Moment {
  return 'api' in value && 'call' in value;
}

function isState(value: object): value is LockState {
  return 'held' in value && 'preempt' in value;
}

/** Puts what several walks found together: each walk's objects are its own, locks are told apart by their classes. */
export class FactJoiner {
  readonly #book: FactBook;
  readonly #heap = new Heap();
  readonly #states = new LockStates();
  #things = 0;
  #moments = 0;

  constructor(book: FactBook) {
    this.#book = book;
  }

  add(packed: PackedFacts): void {
    const base = this.#heap.address(packed.size);
    const moved = <T extends { readonly hi: number; readonly lo: number }>(at: T): T => ({
      ...at,
      lo: (at.lo + base) | 0,
    });
    const things = packed.things.map(({ many, lock, memory }) => {
      const thing = new Thing(this.#heap, ++this.#things, many);
      const at = memory === undefined ? undefined : moved(memory);
      thing.sim = { cls: '', name: '', lock: lock && moved(lock), parts: new Map(), memory: at };
      return thing;
    });
    const calls: Call[] = [];
    for (const { parent, ...call } of packed.calls) calls.push({ ...call, parent: calls[parent] });
    const first = this.#moments;
    this.#moments += packed.moments.length;
    const moments = packed.moments.map(({ call, file, function: name, line, api }, i) =>
      this.#book.moment(calls[call] ?? { parent: undefined, file, function: name, line: 0 }, line, api, first + i),
    );
    const states: LockState[] = [];
    const real = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(real);
      if ('$thing' in value) return things[Number(value.$thing)];
      if ('$moment' in value) return moments[Number(value.$moment)];
      if ('$state' in value) return states[Number(value.$state)];
      return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, real(field)]));
    };
    for (const state of packed.states) states.push(this.#states.of(real(state) as Omit<LockState, 'id'>));
    const values = packed.values.map(real);
    for (const [deed, base, bits, root, needs, state, moment, sure] of packed.facts) {
      const parts = { deed: values[deed], base: values[base], bits: values[bits], root: values[root] };
      const fact = { ...parts, needs: values[needs], state: states[state], moment: moments[moment], sure: sure === 1 };
      this.#book.note(fact as Fact);
    }
    for (const [number, roots] of packed.waiters) {
      const thing = things[number];
      if (thing !== undefined) for (const root of roots) this.#book.waitsToo(thing, root);
    }
  }
}
