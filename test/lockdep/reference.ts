import { Ctx, type EventHeader, type LockAcquire, LockdepCtx, NullSink } from '../../src/model/events.js';
import type { NameTable } from '../../src/model/names.js';
import { LockType } from '../../src/model/wait-type.js';
import { backPaths, type Edge, type Paths, paths, shortest, strongCircles } from './walks.js';

/** A lock as the slow reference holds it. */
interface HeldLock {
  address: string;
  name: string;
  cls: string;
  read: number;
  trylock: boolean;
  check: boolean;
  nest: string;
  references: number;
  context: string;
  irqsOn: boolean;
  bhOn: boolean;
  outer: number;
  inner: number;
  perCpu: boolean;
}

interface Cpu {
  irqsOn: boolean;
  bhOn: Map<number, boolean>;
  threaded: boolean;
}

/** A finding that must come: one of these spellings, as searches may find any of several shortest paths. */
export interface Required {
  readonly options: ReadonlySet<string>;
}

const IN = 0;
const ON = 1;

/**
 * lockdep, slow and obvious: plain objects, every path enumerated, nothing remembered but facts. Written from the rules of
 * Documentation/locking/lockdep-design.rst, for complete recordings only.
 */
export class Reference extends NullSink {
  readonly required: Required[] = [];
  /** Everything that may be reported. A chain that was seen before need not be judged again, but may. */
  readonly possible = new Set<string>();
  readonly edges = new Map<string, Edge>();
  /** `class irq dir read` of all usages in force, and of those seen. */
  readonly usage = new Set<string>();
  readonly observed = new Set<string>();
  readonly #names: NameTable;
  readonly #stacks = new Map<number, HeldLock[]>();
  readonly #cpus = new Map<number, Cpu>();
  readonly #perCpu = new Set<string>();
  readonly #chains = new Set<string>();
  readonly #inconsistent = new Set<string>();
  readonly #inverted = new Set<string>();

  constructor(names: NameTable) {
    super();
    this.#names = names;
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    const cpu = this.#cpu(h);
    const told = (a.lockdepContext & LockdepCtx.Known) !== 0;
    const hard = told ? a.lockdepContext & LockdepCtx.HardIrq : h.context & Ctx.HardIrq;
    const soft = told ? a.lockdepContext & LockdepCtx.SoftIrq : h.context & Ctx.SoftIrq;
    cpu.threaded = told ? (a.lockdepContext & LockdepCtx.Threaded) !== 0 : true;
    const name = this.#names.text(a.name);
    const lock: HeldLock = {
      address: `${a.hi}:${a.lo}`,
      name,
      cls: a.subclass > 0 ? `${name}/${a.subclass}` : name,
      read: a.read,
      trylock: a.trylock,
      check: a.check !== 0,
      nest: a.nestHi || a.nestLo ? `${a.nestHi}:${a.nestLo}` : '',
      references: 0,
      context: `${hard ? 'hard' : ''}${soft ? 'soft' : ''}`,
      irqsOn: cpu.irqsOn,
      bhOn: cpu.bhOn.get(h.pid) ?? true,
      outer: a.waitOuter || a.waitInner,
      inner: a.waitInner,
      perCpu: a.lockType === LockType.PerCpu,
    };
    if (lock.perCpu) this.#perCpu.add(lock.cls);
    this.#enter(this.#stack(h), lock, cpu, true);
  }

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    const stack = this.#stack(h);
    const address = `${hi}:${lo}`;
    const text = this.#names.text(name);
    const index = stack.findLastIndex(
      (lock) => lock.address === address || (lock.references > 0 && lock.name === text),
    );
    const lock = stack[index];
    if (lock === undefined || (lock.references > 0 && --lock.references > 0)) return;
    const above = stack.splice(index).slice(1);
    const covered = above.find((other) => other.nest === lock.address);
    if (covered !== undefined) this.#report('nest-lock-not-held', [[lock.cls, covered.cls]], true);
    this.#again(stack, above, this.#cpu(h));
  }

  override lockDowngrade(h: EventHeader, hi: number, lo: number): void {
    const stack = this.#stack(h);
    const index = stack.findLastIndex((lock) => lock.address === `${hi}:${lo}`);
    const above = stack.splice(index);
    if (above[0] !== undefined) above[0] = { ...above[0], read: 1 };
    this.#again(stack, above, this.#cpu(h));
  }

  override hardirqsOff(h: EventHeader): void {
    this.#cpu(h).irqsOn = false;
  }

  override hardirqsOn(h: EventHeader): void {
    const cpu = this.#cpu(h);
    cpu.irqsOn = true;
    for (const lock of this.#stack(h)) {
      this.#mark(lock, 'hard', ON);
      if (cpu.bhOn.get(h.pid) ?? true) this.#mark(lock, 'soft', ON);
    }
  }

  override softirqsOff(h: EventHeader): void {
    this.#cpu(h).bhOn.set(h.pid, false);
  }

  override softirqsOn(h: EventHeader): void {
    const cpu = this.#cpu(h);
    cpu.bhOn.set(h.pid, true);
    if (cpu.irqsOn) for (const lock of this.#stack(h)) this.#mark(lock, 'soft', ON);
  }

  #again(stack: HeldLock[], above: readonly HeldLock[], cpu: Cpu): void {
    for (const lock of above) {
      const top = stack.at(-1);
      if (top !== undefined && lock.nest !== '' && top.cls === lock.cls && top.context === lock.context) {
        top.references = Math.max(top.references, 1) + Math.max(lock.references, 1);
      } else this.#enter(stack, lock, cpu, false);
    }
  }

  #enter(stack: HeldLock[], lock: HeldLock, cpu: Cpu, waits: boolean): void {
    const below = stack.slice(stack.findLastIndex((other) => other.context !== lock.context) + 1);
    if (waits) this.#waitContext(below, lock, cpu);
    if (!lock.trylock && lock.context.includes('hard')) this.#mark(lock, 'hard', IN);
    if (!lock.trylock && lock.context.includes('soft')) this.#mark(lock, 'soft', IN);
    if (lock.irqsOn) this.#mark(lock, 'hard', ON);
    if (lock.irqsOn && lock.bhOn) this.#mark(lock, 'soft', ON);
    if (waits && lock.nest !== '' && !stack.some((other) => other.address === lock.nest)) {
      this.#report('nest-lock-not-held', [[lock.cls]], true);
    }
    stack.push(lock);
    if (!lock.check || lock.trylock) return;
    const chain = [...below, lock].map((l) => [l.cls, l.read, l.trylock, l.check, l.nest !== ''].join()).join(' ');
    const fresh = !this.#chains.has(chain);
    this.#chains.add(chain);
    this.#validate(stack, below, lock, fresh);
  }

  #waitContext(below: readonly HeldLock[], lock: HeldLock, cpu: Cpu): void {
    if (lock.trylock || lock.inner === 0) return;
    const offenders = below.filter((other) => other.inner !== 0 && other.inner < lock.outer);
    const limit = lock.context.includes('hard') ? (cpu.threaded ? 3 : 2) : lock.context === '' ? 5 : 3;
    if (offenders.length === 0 && lock.outer <= limit) return;
    this.#report('invalid-wait-context', [[...offenders.map((other) => other.cls), lock.cls]], true);
  }

  #validate(stack: readonly HeldLock[], below: readonly HeldLock[], lock: HeldLock, fresh: boolean): void {
    let nested = false;
    for (const other of stack.slice(0, -1)) {
      if (lock.nest !== '' && other.address === lock.nest) nested = true;
      if (other.cls !== lock.cls || !below.includes(other) || (lock.read === 2 && other.read !== 0)) continue;
      if (nested) return;
      if (!other.check) continue;
      this.#report('recursive-lock', [[lock.cls]], fresh);
      break;
    }
    for (const [distance, other] of [...below].reverse().entries()) {
      if (!other.check) continue;
      if (other.cls !== lock.cls) this.#depend(other, lock, distance === 0, fresh);
      if (!other.trylock) break;
    }
  }

  #depend(prev: HeldLock, next: HeldLock, direct: boolean, fresh: boolean): void {
    const key = `${prev.cls} ${next.cls}`;
    const kind = `${prev.read === 0 ? 'E' : 'S'}${next.read === 2 ? 'R' : 'N'}`;
    const known = this.edges.get(key);
    if (known?.kinds.has(kind)) {
      known.direct ||= direct;
      return;
    }
    const edge: Edge = { from: prev.cls, to: next.cls, kinds: new Set([kind]), direct };
    const circles = shortest(strongCircles([...this.edges.values()], edge));
    if (circles.length > 0) {
      this.#report('lock-order-cycle', circles.map(fromSmallest), fresh);
      return;
    }
    this.#inversionsThrough(prev, next, fresh);
    if (known === undefined) this.edges.set(key, edge);
    else {
      known.kinds.add(kind);
      known.direct ||= direct;
    }
  }

  /** Every consistent class with this usage that a path ends at; paths ending weakly count for writers only. */
  #ends(all: Paths, irq: string, dir: number): string[][] {
    return all
      .filter(({ classes }) => classes.every((cls) => !this.#perCpu.has(cls)))
      .filter(({ classes, weak }) => {
        const end = classes.at(-1) ?? '';
        if (this.#inconsistent.has(`${end} ${irq}`)) return false;
        return this.usage.has(`${end} ${irq} ${dir} W`) || (!weak && this.usage.has(`${end} ${irq} ${dir} R`));
      })
      .map(({ classes }) => classes);
  }

  #inversionsThrough(prev: HeldLock, next: HeldLock, fresh: boolean): void {
    const edges = [...this.edges.values()];
    for (const irq of ['hard', 'soft']) {
      const before = this.#ends(backPaths(edges, prev.cls, prev.read !== 0), irq, IN);
      const behind = this.#ends(paths(edges, next.cls, next.read === 2), irq, ON);
      if (before.length === 0 || behind.length === 0) continue;
      const options = shortest(behind).flatMap((end) =>
        shortest(before).map((start) => [...[...start].reverse(), ...end]),
      );
      this.#inversion(options, irq, fresh);
      return;
    }
  }

  #inversion(options: string[][], irq: string, fresh: boolean): void {
    const news = options.filter(
      (path) => !this.#inconsistent.has(`${path[0]} ${irq}`) && !this.#inconsistent.has(`${path.at(-1)} ${irq}`),
    );
    const ends = options.map((path) => `${path[0]} ${path.at(-1)} ${irq}`);
    // One finding for a pair of ends, whatever lies between them.
    const known = ends.some((pair) => this.#inverted.has(pair));
    for (const pair of ends) this.#inverted.add(pair);
    this.#report('irq-lock-inversion', news, fresh && !known && news.length === options.length);
  }

  #mark(lock: HeldLock, irq: string, dir: number): void {
    if (!lock.check) return;
    const mode = lock.read === 0 ? 'W' : 'R';
    const bit = `${lock.cls} ${irq} ${dir} ${mode}`;
    this.observed.add(bit);
    if (this.usage.has(bit)) return;
    const opposite = (other: string) => this.usage.has(`${lock.cls} ${irq} ${1 - dir} ${other}`);
    if (opposite('W') || (mode === 'W' && opposite('R'))) {
      this.#inconsistent.add(`${lock.cls} ${irq}`);
      this.#report('inconsistent-lock-state', [[lock.cls]], true);
      return;
    }
    this.usage.add(bit);
    const edges = [...this.edges.values()];
    const all = dir === ON ? backPaths(edges, lock.cls, lock.read !== 0) : paths(edges, lock.cls, lock.read === 2);
    const ends = shortest(this.#ends(all, irq, 1 - dir).filter((path) => path.length > 1));
    if (ends.length > 0) this.#inversion(dir === ON ? ends.map((path) => [...path].reverse()) : ends, irq, true);
  }

  #report(rule: string, options: readonly (readonly string[])[], fresh: boolean): void {
    const texts = options.map((locks) => `${rule}: ${locks.join(', ')}`);
    for (const text of texts) this.possible.add(text);
    if (fresh && texts.length > 0) this.required.push({ options: new Set(texts) });
  }

  #stack(h: EventHeader): HeldLock[] {
    let stack = this.#stacks.get(h.pid);
    if (stack === undefined) {
      stack = [];
      this.#stacks.set(h.pid, stack);
    }
    return stack;
  }

  #cpu(h: EventHeader): Cpu {
    let cpu = this.#cpus.get(h.cpu);
    if (cpu === undefined) {
      cpu = { irqsOn: true, bhOn: new Map(), threaded: true };
      this.#cpus.set(h.cpu, cpu);
    }
    return cpu;
  }
}

function fromSmallest(circle: readonly string[]): string[] {
  const start = circle.indexOf([...circle].sort()[0] ?? '');
  return [...circle.slice(start), ...circle.slice(0, start)];
}
