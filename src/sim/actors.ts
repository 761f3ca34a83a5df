import { type Actor, ActorKind, type Choice, type PendingView } from '../explore/strategy.js';
import type { Cpu } from './cpu.js';
import type { InterruptSource } from './interrupt-source.js';
import type { Machine } from './machine.js';

/** An entry of the list of what may move, reused. */
class Slot implements Actor {
  kind: ActorKind = ActorKind.Cpu;
  cpu = 0;
  id = 0;
  source: InterruptSource | undefined = undefined;
  #of: Cpu | undefined = undefined;
  #due = 0;

  set(kind: ActorKind, cpu: Cpu, id: number, due: number, source: InterruptSource | undefined): void {
    this.kind = kind;
    this.#of = cpu;
    this.cpu = cpu.id;
    this.id = id;
    this.#due = due;
    this.source = source;
  }

  get due(): number {
    return this.kind === ActorKind.Cpu && this.#of !== undefined ? this.#of.clock : this.#due;
  }

  get pending(): PendingView | undefined {
    const op = this.kind === ActorKind.Cpu ? this.#of?.top?.op : undefined;
    return op?.armed === true ? op : undefined;
  }
}

/** The list of what may move next, kept up to date on demand. */
export class Actors implements Choice {
  count = 0;
  readonly actors: Slot[] = [];
  previous = -1;
  step = 0;
  /** Time at which something becomes due that is not offered yet. */
  nextDue = Number.POSITIVE_INFINITY;

  /** Lists everything that may move now. */
  refresh(machine: Machine): void {
    this.count = 0;
    this.nextDue = Number.POSITIVE_INFINITY;
    this.previous = -1;
    const last = machine.cpu;
    for (const cpu of machine.cpus) {
      if (!cpu.canStep) continue;
      if (cpu === last) this.previous = this.count;
      const top = cpu.stack[cpu.stack.length - 1];
      this.#add(ActorKind.Cpu, cpu, top === undefined ? cpu.current.pid : 0x10000 + cpu.id, cpu.clock, undefined);
    }
    for (const source of machine.sources) {
      if (!source.deliverable(machine)) continue;
      this.#offer(
        machine,
        ActorKind.Interrupt,
        machine.cpuOf(source.cpu),
        0x10000 + 64 + source.id,
        source.due,
        source,
      );
    }
    if (machine.config.preemptCount) this.#ticks(machine);
  }

  #ticks(machine: Machine): void {
    for (const cpu of machine.cpus) {
      if (cpu.queue.length === 0 || cpu.current.idle || cpu.needResched || cpu.irqsOff || cpu.dead) continue;
      if (cpu.current.policy !== 'fair' || !cpu.queue.some((task) => task.prio <= cpu.current.prio)) continue;
      const due = cpu.current.startedAt + machine.config.timeSlice;
      this.#offer(machine, ActorKind.Tick, cpu, 0x20000 + cpu.id, due, undefined);
    }
  }

  #offer(
    machine: Machine,
    kind: ActorKind,
    cpu: Cpu,
    id: number,
    due: number,
    source: InterruptSource | undefined,
  ): void {
    if (machine.strategy.anyTime || due <= machine.now) this.#add(kind, cpu, id, due, source);
    else if (due < this.nextDue) this.nextDue = due;
  }

  #add(kind: ActorKind, cpu: Cpu, id: number, due: number, source: InterruptSource | undefined): void {
    let slot = this.actors[this.count];
    if (slot === undefined) {
      slot = new Slot();
      this.actors.push(slot);
    }
    slot.set(kind, cpu, id, due, source);
    this.count++;
  }
}
