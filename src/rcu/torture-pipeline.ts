import { Gfp } from '../model/gfp.js';
import type { Kernel, Op, SlabObject } from '../sim/index.js';

/** Grace periods that an object may be seen through: more is a reader that saw what should have been freed. */
const PIPE_LENGTH = 2;

/** An object that readers may see; `age` counts the grace periods since it was replaced. */
export interface Published {
  readonly memory: SlabObject;
  age: number;
}

/** What torture of a flavour came to, beside what the validator and the kernel's checks say. */
export interface PipelineResult {
  reads: number;
  updates: number;
  gracePeriods: number;
}

/**
 * What the torture scenarios of all flavours have in common: a pointer that readers follow and updaters replace, the pipeline that
 * counts the grace periods an old object has been through, and the book of sections that are open, whatever RCU believes.
 */
export class TorturePipeline {
  readonly result: PipelineResult = { reads: 0, updates: 0, gracePeriods: 0 };
  readonly #kernel: Kernel;
  readonly #rounds: number;
  readonly #sections = new Set<object>();
  #current: Published | undefined;
  /** Users that are not through. */
  #left = 0;
  readonly #clean: () => Op<void>;

  /** `clean` is run by the last user. */
  constructor(kernel: Kernel, rounds: number, clean: () => Op<void>) {
    this.#kernel = kernel;
    this.#rounds = rounds;
    this.#clean = clean;
  }

  /** WARN_ON_ONCE(!condition) */
  warn(condition: boolean, message: string): void {
    this.#kernel.assert(condition, `torture: ${message}`);
  }

  /** A task that does `body` round after round; the last of them cleans up. */
  user(name: string, body: () => Op<void>, rounds = this.#rounds): void {
    this.#left++;
    const whole = function* (this: TorturePipeline): Op<void> {
      for (let round = 0; round < rounds; round++) {
        yield* body();
        if (this.#kernel.random(3) === 0) yield* this.#kernel.scheduleTimeout(1);
      }
      yield* this.done();
    };
    Object.defineProperty(whole, 'name', { value: name });
    this.#kernel.task(name, whole.bind(this));
  }

  /** One more user than there are tasks, such as an interrupt that is to come; {@link done} ends it. */
  expect(): void {
    this.#left++;
  }

  *done(): Op<void> {
    if (--this.#left === 0) yield* this.#clean();
  }

  // --- readers

  /** To be called when a section has begun; the result at once when it has ended, or right before. */
  enter(): () => void {
    const section = {};
    this.#sections.add(section);
    return () => void this.#sections.delete(section);
  }

  /** The body of a section. */
  *inside(body: () => Op<void>): Op<void> {
    const leave = this.enter();
    yield* body();
    leave();
  }

  /** Follows the pointer and uses what it leads to, some time after. */
  *look(): Op<void> {
    const seen = this.#current;
    if (this.#kernel.random(2) === 0) yield* this.#kernel.udelay(this.#kernel.random(20));
    // In pieces, so that ticks and whole grace periods fit in between.
    const pieces = this.#kernel.random(4) === 0 ? 6 : 0;
    for (let i = 0; i < pieces; i++) yield* this.#kernel.udelay(this.#kernel.random(6000));
    yield* this.use(seen);
  }

  /** Is preempted, and goes on using what it saw before. */
  *switchedOut(): Op<void> {
    const seen = this.#current;
    this.#kernel.machine.cpu.needResched = true;
    yield* this.#kernel.udelay(this.#kernel.random(8000));
    yield* this.use(seen);
  }

  /** Sleeps, and goes on using what it saw before: for readers that may. */
  *asleep(): Op<void> {
    const seen = this.#current;
    yield* this.#kernel.scheduleTimeout(1 + this.#kernel.random(2));
    yield* this.use(seen);
  }

  /** What the pointer leads to now: to be followed in a section, and given to {@link use} there. */
  get current(): Published | undefined {
    return this.#current;
  }

  *use(seen: Published | undefined): Op<void> {
    this.result.reads++;
    if (seen === undefined) return;
    yield* this.#kernel.mm.touch(seen.memory);
    this.warn(seen.age < PIPE_LENGTH, 'a reader sees an object that two grace periods have passed over');
  }

  // --- updaters

  /** To be called where a grace period begins; the result where it has ended: no section of the beginning may be open. */
  witness(): () => void {
    const before = [...this.#sections];
    return () => {
      const open = before.some((section) => this.#sections.has(section));
      this.warn(!open, 'a grace period ends while a reader from before it is still inside');
    };
  }

  /** A new object in the old one's place, which is returned. */
  *replace(): Op<Published | undefined> {
    const memory = yield* this.#kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
    if (memory === null) return undefined;
    const old = this.#current;
    this.#current = { memory, age: 0 };
    this.result.updates++;
    return old;
  }

  /** Frees what it replaced after as many grace periods as the pipeline is long. */
  *synchronizing(wait: () => Op<void>): Op<void> {
    const old = yield* this.replace();
    if (old === undefined) return;
    for (let passed = 0; passed < PIPE_LENGTH; passed++) {
      const over = this.witness();
      yield* wait();
      over();
      old.age++;
    }
    yield* this.#kernel.mm.kfree(old.memory);
  }

  /** Frees what it replaced in a callback that has queued itself once more. */
  *callingBack(call: (callback: () => Op<void>) => Op<void>): Op<void> {
    const old = yield* this.replace();
    if (old === undefined) return;
    const { mm } = this.#kernel;
    let over = this.witness();
    let again = true;
    const warn = this.warn.bind(this);
    const witness = this.witness.bind(this);
    const callback = function* freeTortured(): Op<void> {
      over();
      old.age++;
      warn(old.age <= PIPE_LENGTH, 'a callback is invoked twice');
      if (!again) {
        yield* mm.kfree(old.memory);
        return;
      }
      again = false;
      over = witness();
      yield* call(callback);
    };
    yield* call(callback);
  }

  /** Many callbacks at once. */
  *flooding(count: number, call: (callback: () => Op<void>) => Op<void>): Op<void> {
    const { mm } = this.#kernel;
    for (let i = 0; i < count; i++) {
      const memory = yield* mm.kmalloc(32, Gfp.GFP_KERNEL);
      if (memory !== null) yield* call(() => mm.kfree(memory));
    }
  }

  /** A callback from every CPU, and a barrier that must come after all of them. */
  *barriers(call: (callback: () => Op<void>) => Op<void>, barrier: () => Op<void>): Op<void> {
    const kernel = this.#kernel;
    const left = new Set<number>();
    const queued = kernel.completion('torture_queued');
    let queuing = kernel.cpus;
    for (let cpu = 0; cpu < kernel.cpus; cpu++) {
      left.add(cpu);
      const ran = function* beforeBarrier(): Op<void> {
        yield* [];
        left.delete(cpu);
      };
      const queue = function* queueHere(): Op<void> {
        yield* call(ran);
        if (--queuing === 0) yield* queued.complete();
      };
      kernel.task(`queue${cpu}`, queue, { affinity: cpu });
    }
    yield* queued.wait();
    yield* barrier();
    this.warn(left.size === 0, 'a barrier returns before a callback that was queued earlier');
  }

  /** Takes away what is published: `wait` must wait for a grace period. */
  *retire(wait: () => Op<void>): Op<void> {
    const last = this.#current;
    this.#current = undefined;
    yield* wait();
    if (last !== undefined) yield* this.#kernel.mm.kfree(last.memory);
  }
}
