import { describe, expect, it } from 'vitest';
import { SrcuStruct } from '../../../src/rcu/index.js';
import type { Kernel, Op } from '../../../src/sim/index.js';
import { judgeSetup } from '../judge-setup.js';

describe('srcu_struct', () => {
  it('waits for its own readers, asleep or not, and for no others', () => {
    const ends: string[] = [];
    const findings = judgeSetup((kernel) => {
      const mine = new SrcuStruct(kernel, 'mine');
      const other = new SrcuStruct(kernel, 'other');
      const reader = (srcu: SrcuStruct, ms: number) =>
        kernel.task(`${srcu.name}-reader`, function* read() {
          const index = yield* srcu.readLock();
          yield* kernel.msleep(ms);
          ends.push(`reader of ${srcu.name}`);
          yield* srcu.readUnlock(index);
        });
      reader(mine, 20);
      reader(other, 200);
      kernel.task('updater', function* wait() {
        yield* kernel.msleep(1);
        yield* mine.synchronize();
        ends.push('grace period');
      });
    });
    expect(findings).toEqual([]);
    expect(ends).toEqual(['reader of mine', 'grace period', 'reader of other']);
  });

  it('lets another task end what one began', () => {
    let passed = 0;
    const findings = judgeSetup((kernel) => {
      const srcu = new SrcuStruct(kernel, 'srcu');
      kernel.task('beginner', function* begin() {
        const index = yield* srcu.downRead();
        kernel.task('ender', function* end() {
          yield* kernel.msleep(10);
          passed = kernel.jiffies;
          yield* srcu.upRead(index);
        });
        yield* srcu.synchronize();
        kernel.assert(kernel.jiffies >= passed && passed > 0, 'too early');
      });
    });
    expect(findings).toEqual([]);
    expect(passed).toBeGreaterThan(0);
  });

  it('polls by cookie: not over while a reader is inside, over after, whoever asked', () => {
    const polled: boolean[] = [];
    const findings = judgeSetup((kernel) => {
      const srcu = new SrcuStruct(kernel, 'srcu');
      kernel.task('poller', function* poll() {
        const index = yield* srcu.readLock();
        const cookie = yield* srcu.startPoll();
        yield* kernel.msleep(20);
        polled.push(srcu.poll(cookie));
        yield* srcu.readUnlock(index);
        yield* kernel.msleep(20);
        polled.push(srcu.poll(cookie));
        const later = srcu.getState();
        polled.push(srcu.poll(later));
        yield* srcu.synchronizeExpedited();
        polled.push(srcu.poll(later));
      });
    });
    expect(findings).toEqual([]);
    expect(polled).toEqual([false, true, false, true]);
  });

  it('is quicker when it is expedited', () => {
    const took: number[] = [];
    judgeSetup((kernel) => {
      const srcu = new SrcuStruct(kernel, 'srcu', { expHoldoff: 1e9 });
      kernel.task('updater', function* wait() {
        for (const form of ['synchronizeExpedited', 'synchronize'] as const) {
          const begin = kernel.now;
          yield* srcu[form]();
          took.push(kernel.now - begin);
        }
      });
    });
    const [expedited = 0, normal = 0] = took;
    expect(expedited).toBeGreaterThan(0);
    expect(normal).toBeGreaterThan(10 * expedited);
  });

  it('reports waiting for oneself, and for one another', () => {
    const own = judgeSetup((kernel) => {
      const srcu = new SrcuStruct(kernel, 'srcu');
      kernel.task('reader', function* wait() {
        yield* srcu.readLock();
        yield* srcu.synchronize();
      });
    });
    expect(own).toContain('rcu-wait-in-reader: a grace period is waited for inside a reader (srcu) that it waits for');
    const crossed = judgeSetup((kernel) => {
      const a = new SrcuStruct(kernel, 'a');
      const b = new SrcuStruct(kernel, 'b');
      const wait = (inside: SrcuStruct, on: SrcuStruct) =>
        kernel.task(`in-${inside.name}`, function* cross() {
          const index = yield* inside.readLock();
          yield* on.synchronize();
          yield* inside.readUnlock(index);
        });
      wait(a, b);
      wait(b, a);
    });
    expect(crossed.filter((finding) => finding.startsWith('rcu-wait-in-reader'))).toHaveLength(1);
    expect(crossed.some((finding) => finding.startsWith('hang'))).toBe(true);
  });

  const misuses: Record<string, [(kernel: Kernel, srcu: SrcuStruct) => Op<void>, string]> = {
    'clean-up with a reader inside': [
      function* (_kernel, srcu) {
        yield* srcu.downRead();
        yield* srcu.cleanUp();
      },
      'srcu: cleanup_srcu_struct(): readers are inside',
    ],
    'clean-up with callbacks left': [
      function* (kernel, srcu) {
        yield* srcu.call(() => kernel.udelay(1));
        yield* srcu.cleanUp();
      },
      'srcu: cleanup_srcu_struct(): callbacks are left: srcu_barrier() is missing',
    ],
    'a reader after the clean-up': [
      function* (_kernel, srcu) {
        yield* srcu.cleanUp();
        yield* srcu.upRead(yield* srcu.downRead());
      },
      'srcu: a reader begins after cleanup_srcu_struct()',
    ],
    'readers of two flavours': [
      function* (_kernel, srcu) {
        yield* srcu.readUnlock(yield* srcu.readLock());
        yield* srcu.readUnlockNmisafe(yield* srcu.readLockNmisafe());
      },
      'srcu: readers of different flavours on one srcu_struct',
    ],
  };
  it.each(Object.entries(misuses))('warns of %s', (_name, [body, message]) => {
    const findings = judgeSetup((kernel) => {
      const srcu = new SrcuStruct(kernel, 'srcu');
      kernel.task('user', () => body(kernel, srcu), { affinity: 0 });
    });
    expect(findings).toEqual([`assertion-failed: ${message}`]);
  });

  it('says nothing of a proper clean-up', () => {
    let clean = false;
    const findings = judgeSetup((kernel) => {
      const srcu = new SrcuStruct(kernel, 'srcu');
      kernel.task('user', function* use() {
        yield* srcu.call(() => kernel.udelay(1));
        yield* srcu.barrier();
        clean = yield* srcu.cleanUp();
      });
    });
    expect(findings).toEqual([]);
    expect(clean).toBe(true);
  });
});
