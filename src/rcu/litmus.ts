import { type Kernel, type Op, type Scenario, scenario } from '../sim/index.js';
import { SrcuStruct } from './srcu/srcu-struct.js';
import { TasksRcu } from './tasks/tasks-rcu.js';
import { installTreeRcu } from './tree/tree-rcu.js';

/** How a litmus test reads and waits: a flavour of RCU with one of its interfaces. */
export const LITMUS_FLAVOURS = [
  'synchronize_rcu',
  'synchronize_rcu_expedited',
  'call_rcu',
  'synchronize_srcu',
  'synchronize_srcu_expedited',
  'call_srcu',
  'synchronize_rcu_tasks',
] as const;
export type LitmusFlavour = (typeof LITMUS_FLAVOURS)[number];

/** Pauses of a process: pieces between which others move, and what one may last, in microseconds. */
const PIECES = 12;
const PIECE = [50, 500, 5000, 10_000] as const;

interface Flavour {
  /** A read-side section of a domain. */
  section(domain: number, body: () => Op<void>): Op<void>;
  /** Does `then` after a grace period of a domain. */
  after(domain: number, then: () => Op<void>): Op<void>;
}

/**
 * A litmus test in the shape of a ring, as in the papers on RCU's semantics (Alglave, Maranget, McKenney, Parri, Stern: Frightening
 * Small Children and Disconcerting Grown-ups, ASPLOS 2018). `shape` names the processes in the order of the ring:
 *
 * - `G` reads its predecessor's variable, waits for a grace period, writes its own;
 * - `R` writes its own variable, then reads its predecessor's, both in one read-side section;
 * - `P` reads its predecessor's and writes its own with nothing between.
 *
 * A digit tells domains apart (`G0 R1`: srcu_structs of their own). The outcome asked for is that every process reads 1. A reader goes
 * round the ring against its own order, so that nothing but the grace periods forbids it: {@link isAllowed}.
 *
 * @param onOutcome hears at the end of a run whether the outcome was there.
 * @param times of each process, milliseconds: before it begins, and inside a section. Default: random ones.
 */
export function ring(
  shape: string,
  by: LitmusFlavour,
  onOutcome: (seen: boolean) => void,
  times: readonly (readonly [before: number, inside: number])[] = [],
): Scenario {
  const processes = shape.split(' ');
  return scenario({ name: `${by} ${shape}`, cpus: processes.length, maxOperations: 100_000 }, (kernel) => {
    const flavour = flavourOf(kernel, by);
    const variables = processes.map((_, i) => kernel.variable(`x${i}`, 0));
    const read: number[] = [];
    for (const [i, process] of processes.entries()) {
      const own = variables[i];
      const before = variables[(i + processes.length - 1) % processes.length];
      if (own === undefined || before === undefined) throw new RangeError(`${shape}: no process ${i}`);
      const domain = Number(process.slice(1));
      const [start, inside] = times[i] ?? [];
      const look = function* readPredecessor(): Op<void> {
        read[i] = yield* before.readOnce();
      };
      const bodies: Record<string, () => Op<void>> = {
        *G() {
          yield* begin(kernel, start);
          yield* look();
          yield* flavour.after(domain, () => own.writeOnce(1));
        },
        *R() {
          yield* begin(kernel, start);
          yield* flavour.section(domain, function* writeAndRead() {
            yield* own.writeOnce(1);
            yield* pause(kernel, inside);
            yield* look();
          });
        },
        *P() {
          yield* begin(kernel, start);
          yield* look();
          yield* own.writeOnce(1);
        },
      };
      const body = bodies[process[0] ?? ''];
      if (body === undefined) throw new RangeError(`${shape}: "${process}" is none of G, R, P`);
      kernel.task(`${process}-${i}`, body, { cpu: i });
    }
    kernel.machine.atEnd.push(() => onOutcome(read.length > 0 && processes.every((_, i) => read[i] === 1)));
  });
}

/**
 * Whether the outcome of a ring may be seen. The law is that of the kernel's memory model (tools/memory-model/linux-kernel.cat,
 * rcu-order): it cannot when, begun at some process, the ring falls apart into grace periods and pairs of a grace period and a reader of
 * its domain, next to each other or around such a sequence. Within one domain: when there are at least as many grace periods as readers.
 */
export function isAllowed(shape: string): boolean {
  const marked = shape.split(' ').filter((process) => !process.startsWith('P'));
  return marked.length > 0 && !marked.some((_, i) => isOrder([...marked.slice(i), ...marked.slice(0, i)]));
}

function isOrder(word: readonly string[]): boolean {
  const first = word[0] ?? '';
  const last = word[word.length - 1] ?? '';
  if (word.length === 1) return first.startsWith('G');
  const pairs = first[0] !== last[0] && first.slice(1) === last.slice(1);
  if (pairs && (word.length === 2 || isOrder(word.slice(1, -1)))) return true;
  return word.some((_, i) => i > 0 && isOrder(word.slice(0, i)) && isOrder(word.slice(i)));
}

/** A process begins: asleep until then, so that it is in no trampoline either. */
function* begin(kernel: Kernel, ms: number | undefined): Op<void> {
  if (ms !== undefined && ms > 0) yield* kernel.scheduleTimeout((ms * kernel.machine.config.hz) / 1000);
  if (ms === undefined) yield* pause(kernel, ms);
}

/** Some time in which others move: by the clock, and by the number of operations. */
function* pause(kernel: Kernel, ms: number | undefined): Op<void> {
  if (ms !== undefined) {
    for (let piece = 0; piece < ms; piece++) yield* kernel.udelay(1000);
    return;
  }
  const us = PIECE[kernel.random(PIECE.length)] ?? 0;
  for (let pieces = kernel.random(PIECES); pieces > 0; pieces--) yield* kernel.udelay(us);
}

function flavourOf(kernel: Kernel, by: LitmusFlavour): Flavour {
  if (by === 'synchronize_srcu' || by === 'synchronize_srcu_expedited' || by === 'call_srcu') return srcu(kernel, by);
  const rcu = installTreeRcu(kernel, { fanoutLeaf: 2, fanout: 2 });
  if (by === 'synchronize_rcu_tasks') {
    const tasks = new TasksRcu(kernel, { rcu });
    return { section: (_, body) => body(), after: (_, then) => inOrder(() => tasks.synchronize(), then) };
  }
  return {
    *section(_domain, body) {
      yield* rcu.readLock();
      yield* body();
      yield* rcu.readUnlock();
    },
    after(_domain, then) {
      if (by === 'call_rcu') return rcu.call(then);
      const wait = () => (by === 'synchronize_rcu' ? rcu.synchronize() : rcu.synchronizeExpedited());
      return inOrder(wait, then);
    },
  };
}

function srcu(kernel: Kernel, by: LitmusFlavour): Flavour {
  const structs = [
    new SrcuStruct(kernel, 'srcu0', { expHoldoff: 0 }),
    new SrcuStruct(kernel, 'srcu1', { expHoldoff: 0 }),
  ];
  const of = (domain: number): SrcuStruct => {
    const struct = structs[domain];
    if (struct === undefined) throw new RangeError(`domain ${domain}: there are ${structs.length}`);
    return struct;
  };
  return {
    *section(domain, body) {
      const index = yield* of(domain).readLock();
      yield* body();
      yield* of(domain).readUnlock(index);
    },
    after(domain, then) {
      if (by === 'call_srcu') return of(domain).call(then);
      const expedited = by === 'synchronize_srcu_expedited';
      return inOrder(() => (expedited ? of(domain).synchronizeExpedited() : of(domain).synchronize()), then);
    },
  };
}

function* inOrder(first: () => Op<void>, then: () => Op<void>): Op<void> {
  yield* first();
  yield* then();
}
