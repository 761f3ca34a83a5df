import type { Cpu } from './cpu.js';
import type { Machine } from './machine.js';

/** What an interrupt does when it arrives: pushes a context onto the CPU. */
export type Delivery = (machine: Machine, cpu: Cpu) => void;

/** Something that can interrupt a CPU: a device line, a timer, an IPI. Armed: it will arrive, once. */
export class InterruptSource {
  readonly id: number;
  readonly label: string;
  /** Not masked by local_irq_disable(). */
  readonly nmi: boolean;
  cpu: number;
  due = 0;
  armed = false;
  /** The run does not end while it is armed. */
  readonly keepsAlive: boolean;
  /** A call of that CPU: a CPU that goes away must have taken it. */
  isCall = false;
  /** Its handler runs: what arrives meanwhile waits for the end, also where the handler has turned interrupts on. */
  inProgress = false;
  readonly #deliver: Delivery;

  constructor(machine: Machine, label: string, cpu: number, deliver: Delivery, nmi = false, keepsAlive = true) {
    this.id = machine.newId();
    this.label = label;
    this.cpu = cpu;
    this.nmi = nmi;
    this.keepsAlive = keepsAlive;
    this.#deliver = deliver;
  }

  /** Will arrive at `due` (ns; part of one counts as one: nothing comes early) or later. Arming an armed source moves it. */
  arm(machine: Machine, due: number): void {
    this.due = Math.ceil(due);
    if (machine.cpuOf(this.cpu).dead) this.cpu = machine.cpu.id;
    if (!this.armed) {
      this.armed = true;
      machine.sources.push(this);
    }
    machine.dirty = true;
  }

  /** Will not arrive. True: it was armed. */
  disarm(machine: Machine): boolean {
    if (!this.armed) return false;
    this.armed = false;
    const at = machine.sources.indexOf(this);
    machine.sources.splice(at, 1);
    machine.dirty = true;
    return true;
  }

  /** Its CPU takes it now. */
  deliverable(machine: Machine): boolean {
    const cpu = machine.cpuOf(this.cpu);
    if (cpu.dead || this.inProgress) return false;
    return this.nmi ? cpu.nmiDepth === 0 : !cpu.irqsOff;
  }

  /** Arrives. */
  fire(machine: Machine): void {
    const cpu = machine.cpuOf(this.cpu);
    this.disarm(machine);
    cpu.interrupts++;
    this.#deliver(machine, cpu);
  }
}
