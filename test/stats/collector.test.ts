import { describe, expect, it } from 'vitest';
import { Validator } from '../../src/lockdep/index.js';
import type { ClassStats, LockStats } from '../../src/model/lock-stats.js';
import { StatsCollector } from '../../src/stats/collector.js';
import { sorted } from '../../src/stats/index.js';
import { statsOf } from '../../src/stats/read.js';
import { StatsSink } from '../../src/stats/stats-sink.js';
import { type Columns, type Lock, Script } from '../lockdep/script.js';

/** A script whose events are counted. An event takes 1000 ns. */
class Measured extends Script {
  readonly #parts: { validator: Validator; collector: StatsCollector };

  constructor(columns: Columns = {}) {
    let parts: { validator: Validator; collector: StatsCollector } | undefined;
    super((names) => {
      const validator = new Validator({ names, file: 'trial.txt' });
      const collector = new StatsCollector(validator);
      parts = { validator, collector };
      return new StatsSink(validator, collector);
    }, columns);
    if (parts === undefined) throw new Error('no sink');
    this.#parts = parts;
  }

  pass(nanoseconds: number): this {
    this.h.time += nanoseconds;
    return this;
  }

  contended(lock: Lock): this {
    this.pass(1000).sink.lockContended(this.h, lock.hi, lock.lo, this.names.intern(lock.name));
    return this;
  }

  acquired(lock: Lock): this {
    this.pass(1000).sink.lockAcquired(this.h, lock.hi, lock.lo, this.names.intern(lock.name));
    return this;
  }

  stats(): ReturnType<typeof statsOf> {
    this.end();
    return statsOf(this.#parts.validator, this.#parts.collector, 1);
  }

  row(name: string, access: ClassStats['access'] = 'exclusive'): ClassStats | undefined {
    return this.stats().classes.find((row) => row.name === name && row.access === access);
  }
}

describe('hold times', () => {
  it('run from acquisition to release, and tell where the longest began', () => {
    const m = new Measured();
    const a = m.lock('a', 'spinlock');
    m.nested(a).take(a, { by: 'slow' }).pass(9000).release(a).nested(a);
    const row = m.row('a');
    expect(row).toMatchObject({ acquisitions: 3, contentions: 0, wait: undefined });
    expect(row?.hold).toMatchObject({ count: 3, min: 1000, max: 10_000, total: 12_000 });
    expect(row?.hold?.longest).toMatchObject({ function: 'slow+0x10/0x40', task: 'task1-1', cpu: 0, line: 3 });
  });

  it('are right when locks are released out of order', () => {
    const m = new Measured();
    const [a, b] = [m.lock('a', 'mutex'), m.lock('b', 'mutex')];
    m.take(a).take(b).release(a).pass(500).release(b);
    expect(m.row('a')?.hold).toMatchObject({ count: 1, max: 2000 });
    expect(m.row('b')?.hold).toMatchObject({ count: 1, max: 2500 });
  });

  it('belong to the task that holds, also for readers that hold at the same time', () => {
    const m = new Measured();
    const sem = m.lock('sem', 'rwsem');
    m.as(1).take(sem, { mode: 'r' }).as(2, 1).take(sem, { mode: 'r' }).pass(5000);
    m.as(1).release(sem).pass(5000).as(2, 1).release(sem).nested(sem);
    expect(m.row('sem', 'shared')?.hold).toMatchObject({ count: 2, min: 7000, max: 12_000 });
    expect(m.row('sem')?.hold).toMatchObject({ count: 1, max: 1000 });
  });

  it('of nested recursive readers pair inner with inner', () => {
    const m = new Measured();
    const lock = m.lock('rw', 'rwlock');
    m.take(lock, { mode: 'R' }).take(lock, { mode: 'R' }).release(lock).release(lock);
    expect(m.row('rw', 'shared')?.hold).toMatchObject({ count: 2, min: 1000, max: 3000 });
  });

  it('of an interrupt leave those of the interrupted task alone', () => {
    const m = new Measured();
    const [a, b] = [m.lock('a', 'mutex'), m.lock('b', 'raw_spinlock')];
    m.take(a)
      .hardirq(() => m.nested(b))
      .release(a);
    expect(m.row('b')?.hold).toMatchObject({ count: 1, max: 1000 });
    expect(m.row('a')?.hold?.count).toBe(1);
  });

  it('do not count holds whose release was lost', () => {
    const m = new Measured();
    const a = m.lock('a', 'spinlock');
    m.take(a).loseRelease(a).pass(1_000_000).nested(a);
    expect(m.row('a')).toMatchObject({ acquisitions: 2, hold: { count: 1, max: 1000 } });
    const lossy = new Measured();
    const b = lossy.lock('b', 'mutex');
    lossy.take(b).lose(0, 10).pass(1_000_000).release(b).nested(b);
    expect(lossy.row('b')?.hold).toMatchObject({ count: 1, max: 1000 });
  });

  it('go on as those of a reader after a downgrade', () => {
    const m = new Measured();
    const sem = m.lock('sem', 'rwsem');
    m.take(sem).downgrade(sem).release(sem);
    expect(m.row('sem')?.hold).toBeUndefined();
    expect(m.row('sem', 'shared')?.hold).toMatchObject({ count: 1, max: 2000 });
  });

  it('do not count what the selftest does', () => {
    const m = new Measured();
    const a = m.lock('a', 'spinlock');
    m.sink.selftest(m.h, true, 0);
    m.nested(a).irqsOff().irqsOn();
    m.sink.selftest(m.h, false, 0);
    expect(m.stats()).toMatchObject({ classes: [], irqsOff: undefined });
  });
});

describe('contention', () => {
  it('is waited for first and held afterwards', () => {
    const m = new Measured();
    const [a, b] = [m.lock('a', 'mutex'), m.lock('b', 'mutex')];
    m.take(b).take(a).contended(a).pass(7000).acquired(a).release(a).release(b);
    expect(m.row('a')).toMatchObject({
      acquisitions: 1,
      contentions: 1,
      wait: { count: 1, max: 8000 },
      hold: { max: 1000 },
    });
    expect(m.row('b')).toMatchObject({ contentions: 0, wait: undefined, hold: { max: 12_000 } });
    expect(m.stats().contentionRecorded).toBe(true);
  });

  it('ignores a lock_acquired that no lock_contended came before', () => {
    const m = new Measured();
    const a = m.lock('a', 'mutex');
    m.take(a).acquired(a).release(a);
    expect(m.row('a')).toMatchObject({ wait: undefined, hold: { max: 2000 } });
  });
});

describe('interrupts-off times', () => {
  it('are those of each CPU', () => {
    const m = new Measured();
    m.as(1, 0).irqsOff().as(2, 1).irqsOff().pass(5000).irqsOn().as(1, 0).irqsOn();
    const { irqsOff } = m.stats();
    expect(irqsOff).toMatchObject({ from: 'events', durations: { count: 2, min: 6000, max: 8000 } });
    expect(irqsOff?.durations.longest).toMatchObject({ task: 'task1-1', cpu: 0 });
  });

  it('are forgotten where events were lost, on that CPU only', () => {
    const m = new Measured();
    m.as(1, 0).irqsOff().as(2, 1).irqsOff().lose(0).irqsOn().as(1, 0).irqsOn();
    expect(m.stats().irqsOff?.durations.count).toBe(1);
  });

  it('are at least what other events show when no event tells them', () => {
    const m = new Measured();
    const a = m.lock('a', 'raw_spinlock');
    const interruptsOff = m.quietly(() => m.irqsOff());
    interruptsOff
      .nested(a, m.lock('b', 'raw_spinlock'))
      .quietly(() => m.irqsOn())
      .nested(a);
    expect(m.stats().irqsOff).toMatchObject({ from: 'flags', durations: { count: 1, max: 3000 } });
  });
});

it('preemption-off times come from events or the depth that others show', () => {
  const m = new Measured();
  const a = m.lock('a', 'spinlock');
  m.nested(a, m.lock('b', 'spinlock')).nested(m.lock('c', 'rwsem'));
  expect(m.stats().preemptOff).toMatchObject({ from: 'flags', durations: { count: 1, max: 3000 } });
  const told = new Measured();
  told.sink.preemptOff(told.h, told.names.intern('f+0x1'));
  told.pass(400).sink.preemptOn(told.h, 0);
  const { preemptOff } = told.stats();
  expect(preemptOff).toMatchObject({ from: 'events', durations: { max: 400, longest: { function: 'f+0x1' } } });
});

it('rows are sorted by what the user asks for, ties by name', () => {
  const durations = (max: number, total: number) => ({
    count: 1,
    total,
    min: 0,
    median: 0,
    p99: max,
    max,
    longest: {},
  });
  const row = (name: string, acquisitions: number, max: number, total: number): ClassStats => {
    return {
      name,
      key: null,
      access: 'exclusive',
      acquisitions,
      contentions: 0,
      hold: durations(max, total),
      wait: undefined,
    };
  };
  const rows: LockStats['classes'] = [row('b', 1, 9, 10), row('a', 1, 5, 20), row('c', 3, 7, 1)];
  const order = (by: Parameters<typeof sorted>[1], top = 9) =>
    sorted(rows, by, top)
      .map(({ name }) => name)
      .join('');
  expect([order('acquisitions'), order('hold'), order('hold-max'), order('name'), order('wait', 2)]).toEqual([
    'cab',
    'abc',
    'bca',
    'abc',
    'ab',
  ]);
});
