import { Access } from '../../explore/strategy.js';
import { WaitKind } from '../../model/events.js';
import { noteMightSleep } from '../lock/primitive.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import type { Task } from '../task.js';
import { WaitObject, wakeWaiter } from '../wait/wait-object.js';

const STOP: OpKind<Stop, void> = {
  label: 'kthread_stop',
  access: Access.Write,
  cost: 20,
  attempt(machine, stop, op) {
    if (op.stage === 0) {
      op.stage = 1;
      noteMightSleep(machine, op);
      stop.event.noteBegin(op);
      stop.task.shouldStop = true;
      const frame = stop.task.frames[0];
      if (frame !== undefined) wakeWaiter(machine, frame);
      if (!stop.task.dead) {
        machine.onExit(stop.task, () => machine.resume(op.frame));
        machine.block(stop.event, true);
        return false;
      }
    }
    stop.event.noteEnd();
    return true;
  },
};

interface Stop {
  readonly task: Task;
  readonly event: WaitObject;
}

/** kthread_stop(): sets the flag, wakes the thread, and sleeps until it has exited. */
export function kthreadStop(machine: Machine, task: Task): Op<void> {
  const event = new WaitObject(machine, `exit of ${task.comm}`, WaitKind.Thread);
  return machine.arm(STOP, { task, event });
}
