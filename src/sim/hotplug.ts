import { Access } from '../explore/strategy.js';
import { CPU_RELAX } from './context-ops.js';
import type { Cpu } from './cpu.js';
import type { Waitable } from './frame.js';
import { maskIrqs, unmaskIrqs } from './irq/masking.js';
import { Softirq } from './irq/softirq-run.js';
import { Mutex } from './lock/mutex.js';
import { PercpuRwsem } from './lock/rwsem.js';
import type { Machine } from './machine.js';
import type { Body, Op, OpKind } from './op.js';
import { enqueue, unparkThreads } from './scheduler.js';
import type { Task } from './task.js';
import { Completion } from './wait/completion.js';
import { KickedThread } from './work/kicked.js';

/** sched_cpu_deactivate(): no more tasks come here, those that are here leave. */
const DEACTIVATE: OpKind<Cpu, void> = {
  label: 'sched_cpu_deactivate',
  access: Access.Write,
  cost: 100,
  attempt(machine, cpu) {
    cpu.active = false;
    for (const task of cpu.queue.splice(0)) enqueue(machine, task, cpu);
    return true;
  },
};

const EMPTINESS: Waitable = { label: 'an empty CPU', isEvent: true, owners: () => [] };

/**
 * Waits until only the CPU's own threads are left, with nothing to do, and parks them, but for cpuhp/N, which this is, and migration/N.
 * Looks again when the CPU goes idle. sched_cpu_wait_empty(), smpboot_park_threads()
 */
const AWAIT_EMPTY: OpKind<Cpu, void> = {
  label: 'sched_cpu_wait_empty',
  access: Access.Write,
  cost: 100,
  attempt(machine, cpu, op) {
    const { frame } = op;
    if (machine.tasks.every((task) => task.dead || task.cpu !== cpu.id || task === frame.task || stays(task))) {
      cpu.parked = true;
      return true;
    }
    cpu.emptyWatch = frame;
    machine.block(EMPTINESS, true);
    return false;
  },
};

function stays(task: Task): boolean {
  if (task.perCpu) return task.frames[task.frames.length - 1]?.waitingFor?.isParkPlace === true;
  return !task.running && !task.queued && task.migrateDisabled === 0;
}

/** take_cpu_down(): out of cpu_online_mask, unless a call of another CPU is still to be taken; interrupts off. */
const TAKE_DOWN: OpKind<Cpu, boolean> = {
  label: 'take_cpu_down',
  access: Access.Write,
  cost: 100,
  attempt(machine, cpu, op) {
    op.value = !machine.sources.some((source) => source.isCall && source.cpu === cpu.id);
    if (op.value === true) cpu.online = false;
    return true;
  },
};

/** The CPU goes idle for good at its next switch. */
const DIE: OpKind<Cpu, void> = {
  label: 'play_dead',
  access: Access.Write,
  cost: 100,
  attempt(_machine, cpu) {
    cpu.dying = true;
    return true;
  },
};

const DEATH: Waitable = { label: 'the death of a CPU', isEvent: true, owners: () => [] };

/** Waits until the CPU is dead, then takes its timers, interrupts and raised soft interrupts over. */
const AWAIT_DEATH: OpKind<Cpu, void> = {
  label: 'takedown_cpu',
  access: Access.Write,
  cost: 100,
  attempt(machine, cpu, op) {
    if (!cpu.dead) {
      cpu.deathWatch = op.frame;
      machine.block(DEATH, true);
      return false;
    }
    takeOver(machine, cpu);
    return true;
  },
};

const POWER_ON: OpKind<Cpu, void> = {
  label: 'bringup_cpu',
  access: Access.Write,
  cost: 1000,
  attempt(machine, cpu) {
    cpu.dead = false;
    if (cpu.clock < machine.now) cpu.clock = machine.now;
    unmaskIrqs(machine, cpu, 0);
    machine.dirty = true;
    return true;
  },
};

/** set_cpu_online(), or sched_cpu_activate() when `op.a` is 1. */
const MARK: OpKind<Cpu, void> = {
  label: 'set_cpu_online',
  access: Access.Write,
  cost: 20,
  attempt(_machine, cpu, op) {
    cpu.online = true;
    if (op.a === 1) cpu.active = true;
    return true;
  },
};

const UNPARK: OpKind<Cpu, void> = {
  label: 'smpboot_unpark_threads',
  access: Access.Write,
  cost: 20,
  attempt(machine, cpu) {
    unparkThreads(machine, cpu);
    return true;
  },
};

const KICK: OpKind<KickedThread, void> = {
  label: 'wake_up_process',
  access: Access.Write,
  cost: 20,
  attempt(_machine, thread) {
    thread.kick();
    return true;
  },
};

/** A thread of a CPU's own that runs what it is given, while the giver waits. */
class CpuThread {
  readonly #machine: Machine;
  readonly #thread: KickedThread;
  readonly #done: Completion;
  #body: Body | undefined;

  constructor(machine: Machine, name: string, cpu: Cpu) {
    this.#machine = machine;
    // As urgent as the stop class: nothing else of the CPU goes before it.
    const options = { affinity: cpu.id, perCpu: true, hotplug: true, priority: 99 };
    this.#thread = new KickedThread(machine, `${name}/${cpu.id}`, options, () => this.#run());
    this.#done = new Completion(machine, `${name}_done`);
  }

  /** Wakes the thread, which runs `body`. */
  *start(body: Body): Op<void> {
    this.#body = body;
    yield* this.#machine.arm(KICK, this.#thread);
  }

  /** {@link start}, and waits until it has. */
  *call(body: Body): Op<void> {
    const done = this.#done;
    yield* this.start(function* cpuhpThreadFun() {
      yield* body();
      yield* done.complete();
    });
    yield* done.wait();
  }

  *#run(): Op<void> {
    const body = this.#body;
    this.#body = undefined;
    if (body !== undefined) yield* body();
  }
}

/**
 * CPU hotplug (kernel/cpu.c): the task that plugs holds `cpu_hotplug_lock`; cpuhp/N runs what must be on the CPU and may sleep,
 * migration/N its last steps with interrupts off. The other CPUs are not stopped meanwhile: each step is one operation.
 */
export class Hotplug {
  /** cpu_hotplug_lock: readers keep CPUs from coming and going. */
  readonly lock: PercpuRwsem;
  readonly #machine: Machine;
  readonly #maps: Mutex;
  readonly #threads = new Map<string, CpuThread>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.lock = new PercpuRwsem(machine, 'cpu_hotplug_lock');
    this.#maps = new Mutex(machine, 'cpu_add_remove_lock');
  }

  /** cpu_down(): tasks leave, the CPU's threads are parked, it takes itself out, others take over what it had to do. */
  *down(cpu: Cpu): Op<void> {
    yield* this.#maps.guard(() => this.lock.writeGuard(() => this.#down(cpu)));
  }

  /** cpu_up() */
  *up(cpu: Cpu): Op<void> {
    yield* this.#maps.guard(() => this.lock.writeGuard(() => this.#up(cpu)));
  }

  *#down(cpu: Cpu): Op<void> {
    if (!cpu.online) return;
    const { hooks, cpus } = this.#machine;
    if (!cpus.some((other) => other.active && other !== cpu)) throw new RangeError(`cpu ${cpu.id} is the last one`);
    yield* this.#thread('cpuhp', cpu).call(() => this.#empty(cpu));
    yield* this.#thread('migration', cpu).start(() => this.#takeDown(cpu));
    yield* this.#machine.arm(AWAIT_DEATH, cpu);
    if (hooks.cpuDead !== undefined) yield* hooks.cpuDead(cpu);
  }

  /** In cpuhp/N. */
  *#empty(cpu: Cpu): Op<void> {
    const machine = this.#machine;
    yield* machine.arm(DEACTIVATE, cpu);
    if (machine.hooks.cpuOffline !== undefined) yield* machine.hooks.cpuOffline(cpu);
    yield* machine.arm(AWAIT_EMPTY, cpu);
  }

  /** In migration/N. */
  *#takeDown(cpu: Cpu): Op<void> {
    const machine = this.#machine;
    yield* machine.arm(IRQS, cpu, 0);
    while (!(yield* machine.arm(TAKE_DOWN, cpu))) {
      yield* machine.arm(IRQS, cpu, 1);
      yield* machine.arm(CPU_RELAX, machine);
      yield* machine.arm(IRQS, cpu, 0);
    }
    if (machine.hooks.cpuDying !== undefined) yield* machine.hooks.cpuDying(cpu);
    // Interrupts stay off: it goes from here into the idle loop and no further.
    yield* machine.arm(DIE, cpu);
  }

  *#up(cpu: Cpu): Op<void> {
    if (cpu.online) return;
    const { hooks } = this.#machine;
    if (hooks.cpuPrepare !== undefined) yield* hooks.cpuPrepare(cpu);
    yield* this.#machine.arm(POWER_ON, cpu);
    yield* this.#thread('cpuhp', cpu).call(() => this.#start(cpu));
  }

  /** In cpuhp/N: notify_cpu_starting() and the states up to CPUHP_ONLINE. */
  *#start(cpu: Cpu): Op<void> {
    const machine = this.#machine;
    const { hooks } = machine;
    yield* machine.arm(IRQS, cpu, 0);
    if (hooks.cpuStarting !== undefined) yield* hooks.cpuStarting(cpu);
    yield* machine.arm(MARK, cpu, 0);
    yield* machine.arm(IRQS, cpu, 1);
    yield* machine.arm(UNPARK, cpu);
    if (hooks.cpuOnline !== undefined) yield* hooks.cpuOnline(cpu);
    yield* machine.arm(MARK, cpu, 1);
  }

  #thread(name: string, cpu: Cpu): CpuThread {
    const key = `${name}/${cpu.id}`;
    let thread = this.#threads.get(key);
    if (thread === undefined) {
      thread = new CpuThread(this.#machine, name, cpu);
      this.#threads.set(key, thread);
    }
    return thread;
  }
}

/** Hard interrupts of the running CPU: off, or with `op.a` 1 on. */
const IRQS: OpKind<Cpu, void> = {
  label: 'local_irq_disable',
  access: Access.None,
  cost: 5,
  attempt(machine, cpu, op) {
    if (op.a === 0) maskIrqs(machine, cpu, op.ip);
    else unmaskIrqs(machine, cpu, op.ip);
    return true;
  },
};

/** irq_migrate_all_off_this_cpu(), hrtimers_cpu_dying(), timers_dead_cpu(), takeover_tasklets(): what was to come at a dead CPU. */
function takeOver(machine: Machine, dead: Cpu): void {
  const by = machine.cpu;
  for (const source of machine.sources) if (source.cpu === dead.id) source.cpu = by.id;
  if (machine.timers.takeOver(dead, by)) machine.softirqs.raise(by, Softirq.Timer);
  if (machine.hrtimers.takeOver(dead, by)) machine.softirqs.raise(by, Softirq.Hrtimer);
  if (machine.tasklets.takeOver(dead, by)) machine.softirqs.raise(by, Softirq.Tasklet);
  // The rest of what was raised is looked at again when the CPU is back.
  dead.softirqPending = 0;
  machine.dirty = true;
}
