import { type Kernel, type Op, type Scenario, scenario } from '../../sim/index.js';
import { type PipelineResult, TorturePipeline } from '../torturing/pipeline.js';
import { installTreeRcu } from '../tree/tree-rcu.js';
import { type TasksOptions, TasksRcu } from './tasks-rcu.js';

/** What a torture run of Tasks RCU does; everything has a default. */
export interface TasksTortureOptions {
  /** Default 2: tasks that are preempted in a trampoline stay so for a while. */
  cpus?: number;
  preemptRt?: boolean;
  /** Rounds of each user. Default 3. */
  rounds?: number;
  /** Callbacks of one flood. Default 8. */
  flood?: number;
  /** CPUs come and go. Default true. */
  hotplug?: boolean;
  /** Operations after which a run is given up. Default 400,000. */
  maxOperations?: number;
  /** Tasks by name, for a run that looks closer at some of them. Interrupts come in any case. Default all. */
  users?: readonly string[];
  tasks?: Omit<TasksOptions, 'rcu'>;
}

/**
 * A scenario in the spirit of rcutorture for Tasks RCU: tasks and interrupts run through a trampoline, a piece of code that nothing
 * marks, and updaters replace and free it, while CPUs come and go. `onResult` hears what it came to.
 */
export function tasksTorture(options: TasksTortureOptions, onResult: (result: PipelineResult) => void): Scenario {
  const { cpus = 2, preemptRt = false, maxOperations = 400_000 } = options;
  return scenario({ name: 'tasks-torture', cpus, preemptRt, maxOperations }, (kernel) => {
    const rcu = installTreeRcu(kernel, { fanoutLeaf: 2, fanout: 2 });
    const tasks = new TasksRcu(kernel, { contendLimit: 1, ...options.tasks, rcu });
    const torture = new TasksTorture(kernel, tasks, options);
    torture.start();
    kernel.machine.atEnd.push(() => onResult(torture.end()));
  });
}

class TasksTorture {
  readonly #kernel: Kernel;
  readonly #tasks: TasksRcu;
  readonly #pipe: TorturePipeline;
  readonly #flood: number;
  readonly #hotplug: boolean;
  readonly #users: readonly string[] | undefined;

  constructor(kernel: Kernel, tasks: TasksRcu, options: TasksTortureOptions) {
    this.#kernel = kernel;
    this.#tasks = tasks;
    this.#pipe = new TorturePipeline(kernel, { rounds: options.rounds ?? 3, clean: () => this.#cleanUp() });
    this.#flood = options.flood ?? 8;
    this.#hotplug = (options.hotplug ?? true) && kernel.cpus > 1;
    this.#users = options.users;
  }

  start(): void {
    const tasks = this.#tasks;
    const pipe = this.#pipe;
    const call = (callback: () => Op<void>) => tasks.call(callback);
    const users: Record<string, () => Op<void>> = {
      passing: () => this.#trampoline(() => pipe.look()),
      preempted: () => this.#trampoline(() => pipe.switchedOut()),
      lingering: () => this.#trampoline(() => this.#linger(24)),
      lingering2: () => this.#trampoline(() => this.#linger(24)),
      yielding: () => this.#trampoline(() => this.#giveWay()),
      masked: () => this.#masked(),
      user: () => this.#userMode(),
      looping: () => this.#looping(),
      synchronizing: () => pipe.synchronizing(() => tasks.synchronize()),
      calling: () => pipe.callingBack(call),
    };
    const chosen = this.#users ?? Object.keys(users);
    for (const [name, body] of Object.entries(users)) if (chosen.includes(name)) pipe.user(name, body);
    this.#interrupts();
    if (this.#users !== undefined) return;
    pipe.user('flooding', () => pipe.flooding(this.#flood, call), 2);
    pipe.user('swamping', () => pipe.flooding(this.#flood, call), 2);
    pipe.user('barrier', () => pipe.barriers(call, () => tasks.barrier()), 2);
    if (this.#hotplug) pipe.once('plug', () => pipe.plugging(2));
  }

  end(): PipelineResult {
    const { queues, stats } = this.#tasks;
    const left = queues.reduce((sum, queue) => sum + queue.callbacks.length, 0);
    this.#pipe.warn(left === 0, 'callbacks are left when all is over');
    this.#pipe.warn(stats.invoked === stats.queued, 'not as many callbacks were invoked as queued');
    return { ...this.#pipe.result, gracePeriods: stats.gracePeriods };
  }

  /** Interrupts run through the trampoline, too, whatever they interrupt: also an idle CPU. */
  #interrupts(): void {
    const handler = () => this.#trampoline(() => this.#linger(3));
    for (let cpu = 0; cpu < this.#kernel.cpus; cpu++)
      this.#kernel.irq(`torture${cpu}`, handler, { cpu, noThread: true, times: 8, after: 4_000_000 + 700_000 * cpu });
  }

  /** From the jump into the trampoline to the jump out of it. Nothing in it sleeps. */
  #trampoline(body: () => Op<void>): Op<void> {
    return this.#pipe.inside(body);
  }

  /** Lets others run without going to sleep: no quiescent state. */
  *#giveWay(): Op<void> {
    const seen = this.#pipe.current;
    for (let i = 0; i < 3; i++) {
      yield* this.#kernel.condResched();
      yield* this.#kernel.udelay(this.#kernel.random(4000));
    }
    yield* this.#pipe.use(seen);
  }

  /** Is preempted again and again. */
  *#linger(pieces: number): Op<void> {
    const seen = this.#pipe.current;
    for (let i = 0; i < pieces; i++) {
      this.#kernel.machine.cpu.needResched = true;
      yield* this.#kernel.udelay(this.#kernel.random(6000));
    }
    yield* this.#pipe.use(seen);
  }

  *#masked(): Op<void> {
    const flags = yield* this.#kernel.localIrqSave();
    yield* this.#trampoline(() => this.#pipe.look());
    yield* this.#kernel.localIrqRestore(flags);
  }

  /** Does not sleep, but is in user mode now and then. */
  *#userMode(): Op<void> {
    yield* this.#trampoline(() => this.#pipe.look());
    yield* this.#kernel.userMode(this.#kernel.random(9000));
    yield* this.#trampoline(() => this.#pipe.look());
  }

  /** Neither, but says where it is in no trampoline. */
  *#looping(): Op<void> {
    for (let i = 0; i < 4; i++) {
      yield* this.#trampoline(() => this.#pipe.look());
      yield* this.#tasks.condReschedQs();
    }
  }

  *#cleanUp(): Op<void> {
    yield* this.#pipe.retire(() => this.#tasks.synchronize());
    // A callback may have queued itself again: one round more than there are.
    yield* this.#tasks.barrier();
    yield* this.#tasks.barrier();
  }
}
