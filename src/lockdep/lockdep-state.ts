import type { NameTable } from '../model/names.js';
import { ChainTable } from './chain-table.js';
import { type Catalogue, ClassTable } from './class-table.js';
import { DependencyGraph } from './dependency-graph.js';
import { FindingCollector, type FindingRecord } from './finding-collector.js';
import { KernelVerdict } from './kernel-verdict.js';
import { ProvisionalClaims } from './provisional.js';
import { SiteWriter } from './site.js';
import { StrongPathSearch } from './strong-path.js';
import { TaskState } from './task-state.js';
import { WaitEvents } from './wait-events.js';

/** What a validator needs to know of the recording. */
export interface ValidatorOptions {
  names: NameTable;
  /** Path that findings name as their file. */
  file: string;
  /** What one second is in EventHeader.time: 1e9 for nanoseconds. */
  ticksPerSecond?: number;
  /** Key of lock classes that are never validated, where the recording tells. */
  noValidateKey?: { hi: number; lo: number };
  /** Kinds of locks by name, for recordings without wait types. */
  catalogue?: Catalogue;
  /** The events come from a simulation: no lockdep but this one watched them. */
  simulated?: boolean;
  /** No event is missing: what looks like a lost release is a fault. */
  whole?: boolean;
}

/** State of a CPU as events tell it. */
export class CpuState {
  readonly id: number;
  /** The idle task of this CPU. */
  readonly idle = new TaskState(0);
  task: TaskState;
  /** Interrupt context that lockdep's bits told last, for events that tell none. */
  irqContext = 0;
  /** Nesting by irq_handler_entry and softirq_entry events. */
  hardirqDepth = 0;
  softirqDepth = 0;
  /** lockdep's word on whether interrupts are on, as long as it can be trusted. */
  lockdepIrqsOn: boolean | undefined = undefined;
  /** Interrupts are off; undefined until an event tells. */
  hardirqsOff: boolean | undefined = undefined;
  /** The running hard interrupt would be threaded; undefined until an acquisition in it tells. */
  hardirqThreaded: boolean | undefined = undefined;
  constructor(id: number) {
    this.id = id;
    this.task = this.idle;
  }
}

/** Everything the validator knows; its checks are functions over it. */
export class LockdepState {
  readonly cpus: CpuState[] = [];
  readonly classes: ClassTable;
  readonly chains = new ChainTable();
  readonly graph = new DependencyGraph();
  readonly search = new StrongPathSearch(this.graph);
  readonly findings = new FindingCollector((record) => this.#watch(record));
  readonly kernelVerdict = new KernelVerdict();
  readonly claims = new ProvisionalClaims(this.graph, () => this.chains.forgetValidations());
  readonly sites: SiteWriter;
  readonly tasks = new Map<number, TaskState>();
  /** Classes found inconsistent for an interrupt kind (`class * 2 + kind`): inversions to them say nothing new. */
  readonly inconsistent = new Set<number>();
  /** The recorder said that it dropped events. */
  lostEvents = false;
  /** Held locks whose release was recognised as lost. */
  lostReleases = 0;
  /** Releases of locks that were taken before the recording began, or while events were lost. */
  unknownReleases = 0;
  /** Nestings within one class that cannot be judged without subclasses. */
  unjudgedNestings = 0;
  /** Dependencies that closed a cycle and were kept out of the graph, each as often as it was met in a chain that was new. */
  refused = 0;
  /**
   * All orders are known: a dependency that closes a cycle is judged by the rules of interrupts, too, since an order that has been met before
   * it would have let it in, and each cycle is told that it closes.
   */
  reconsiders = false;
  /** CPU of the event at hand. */
  current: CpuState = this.cpu(0);
  /** irq_enable events exist: interrupts are not inferred from the flags of later events. */
  seesIrqEvents = false;

  /** Acquisitions so far, counted in simulations only. */
  acquisitions = 0;
  /** Waits and their signals; they exist in simulations only. */
  readonly waits = new WaitEvents(this);
  readonly simulated: boolean;
  readonly #whole: boolean;

  constructor(options: ValidatorOptions) {
    this.simulated = options.simulated ?? false;
    this.#whole = options.whole ?? false;
    this.sites = new SiteWriter(options.names, options.file, options.ticksPerSecond ?? 1e9);
    this.classes = new ClassTable(
      (name) => options.names.text(name),
      options.catalogue ?? (() => undefined),
      options.noValidateKey,
    );
  }

  /** Every event is there: what looks like a lost release is a fault. */
  get isWhole(): boolean {
    return this.#whole && !this.lostEvents;
  }

  #watch(record: FindingRecord): void {
    const { current } = this;
    if (this.simulated || current.lockdepIrqsOn === undefined) return;
    this.kernelVerdict.watch(record, current.id, current.lockdepIrqsOn);
  }

  cpu(id: number): CpuState {
    let cpu = this.cpus[id];
    if (cpu === undefined) {
      cpu = new CpuState(id);
      this.cpus[id] = cpu;
    }
    return cpu;
  }

  /** The task ended: it holds nothing, but its CPU hears of it once more, when the scheduler's lock is released. */
  bury(task: TaskState): void {
    this.tasks.delete(task.pid);
    task.depth = 0;
    task.preemptOffHeld = 0;
    task.dead = task.pid !== 0;
  }

  /** The task is gone; its pid may come again, on the same CPU. */
  forgetTask(pid: number): void {
    if (!this.tasks.delete(pid)) return;
    for (const cpu of this.cpus) if (cpu?.task.pid === pid) cpu.task = cpu.idle;
  }

  task(pid: number, cpu: CpuState): TaskState {
    if (pid === 0) return cpu.idle;
    let task = this.tasks.get(pid);
    if (task === undefined) {
      task = new TaskState(pid);
      task.birth = this.acquisitions;
      this.tasks.set(pid, task);
    }
    return task;
  }
}
