import { Gfp } from '../../model/gfp.js';
import type { Kernel, Op, SlabObject, TaskOptions } from '../../sim/index.js';

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
  /** CPUs taken away. */
  plugged: number;
}

export interface PipelineOptions {
  /** Rounds of each user that says nothing else. */
  rounds: number;
  /** Run by the last user. */
  clean: () => Op<void>;
  /** rcu_dereference() of the flavour, before each look. Default: none. */
  follow?: (() => Op<void>) | undefined;
}

/**
 * What the torture scenarios of all flavours have in common: a pointer that readers follow and updaters replace, the pipeline that
 * counts the grace periods an old object has been through, and the book of sections that are open, whatever RCU believes.
 */
export class TorturePipeline {
  readonly result: PipelineResult = { reads: 0, updates: 0, gracePeriods: 0, plugged: 0 };
  readonly #kernel: Kernel;
  readonly #rounds: number;
  /** Read-side sections that are open, whatever RCU believes: the yardstick for its grace periods. */
  readonly #sections = new Set<object>();
  #current: Published | undefined;
  /** Users that are not through. */
  #left = 0;
  readonly #clean: () => Op<void>;
  readonly #follow: (() => Op<void>) | undefined;

  constructor(kernel: Kernel, options: PipelineOptions) {
    this.#kernel = kernel;
    this.#rounds = options.rounds;
    this.#clean = options.clean;
    this.#follow = options.follow;
  }

  /** WARN_ON_ONCE(!condition) */
  warn(condition: boolean, message: string): void {
    this.#kernel.assert(condition, `torture: ${message}`);
  }

  /** A task that does `body`; the last of them cleans up. */
  once(name: string, body: () => Op<void>, options: TaskOptions = {}): void {
    this.#left++;
    const done = () => this.done();
    const whole = function* (): Op<void> {
      yield* body();
      yield* done();
    };
    Object.defineProperty(whole, 'name', { value: name });
    this.#kernel.task(name, whole, options);
  }

  /** A task that does `body` round after round, some time apart. */
  user(name: string, body: () => Op<void>, rounds = this.#rounds, options: TaskOptions = {}): void {
    const kernel = this.#kernel;
    const repeat = function* (): Op<void> {
      for (let round = 0; round < rounds; round++) {
        yield* body();
        if (kernel.random(3) === 0) yield* kernel.scheduleTimeout(1);
      }
    };
    this.once(name, repeat, options);
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
    if (this.#follow !== undefined) yield* this.#follow();
    const seen = this.#current;
    if (this.#kernel.random(2) === 0) yield* this.#kernel.udelay(this.#kernel.random(20));
    // In pieces, so that ticks and whole grace periods fit in between.
    const pieces = this.#kernel.random(4) === 0 ? 6 : 0;
    for (let i = 0; i < pieces; i++) yield* this.#kernel.udelay(this.#kernel.random(6000));
    yield* this.use(seen);
  }

  /** Is preempted, and goes on using what it saw before, maybe on another CPU. */
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

  /** Frees what it replaced in a callback that queues itself until it was invoked `times` times. */
  *callingBack(call: (callback: () => Op<void>) => Op<void>, times = PIPE_LENGTH): Op<void> {
    const old = yield* this.replace();
    if (old === undefined) return;
    const { mm } = this.#kernel;
    let over = this.witness();
    const warn = this.warn.bind(this);
    const witness = this.witness.bind(this);
    const callback = function* freeTortured(): Op<void> {
      over();
      old.age++;
      warn(old.age <= times, 'a callback is invoked twice');
      if (old.age >= times) {
        yield* mm.kfree(old.memory);
        return;
      }
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

  /**
   * A callback from every CPU, and a barrier that must come after all of them: at once, or when the first of them is being invoked and is
   * on no list any more.
   */
  *barriers(call: (callback: () => Op<void>) => Op<void>, barrier: () => Op<void>): Op<void> {
    const kernel = this.#kernel;
    const left = new Set<number>();
    const queued = kernel.completion('torture_queued');
    const invoked = kernel.completion('torture_invoked');
    let queuing = kernel.cpus;
    for (let cpu = 0; cpu < kernel.cpus; cpu++) {
      left.add(cpu);
      const ran = function* beforeBarrier(): Op<void> {
        yield* invoked.complete();
        for (let pieces = kernel.random(4); pieces > 0; pieces--) yield* kernel.udelay(500);
        left.delete(cpu);
      };
      const queue = function* queueHere(): Op<void> {
        yield* call(ran);
        if (--queuing === 0) yield* queued.complete();
      };
      kernel.task(`queue${cpu}`, queue, { affinity: cpu });
    }
    yield* queued.wait();
    if (kernel.random(2) === 0) yield* invoked.wait();
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

  // --- hotplug

  /** Takes CPUs away, one or two at a time, and brings them back. */
  *plugging(rounds: number): Op<void> {
    const kernel = this.#kernel;
    for (let round = 0; round < rounds; round++) {
      const first = kernel.random(kernel.cpus);
      // With two the whole leaf goes.
      const both = kernel.cpus > 2 && (first ^ 1) < kernel.cpus && kernel.random(2) === 0;
      const away = both ? [first, first ^ 1] : [first];
      for (const cpu of away) {
        yield* kernel.cpuDown(cpu);
        this.result.plugged++;
      }
      yield* kernel.scheduleTimeout(1 + kernel.random(3));
      for (const cpu of away) yield* kernel.cpuUp(cpu);
      yield* kernel.scheduleTimeout(1 + kernel.random(3));
    }
  }
}
