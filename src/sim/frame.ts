import type { Cpu } from './cpu.js';
import type { Machine } from './machine.js';
import { type Op, type Pause, PendingOp } from './op.js';
import type { Task } from './task.js';

/** What kind of context a frame is. */
export const FrameKind = {
  Task: 0,
  /** Soft interrupt handlers, on the interrupted context (on PREEMPT_RT: within the task that runs them). */
  SoftIrq: 1,
  HardIrq: 2,
  Nmi: 3,
  /** Kernel code that runs as part of the interrupted task: scheduler hooks. */
  Inline: 4,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Why a frame does not run although it could be its turn. */
export const FrameState = {
  Runnable: 0,
  /** Spins on its CPU until another context releases something. */
  Spinning: 1,
  /** Off its CPU (the task is not runnable). */
  Sleeping: 2,
  Done: 3,
} as const;
export type FrameState = (typeof FrameState)[keyof typeof FrameState];

/** Something that a context can wait for and that someone holds or signals: the nodes of the wait-for graph. */
export interface Waitable {
  /** Class name of the lock or event. */
  readonly label: string;
  /** A sleep that any wake-up of the task ends; a lock is only got from its owner. */
  readonly isEvent?: boolean;
  /** Where a thread waits for work: it may be parked there. */
  readonly isParkPlace?: boolean;
  /** Contexts that could end the wait; empty: nobody in particular (an event). */
  owners(): readonly Frame[];
}

/** One context of execution: a body being run, and the operation it is in. */
export class Frame {
  readonly kind: FrameKind;
  readonly name: string;
  /** Name id of the body's function: the call site of its operations unless sites are traced. */
  readonly fn: number;
  /** The task that it runs in (for interrupts: that it interrupted). */
  readonly task: Task;
  readonly op: PendingOp;
  state: FrameState = FrameState.Runnable;
  waitingFor: Waitable | undefined = undefined;
  /** Result of the last wait, set by who ends it (0: none). */
  wakeReason = 0;
  /** Interrupt frames: hard interrupts were on before. */
  irqsWereOn = false;
  /** Runs when the body is finished, before the frame goes away. */
  onExit: ((cpu: Cpu) => void) | undefined = undefined;
  readonly #body: () => Op<unknown>;
  /** Made when it first runs: a body may return an operation, which belongs to whoever runs then. */
  #generator: Iterator<Pause, unknown, undefined> | undefined = undefined;

  constructor(machine: Machine, kind: FrameKind, name: string, task: Task, body: () => Op<unknown>) {
    this.kind = kind;
    this.name = name;
    this.fn = machine.names.intern(body.name === '' || body.name === 'body' ? name : body.name);
    this.task = task;
    this.op = new PendingOp(machine, this);
    this.#body = body;
  }

  get runnable(): boolean {
    return this.state === FrameState.Runnable;
  }

  /** Runs until the next pause; true when the body is finished. */
  resume(): boolean {
    this.#generator ??= this.#body()[Symbol.iterator]();
    return this.#generator.next().done === true;
  }
}
