import { cpus } from 'node:os';
import { Validator } from '../../src/lockdep/index.js';
import { AcquireHas, Ctx, EventHeader, LockAcquire, LockdepCtx } from '../../src/model/events.js';
import { StringNames } from '../../src/model/names.js';
import { WaitType } from '../../src/model/wait-type.js';

/**
 * What a new dependency costs the validator as the graph grows, and an event when every chain is known.
 * Usage: npm run bench:lockdep [-- CLASSES...]; compiled code is measured: loaders that transpile are several times slower.
 */
const DEPENDENCIES = 10;
const BUDGET_MICROSECONDS = 20;
const REPEATED_EVENTS = 4_000_000;

/** Chances that are the same on each run (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A validator, and a way to take mutexes by number. */
class Bench {
  readonly validator: Validator;
  readonly #h = new EventHeader();
  readonly #a = new LockAcquire();
  readonly #name: number;
  events = 0;

  constructor() {
    const names = new StringNames();
    this.#name = names.intern('lock');
    this.validator = new Validator({ names, file: 'bench' });
    this.#h.pid = 1;
    this.#h.context = Ctx.Known | Ctx.BhKnown;
    this.#h.preemptDepth = 0;
    const a = this.#a;
    a.name = this.#name;
    a.hi = 1;
    a.keyHi = 2;
    a.waitInner = WaitType.Sleep;
    a.has = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;
    a.lockdepContext = LockdepCtx.Known | LockdepCtx.HardIrqsOn | LockdepCtx.SoftIrqsOn;
  }

  take(lock: number): void {
    this.#h.time += 1000;
    this.#a.lo = lock + 1;
    this.#a.keyLo = lock + 1;
    this.events++;
    this.validator.lockAcquire(this.#h, this.#a);
  }

  release(lock: number): void {
    this.#h.time += 1000;
    this.events++;
    this.validator.lockRelease(this.#h, 1, lock + 1, this.#name);
  }

  pair(outer: number, inner: number): void {
    this.take(outer);
    this.take(inner);
    this.release(inner);
    this.release(outer);
  }
}

type Pairs = Int32Array;

function shuffle(pairs: Pairs, chance: () => number): void {
  for (let i = pairs.length / 2 - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    for (const end of [0, 1]) {
      const saved = pairs[i * 2 + end] ?? 0;
      pairs[i * 2 + end] = pairs[j * 2 + end] ?? 0;
      pairs[j * 2 + end] = saved;
    }
  }
}

/** Dependencies from each class to later ones of a hidden order, `reach` classes ahead at most. */
function acyclic(classes: number, reach: number, chance: () => number): Pairs {
  const pairs = new Int32Array(classes * DEPENDENCIES * 2);
  for (let cls = 0, at = 0; cls < classes; cls++) {
    for (let i = 0; i < DEPENDENCIES; i++) {
      const ahead = 1 + Math.floor(chance() * Math.min(reach, classes - cls - 1));
      pairs[at++] = cls;
      pairs[at++] = Math.min(classes - 1, cls + ahead);
    }
  }
  return pairs;
}

/** Gives the classes other numbers, so that the order in which they are registered says nothing of their dependencies. */
function renumber(pairs: Pairs, classes: number, chance: () => number): void {
  const order = Int32Array.from({ length: classes }, (_, cls) => cls);
  for (let i = classes - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  for (let i = 0; i < pairs.length; i++) pairs[i] = order[pairs[i] ?? 0] ?? 0;
}

const SHAPES: Readonly<Record<string, (classes: number, chance: () => number) => Pairs>> = {
  'in order, near': (classes) => acyclic(classes, 20, chances(1)),
  'in order, far': (classes) => acyclic(classes, classes, chances(2)),
  'shuffled, near': (classes, chance) => {
    const pairs = acyclic(classes, 20, chance);
    shuffle(pairs, chance);
    return pairs;
  },
  'shuffled, far': (classes, chance) => {
    const pairs = acyclic(classes, classes, chance);
    shuffle(pairs, chance);
    return pairs;
  },
  'renumbered, near': (classes, chance) => {
    const pairs = acyclic(classes, 20, chance);
    renumber(pairs, classes, chance);
    shuffle(pairs, chance);
    return pairs;
  },
  'renumbered, far': (classes, chance) => {
    const pairs = acyclic(classes, classes, chance);
    renumber(pairs, classes, chance);
    shuffle(pairs, chance);
    return pairs;
  },
};

/** Processor time, so that other work on the machine does not count. */
function nanoseconds(body: () => void): number {
  const begin = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) * 1000;
}

function play(bench: Bench, pairs: Pairs): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const outer = pairs[i] ?? 0;
    const inner = pairs[i + 1] ?? 0;
    if (outer !== inner) bench.pair(outer, inner);
  }
}

const sizes = process.argv.slice(2).map(Number);
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${DEPENDENCIES} dependencies a class`,
);
console.log('classes   shape              dependencies   us/new dependency   ns/event, all known');
// The first dependencies would pay for the compiler.
play(new Bench(), acyclic(2_000, 20, chances(0)));
let over = 0;
for (const classes of sizes.length > 0 ? sizes : [1_000, 10_000, 100_000]) {
  for (const [shape, make] of Object.entries(SHAPES)) {
    const pairs = make(classes, chances(classes));
    const bench = new Bench();
    // Registration of classes is not what is measured.
    for (let lock = 0; lock < classes; lock++) {
      bench.take(lock);
      bench.release(lock);
    }
    const fresh = nanoseconds(() => play(bench, pairs));
    const dependencies = bench.validator.state.graph.count;
    bench.events = 0;
    const again = nanoseconds(() => {
      while (bench.events < REPEATED_EVENTS) play(bench, pairs);
    });
    const cost = fresh / dependencies / 1000;
    if (cost > BUDGET_MICROSECONDS) over++;
    console.log(
      `${String(classes).padStart(7)}   ${shape.padEnd(17)}  ${String(dependencies).padStart(12)}   ${cost.toFixed(2).padStart(17)}   ${(again / bench.events).toFixed(0).padStart(19)}`,
    );
    if (bench.validator.findings().length > 0) throw new Error('an acyclic graph has no findings');
  }
}
if (over > 0) {
  console.log(`${over} of them cost more than ${BUDGET_MICROSECONDS} us a dependency`);
  process.exitCode = 1;
}
