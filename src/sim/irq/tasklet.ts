import { Access } from '../../explore/strategy.js';
import type { Machine } from '../machine.js';
import type { Body, Op, OpKind } from '../op.js';
import { Softirq } from './softirq-run.js';

const SCHEDULE: OpKind<Tasklet, void> = {
  label: 'tasklet_schedule',
  access: Access.Write,
  cost: 10,
  attempt(machine, tasklet) {
    if (tasklet.scheduled) return true;
    tasklet.scheduled = true;
    machine.tasklets.add(machine.cpu, () => tasklet.run());
    machine.softirqs.raise(machine.cpu, Softirq.Tasklet);
    return true;
  },
};

/** struct tasklet_struct: runs once in a soft interrupt for any number of schedules before it. */
export class Tasklet {
  readonly id: number;
  readonly label: string;
  scheduled = false;
  readonly #machine: Machine;
  readonly #handler: Body;

  constructor(machine: Machine, name: string, handler: Body) {
    this.#machine = machine;
    this.id = machine.newId();
    this.label = name;
    this.#handler = handler;
  }

  /** tasklet_schedule() */
  schedule(): Op<void> {
    return this.#machine.arm(SCHEDULE, this);
  }

  *run(): Op<void> {
    this.scheduled = false;
    yield* this.#handler();
  }
}
