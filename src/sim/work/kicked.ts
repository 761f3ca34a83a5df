import { Access } from '../../explore/strategy.js';
import { Frame, FrameKind, type Waitable } from '../frame.js';
import type { Machine } from '../machine.js';
import type { Body, Op, OpKind } from '../op.js';
import type { Task, TaskOptions } from '../task.js';

const AWAIT: OpKind<KickedThread, void> = {
  label: 'schedule',
  access: Access.Write,
  cost: 20,
  attempt(machine, thread, op) {
    if (op.stage !== 0 || thread.kicks > 0) return true;
    op.stage = 1;
    machine.block(thread, true);
    return false;
  },
};

/** A kernel thread that does its work once for every kick and sleeps otherwise: interrupt threads, workers. */
export class KickedThread implements Waitable {
  readonly id: number;
  readonly label: string;
  readonly isParkPlace = true;
  readonly task: Task;
  kicks = 0;
  readonly #machine: Machine;

  constructor(machine: Machine, name: string, options: TaskOptions, body: Body) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = `${name}: nothing to do`;
    const loop = () => this.#loop(body);
    this.task = machine.newTask(
      name,
      { ...options, kthread: true },
      (task) => new Frame(machine, FrameKind.Task, name, task, loop),
    );
  }

  owners(): readonly Frame[] {
    return [];
  }

  /** One more round; from any context, as part of an operation. */
  kick(): void {
    this.kicks++;
    const frame = this.task.frames[0];
    if (frame?.waitingFor === this) this.#machine.resume(frame);
  }

  *#loop(body: Body): Op<void> {
    for (;;) {
      yield* this.#machine.arm(AWAIT, this);
      this.kicks--;
      yield* body();
    }
  }
}
