import { Access } from '../../explore/strategy.js';
import { ContextOps } from '../context-ops.js';
import type { Cpu } from '../cpu.js';
import type { Frame, Waitable } from '../frame.js';
import { InterruptSource } from '../interrupt-source.js';
import type { Machine } from '../machine.js';
import { type Body, instant, type Op, type OpKind } from '../op.js';
import { KickedThread } from '../work/kicked.js';
import { pushHardIrq } from './delivery.js';

/** A function call on another CPU: its caller spins until it is done. */
class RemoteCall implements Waitable {
  readonly id: number;
  readonly label: string;
  done = false;
  caller: Frame | undefined;

  constructor(machine: Machine, cpu: number, body: Body) {
    this.id = machine.newId();
    this.label = `smp_call_function_single(${cpu})`;
    const call = this;
    const run: Body = function* flushSmpCallFunctionQueue() {
      yield* body();
      call.done = true;
      if (call.caller !== undefined) machine.resume(call.caller);
    };
    const deliver = (_machine: Machine, at: Cpu) => pushHardIrq(machine, at, 'call_function', run, { threaded: false });
    const source = new InterruptSource(machine, this.label, cpu, deliver);
    source.isCall = true;
    source.arm(machine, machine.now);
  }

  owners(): readonly Frame[] {
    return [];
  }
}

const CALL: OpKind<Machine, boolean> = {
  label: 'smp_call_function_single',
  access: Access.Write,
  cost: 50,
  attempt(machine, _target, op) {
    op.value = op.stage !== 0;
    if (op.stage !== 0 || !machine.cpuOf(op.a).online) return true;
    const call = new RemoteCall(machine, op.a, op.b as Body);
    op.stage = 1;
    call.caller = op.frame;
    machine.block(call, false);
    return false;
  },
};

/**
 * smp_call_function_single(cpu, fn, wait=1): runs `body` on that CPU as an interrupt and waits for it, spinning. False: that CPU is
 * offline (-ENXIO).
 */
export function* smpCall(machine: Machine, cpu: number, body: Body): Op<boolean> {
  if (cpu !== machine.cpu.id) return yield* machine.arm(CALL, machine, cpu, body);
  const flags = yield* machine.arm(ContextOps.irqSave, machine);
  const here = cpu === machine.cpu.id;
  if (here) yield* body();
  yield* machine.arm(ContextOps.irqRestore, machine, flags);
  return here || (yield* machine.arm(CALL, machine, cpu, body));
}

const QUEUE: OpKind<IrqWork, void> = {
  label: 'irq_work_queue',
  access: Access.Write,
  cost: 15,
  attempt(_machine, work) {
    work.queueNow();
    return true;
  },
};

/** struct irq_work: runs soon after in a hard interrupt of the same CPU; on PREEMPT_RT in a thread, unless `hard`. */
export class IrqWork {
  readonly id: number;
  readonly label: string;
  readonly #machine: Machine;
  readonly #handler: Body;
  readonly #hard: boolean;
  readonly #source: InterruptSource;
  #thread: KickedThread | undefined;

  constructor(machine: Machine, name: string, handler: Body, hard: boolean) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.#handler = handler;
    this.#hard = hard;
    this.#source = new InterruptSource(machine, name, 0, (_machine, cpu) => this.#arrive(cpu));
  }

  /** irq_work_queue(): from any context, also under a raw_spinlock_t and from an NMI. */
  queue(): Op<void> {
    return this.#machine.arm(QUEUE, this);
  }

  queueNow(): void {
    if (this.#source.armed) return;
    this.#source.cpu = this.#machine.cpu.id;
    this.#source.arm(this.#machine, this.#machine.now);
  }

  #arrive(cpu: Cpu): void {
    const machine = this.#machine;
    if (this.#hard || !machine.config.preemptRt) {
      pushHardIrq(machine, cpu, this.label, this.#handler, { threaded: !this.#hard });
      return;
    }
    this.#thread ??= new KickedThread(machine, `irq_work/${cpu.id}`, { priority: 1, cpu: cpu.id }, this.#handler);
    const thread = this.#thread;
    const wake = instant('irqWorkWake', () => thread.kick());
    pushHardIrq(machine, cpu, 'irq_work', wake, { threaded: false });
  }
}
