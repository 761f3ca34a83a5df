import { Access } from '../../explore/strategy.js';
import type { Waitable } from '../frame.js';
import { noteMightSleep } from '../lock/primitive.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import { Timeout } from './timeout.js';

const TIME: Waitable = { label: 'timeout', isEvent: true, owners: () => [] };

const SCHEDULE_TIMEOUT: OpKind<Machine, void> = {
  label: 'schedule_timeout',
  access: Access.None,
  cost: 20,
  attempt(machine, _target, op) {
    if (op.stage !== 0) return true;
    op.stage = 1;
    noteMightSleep(machine, op);
    const timeout = op.b as Timeout;
    timeout.start();
    machine.block(TIME, true);
    return false;
  },
};

/** schedule_timeout_uninterruptible(): sleeps for that many jiffies. */
export function scheduleTimeout(machine: Machine, jiffies: number): Op<void> {
  return machine.arm(SCHEDULE_TIMEOUT, machine, 0, new Timeout(machine, jiffies));
}
