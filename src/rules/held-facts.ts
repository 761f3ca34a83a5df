import type { HeldLockView } from '../model/context-view.js';
import { ReadKind } from '../model/events.js';
import { functionOf } from '../model/finding.js';
import { WaitType } from '../model/wait-type.js';
import type { LockFacts, WaitWord } from './facts.js';

/** A held lock of a recording or a simulation as conditions see it. */
export function lockFacts(lock: HeldLockView): LockFacts {
  return {
    name: lock.name,
    wait: waitWord(lock.waitInner),
    real: lock.real,
    checked: lock.checked,
    read: lock.read !== ReadKind.Write,
    trylock: lock.trylock,
    takenAt: functionOf(lock.takenAt),
  };
}

const WAIT_WORDS: Readonly<Record<number, WaitWord>> = {
  [WaitType.Free]: 'free',
  [WaitType.Spin]: 'spin',
  [WaitType.Config]: 'config',
  [WaitType.Sleep]: 'sleep',
};

function waitWord(wait: number): WaitWord {
  return WAIT_WORDS[wait] ?? 'unknown';
}

/** Class names of a run queue's lock: `__lock` since 5.14, with a nesting level where two are taken. */
const RUN_QUEUE_LOCK = /^&rq->(__)?lock([#/].*)?$/;
const SCHEDULER = new Set(['__schedule', 'schedule', '__sched_text_start', 'finish_task_switch']);

/**
 * How many of the innermost locks held at a switch the scheduler took itself. Whoever held a run queue's lock before
 * would have deadlocked on it, so its name is proof enough where the recording has no call sites.
 */
export function schedulerLocks(held: readonly HeldLockView[]): number {
  let count = 0;
  for (let index = held.length - 1; index >= 0; index--) {
    const lock = held[index];
    if (!lock || !(RUN_QUEUE_LOCK.test(lock.name) || SCHEDULER.has(functionOf(lock.takenAt)))) break;
    count++;
  }
  return count;
}
