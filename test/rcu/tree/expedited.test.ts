import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/explore/strategy.js';
import { installTreeRcu, type TreeRcu } from '../../../src/rcu/index.js';
import type { Kernel, Op } from '../../../src/sim/index.js';
import { run } from '../../sim/recorder.js';
import { HoldingStrategy } from '../holding-strategy.js';

function* spinUntil(kernel: Kernel, condition: () => boolean): Op<void> {
  while (!condition()) yield* kernel.cpuRelax();
}

describe('expedited grace periods', () => {
  // The reader has left its leaf, but not told of it, when the grace period that it held up ends by another's report and the next
  // begins: the masks of the root are made anew by then, those of the leaf are not.
  it('a reader that is not the last of its leaf reports nothing to the nodes above', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const at = { blocks: false, left: false, firstOver: false, again: false, told: false, open: false };
      let tree: TreeRcu | undefined;
      let late = false;
      const hasLeft = ({ leaves: [, leaf] }: TreeRcu): boolean => {
        at.blocks ||= leaf?.readersBlockExp === true;
        at.left ||= at.blocks && leaf?.readersBlockExp === false && leaf.lock.owner === undefined;
        return at.left;
      };
      const held = (actor: Actor): boolean => {
        if (tree === undefined || !hasLeft(tree)) return false;
        const { root, leaves } = tree;
        const secondBegan =
          at.firstOver && root.expmask !== 0 && leaves[1]?.expmask === 0 && root.lock.owner === undefined;
        late ||= secondBegan;
        // The one with the report to make: until the next grace period has begun. The one that begins it: until the report is made.
        if (actor.cpu === 2 && !at.told) return !late;
        return actor.cpu === 0 && secondBegan && !at.told;
      };
      const { outcome, reports } = run(
        (kernel) => {
          const rcu = installTreeRcu(kernel, { fanoutLeaf: 2, fanout: 2, boost: false });
          tree = rcu;
          const leaf = rcu.dataOf(2).node;
          kernel.task(
            'reader',
            function* readSwitchedOut() {
              yield* rcu.readLock();
              kernel.machine.cpu.needResched = true;
              yield* kernel.udelay(1);
              yield* spinUntil(kernel, () => leaf.readersBlockExp && rcu.dataOf(2).cpuNoQsExp && at.open);
              yield* rcu.readUnlock();
              at.told = true;
            },
            { affinity: 2 },
          );
          kernel.task(
            'other',
            function* readTwice() {
              // Not to be switched out: one more reader on the leaf would be a different case.
              yield* rcu.readLockSched();
              at.open = true;
              yield* spinUntil(kernel, () => hasLeft(rcu));
              at.open = false;
              yield* rcu.readUnlockSched();
              yield* spinUntil(kernel, () => at.firstOver);
              yield* rcu.readLockSched();
              at.again = true;
              yield* spinUntil(kernel, () => at.told);
              for (let i = 0; i < 60; i++) yield* kernel.udelay(10);
              at.again = false;
              yield* rcu.readUnlockSched();
            },
            { affinity: 3 },
          );
          kernel.task(
            'updater',
            function* waitTwice() {
              yield* spinUntil(kernel, () => leaf.blocked.length > 0 && at.open);
              yield* rcu.synchronizeExpedited();
              at.firstOver = true;
              yield* spinUntil(kernel, () => at.again);
              yield* rcu.synchronizeExpedited();
              kernel.assert(!at.again, 'an expedited grace period ends before a section that was open');
            },
            { affinity: 0 },
          );
        },
        { cpus: 4, maxOperations: 60_000 },
        new HoldingStrategy(seed, held),
      );
      expect([seed, outcome, reports.map(({ message }) => message)]).toEqual([seed, 'finished', []]);
    }
  });
});
