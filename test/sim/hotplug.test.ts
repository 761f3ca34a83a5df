import { describe, expect, it } from 'vitest';
import { RandomWalk } from '../../src/explore/random.js';
import { type Kernel, Softirq } from '../../src/sim/index.js';
import { run, strategies } from './recorder.js';

/** Two rounds of taking CPU 1 away and bringing it back. */
function* plug(kernel: Kernel) {
  for (let round = 0; round < 2; round++) {
    yield* kernel.cpuDown(1);
    yield* kernel.msleep(1);
    yield* kernel.cpuUp(1);
    yield* kernel.msleep(1);
  }
}

describe('CPU hotplug', () => {
  for (const preemptRt of [false, true]) {
    it(`moves tasks, timers and soft interrupts off a CPU on ${preemptRt ? 'PREEMPT_RT' : 'PREEMPT'}`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        for (const strategy of strategies(seed)) {
          const done = { slept: 0, ticks: 0, away: 0, locked: 0 };
          const { outcome, reports } = run(
            (kernel) => {
              const lock = kernel.spinlock('shared');
              const switched = kernel.rawSpinlock('rnp');
              // A hook with operations: tasks leave in the middle of nothing but its frame.
              kernel.hooks.contextSwitch = () => switched.guard(() => kernel.udelay(1));
              kernel.task('plug', () => plug(kernel));
              const timer = kernel.timer('late', function* () {
                yield* kernel.udelay(1);
                if (!kernel.cpuOnline(kernel.smpProcessorId)) done.away++;
                done.ticks++;
              });
              for (const name of ['A', 'B', 'C']) {
                kernel.task(
                  name,
                  function* () {
                    for (let i = 0; i < 4; i++) {
                      yield* timer.modTimer(1);
                      yield* lock.guard(() => kernel.udelay(300));
                      done.locked++;
                      yield* kernel.msleep(1);
                      yield* kernel.migrateDisable();
                      const cpu = kernel.smpProcessorId;
                      yield* kernel.msleep(1);
                      kernel.assert(kernel.smpProcessorId === cpu, 'moved with migration off');
                      yield* kernel.migrateEnable();
                    }
                    done.slept++;
                  },
                  { cpu: 1 },
                );
              }
            },
            { cpus: 3, preemptRt },
            strategy,
          );
          expect([outcome, reports, done.slept, done.locked, done.away]).toEqual(['finished', [], 3, 12, 0]);
          expect(done.ticks).toBeGreaterThan(0);
        }
      }
    });
  }

  it('runs the hooks where Linux runs its states', () => {
    const seen: string[] = [];
    const { outcome } = run(
      (kernel) => {
        const { hooks } = kernel;
        const say = (what: string) =>
          function* () {
            yield* [];
            const { comm } = kernel.current;
            seen.push(`${what} on ${kernel.smpProcessorId} in ${comm}${kernel.irqsDisabled ? ', irqs off' : ''}`);
          };
        hooks.cpuPrepare = say('prepare');
        hooks.cpuStarting = say('starting');
        hooks.cpuOnline = say('online');
        hooks.cpuOffline = say('offline');
        hooks.cpuDying = say('dying');
        hooks.cpuDead = say('dead');
        kernel.task(
          'plug',
          function* () {
            yield* kernel.cpuDown(1);
            expect([kernel.cpuOnline(1), yield* kernel.smpCall(1, say('call'))]).toEqual([false, false]);
            yield* kernel.cpuUp(1);
            expect([kernel.cpuOnline(1), yield* kernel.smpCall(1, say('call'))]).toEqual([true, true]);
          },
          { affinity: 0 },
        );
      },
      { cpus: 2 },
    );
    expect(outcome).toBe('finished');
    expect(seen).toEqual([
      'offline on 1 in cpuhp/1',
      'dying on 1 in migration/1, irqs off',
      'dead on 0 in plug',
      'prepare on 0 in plug',
      'starting on 1 in cpuhp/1, irqs off',
      'online on 1 in cpuhp/1',
      'call on 1 in swapper/1, irqs off',
    ]);
  });

  it('parks the threads of a CPU that goes away: none is in the middle of its work when it is dead', () => {
    for (let seed = 1; seed <= 30; seed++) {
      let inside = 0;
      let ran = 0;
      const { outcome, reports } = run(
        (kernel) => {
          const { hooks } = kernel;
          // On PREEMPT_RT a soft interrupt that a hard one raises is ksoftirqd's.
          kernel.openSoftirq(Softirq.NetRx, function* receive() {
            inside |= 1 << kernel.smpProcessorId;
            for (let i = 0; i < 5; i++) yield* kernel.udelay(1);
            inside &= ~(1 << kernel.smpProcessorId);
            ran++;
          });
          // From the moment when tasks begin to leave, soft interrupts come again and again, the schedule says when.
          let left = 0;
          const timer = kernel.hrtimer(
            'late',
            function* raise() {
              yield* kernel.raiseSoftirq(Softirq.NetRx);
              if (--left > 0) yield* timer.start(0);
            },
            { hard: true },
          );
          hooks.cpuOffline = function* startTimer() {
            left = 12;
            yield* timer.start(0);
          };
          hooks.cpuDead = function* lookAtDead(cpu) {
            yield* [];
            kernel.assert((inside & (1 << cpu.id)) === 0, 'a CPU died in the middle of a soft interrupt');
          };
          kernel.task('plug', () => plug(kernel), { affinity: 0 });
        },
        { cpus: 2, preemptRt: true },
        new RandomWalk(seed),
      );
      expect([seed, outcome, reports, inside]).toEqual([seed, 'finished', [], 0]);
      expect(ran).toBeGreaterThan(0);
    }
  });

  it('lets whoever plugs leave the CPU first, and refuses the last one', () => {
    const cpus: number[] = [];
    const { outcome } = run(
      (kernel) => {
        kernel.task(
          'plug',
          function* () {
            yield* kernel.cpuDown(0);
            cpus.push(kernel.smpProcessorId);
            let refused = false;
            try {
              yield* kernel.cpuDown(1);
            } catch (error) {
              refused = error instanceof RangeError;
            }
            expect(refused).toBe(true);
          },
          { cpu: 0 },
        );
      },
      { cpus: 2 },
    );
    expect([outcome, cpus]).toEqual(['finished', [1]]);
  });
});

describe('user mode', () => {
  it('is told to the hooks, also around switches and interrupts', () => {
    for (let seed = 1; seed <= 10; seed++) {
      for (const strategy of strategies(seed)) {
        let inUser = false;
        let wrong = 0;
        let interrupted = 0;
        const { outcome } = run(
          (kernel) => {
            kernel.hooks.userEnter = () => {
              if (inUser) wrong++;
              inUser = true;
            };
            kernel.hooks.userExit = () => {
              if (!inUser) wrong++;
              inUser = false;
            };
            kernel.irq(
              'device',
              function* () {
                yield* kernel.udelay(1);
                if (kernel.current.userMode) interrupted++;
              },
              { times: 3, after: 3000, noThread: true },
            );
            for (const name of ['A', 'B']) {
              kernel.task(name, function* () {
                for (let i = 0; i < 3; i++) {
                  yield* kernel.userMode(5000);
                  if (inUser) wrong++;
                  yield* kernel.yieldCpu();
                }
              });
            }
          },
          { cpus: 1 },
          strategy,
        );
        expect([outcome, wrong, inUser]).toEqual(['finished', 0, false]);
        if (strategy.name === 'rr') expect(interrupted).toBeGreaterThan(0);
      }
    }
  });
});
