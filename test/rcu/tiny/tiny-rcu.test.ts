import { describe, expect, it } from 'vitest';
import { installTinyRcu } from '../../../src/rcu/index.js';
import { judgeSetup } from '../judge-setup.js';

const one = { cpus: 1 } as const;

describe('Tiny RCU', () => {
  for (const preemptCount of [true, false]) {
    it(`invokes callbacks after a switch, ${preemptCount ? 'preemptible' : 'without PREEMPT_COUNT'}`, () => {
      const order: string[] = [];
      const findings = judgeSetup(
        (kernel) => {
          const rcu = installTinyRcu(kernel);
          kernel.task('user', function* use() {
            yield* rcu.readLock();
            yield* rcu.call(function* ran() {
              yield* kernel.udelay(1);
              order.push('callback');
            });
            yield* kernel.udelay(9000);
            order.push('end of the reader');
            yield* rcu.readUnlock();
            yield* rcu.barrier();
            order.push('barrier');
          });
        },
        { ...one, preemptCount },
      );
      expect(findings).toEqual([]);
      expect(order).toEqual(['end of the reader', 'callback', 'barrier']);
    });
  }

  it('does not wait in synchronize_rcu(), and says where it may not be called', () => {
    let took = -1;
    const findings = judgeSetup((kernel) => {
      const rcu = installTinyRcu(kernel);
      kernel.task('user', function* use() {
        const cookie = rcu.getState();
        yield* rcu.synchronize();
        kernel.assert(rcu.poll(cookie), 'the cookie is not over');
        took = kernel.jiffies;
        yield* rcu.readLock();
        yield* rcu.synchronize();
        yield* rcu.readUnlock();
      });
    }, one);
    expect(took).toBe(0);
    const rules = findings.map((finding) => finding.slice(0, finding.indexOf(':')));
    expect(new Set(rules)).toEqual(new Set(['rcu-sleep-in-reader', 'rcu-wait-in-reader', 'sleep-in-atomic']));
  });

  it('is not for several CPUs, nor for PREEMPT_RT', () => {
    expect(() => judgeSetup((kernel) => void installTinyRcu(kernel), { cpus: 2 })).toThrow('Tiny RCU is for one CPU');
    expect(() => judgeSetup((kernel) => void installTinyRcu(kernel), { cpus: 1, preemptRt: true })).toThrow(
      'PREEMPT_RT',
    );
  });
});
