import fc from 'fast-check';
import { isReal, type Kind, MODES, type Mode, traitsOf } from './kinds.js';
import type { Lock, Script } from './script.js';

/** One random step; what is impossible at the moment is left out by {@link play}. */
export type Step =
  | { do: 'take'; lock: number; mode: number; trylock: boolean; subclass: number; nested: boolean }
  | { do: 'release'; which: number }
  | { do: 'downgrade'; which: number }
  | { do: 'task'; pid: number }
  | { do: 'irqs' | 'bh' | 'hardirq' | 'threaded' | 'softirq' | 'leave' };

const take = fc.record({
  do: fc.constant('take' as const),
  lock: fc.nat(11),
  mode: fc.nat(2),
  trylock: fc.boolean().map((trylock) => trylock),
  subclass: fc.constantFrom(0, 0, 0, 1),
  nested: fc.constantFrom(false, false, false, true),
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: take },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.constantFrom(0, 0, 0, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('downgrade' as const), which: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('task' as const), pid: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('irqs', 'bh', 'hardirq', 'threaded', 'softirq', 'leave', 'leave' as const),
    }) as fc.Arbitrary<Step>,
  },
);

/** What a task has open: contexts with the locks taken in each. */
interface Frame {
  readonly context: 'task' | 'hardirq' | 'softirq';
  readonly locks: Lock[];
  irqsOff: boolean;
  bhOff: boolean;
  leave(): void;
}

/** Two instances of each of six classes. */
export function makeLocks(script: Script, kinds: readonly Kind[]): Lock[] {
  const first = kinds.map((kind, i) => script.lock('ABCDEFGH'[i] ?? 'Z', kind));
  return [...first, ...first.map((lock) => script.sibling(lock))];
}

/** Plays the steps as a kernel would, each task on its own CPU, and releases everything in the end. */
export function play(
  script: Script,
  locks: readonly Lock[],
  steps: readonly Step[],
  pidOf = (task: number) => task,
): void {
  const stacks = new Map<number, Frame[]>();
  let current = 1;
  const base = (): Frame => ({ context: 'task', locks: [], irqsOff: false, bhOff: false, leave: () => {} });
  const frames = (): Frame[] => {
    let stack = stacks.get(current);
    if (stack === undefined) {
      stack = [base()];
      stacks.set(current, stack);
    }
    return stack;
  };
  const top = (): Frame => frames().at(-1) ?? base();
  const close = (): void => {
    const frame = top();
    while (frame.locks.length > 0) script.release(frame.locks.pop() as Lock);
    if (frame.bhOff) script.bhOn();
    if (frame.irqsOff) script.irqsOn();
    frame.bhOff = false;
    frame.irqsOff = false;
    if (frames().length > 1) frames().pop();
    frame.leave();
  };
  script.as(pidOf(1), 1);
  for (const one of steps) {
    const frame = top();
    const irqsOff = frames().some((other) => other.irqsOff || other.context === 'hardirq');
    const bhOff = frames().some((other) => other.bhOff || other.context === 'softirq');
    if (one.do === 'take') {
      const lock = locks[one.lock % locks.length];
      if (lock === undefined || frames().some((other) => other.locks.includes(lock))) continue;
      const modes = traitsOf(lock.kind).modes;
      const mode: Mode = modes[one.mode % modes.length] ?? MODES[0] ?? 'W';
      // A nest lock that is no real lock is an acquire context of wound/wait mutexes, which have rules of their own.
      const [outermost] = frame.locks;
      const nest = one.nested && outermost && isReal(outermost.kind) ? outermost : undefined;
      // Under a nest lock, the same class at the top is counted, not stacked: not in these scripts.
      const folds = nest !== undefined && frame.locks.at(-1)?.name === lock.name;
      script.take(lock, { mode, trylock: one.trylock, subclass: one.subclass, ...(nest && !folds && { nest }) });
      frame.locks.push(lock);
    } else if (one.do === 'release') {
      const at = frame.locks.length - 1 - one.which;
      for (const lock of at < 0 ? [] : frame.locks.splice(at, 1)) script.release(lock);
    } else if (one.do === 'downgrade') {
      const lock = frame.locks[frame.locks.length - 1 - one.which];
      if (lock?.kind === 'rwsem') script.downgrade(lock);
    } else if (one.do === 'task') {
      current = one.pid;
      script.as(pidOf(current), current);
    } else if (one.do === 'irqs') {
      if (frame.irqsOff) script.irqsOn();
      else if (irqsOff) continue;
      else script.irqsOff();
      frame.irqsOff = !frame.irqsOff;
    } else if (one.do === 'bh') {
      if (irqsOff || (bhOff && !frame.bhOff)) continue;
      if (frame.bhOff) script.bhOn();
      else script.bhOff();
      frame.bhOff = !frame.bhOff;
    } else if (one.do === 'leave') {
      if (frames().length > 1) close();
    } else if (one.do === 'softirq') {
      if (irqsOff || bhOff) continue;
      frames().push({ ...base(), context: 'softirq', locks: [], leave: script.enterSoftirq() });
    } else {
      if (irqsOff) continue;
      frames().push({ ...base(), context: 'hardirq', locks: [], leave: script.enterHardirq(one.do === 'threaded') });
    }
  }
  for (const task of stacks.keys()) {
    current = task;
    script.as(pidOf(task), task);
    while (frames().length > 1) close();
    close();
  }
}
