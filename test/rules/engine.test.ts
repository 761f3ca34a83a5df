import { describe, expect, it } from 'vitest';
import { AllocKind, TaskState } from '../../src/model/events.js';
import { Gfp } from '../../src/model/gfp.js';
import { WaitType } from '../../src/model/wait-type.js';
import { loadRuleSet } from '../../src/rules/index.js';
import {
  engineOn,
  FakeContext,
  header,
  lock,
  mutex,
  pageEvent,
  raw,
  rcuReader,
  runQueue,
  spin,
} from './fake-context.js';

const rules = loadRuleSet();

/** Rules found after one event in a context. */
function found(context: Partial<FakeContext>, feed: (engine: ReturnType<typeof engineOn>) => void): string[] {
  const made = engineOn(rules, new FakeContext(context));
  feed(made);
  return made.engine.findings().map((finding) => finding.rule);
}

describe('a finding', () => {
  it('carries the raw locks, how it came about, and what to do', () => {
    const context = new FakeContext({
      held: [mutex(), raw('lv_outer'), spin(), raw()],
      preemptDepth: 3,
      hardIrqsOff: true,
    });
    const { engine, names } = engineOn(rules, context);
    const h = header();
    h.comm = names.intern('init');
    engine.alloc(
      h,
      pageEvent({
        kind: AllocKind.Kmalloc,
        event: names.intern('kmalloc'),
        gfp: Gfp.GFP_ATOMIC,
        size: 192,
        order: -1,
        ip: names.intern('c_kmalloc.isra.0+0x31/0x50'),
      }),
    );
    expect(engine.findings()).toEqual([
      {
        rule: 'alloc-under-raw-spinlock',
        severity: 'error',
        confidence: 'certain',
        message:
          'kmalloc (GFP_ATOMIC) called by c_kmalloc allocates memory inside raw_spinlock_t lv_raw, taken by take_it',
        locks: ['lv_outer', 'lv_raw'],
        where: {
          file: 'trace.txt',
          line: 12,
          function: 'c_kmalloc.isra.0+0x31/0x50',
          task: 'init-7',
          cpu: 1,
          time: 2.5,
        },
        evidence: [
          expect.objectContaining({ what: 'lv_mutex{4:4} taken' }),
          expect.objectContaining({ what: 'lv_outer{2:2} taken' }),
          expect.objectContaining({ what: 'lv_spin{3:3} taken' }),
          expect.objectContaining({ what: 'lv_raw{2:2} taken' }),
          expect.objectContaining({
            what: 'kmalloc: gfp GFP_ATOMIC, 192 bytes, called by c_kmalloc, interrupts off, preemption off',
          }),
        ],
        fingerprint: expect.stringMatching(/^[0-9a-f]{20}$/),
        count: 1,
        advice: rules.get('alloc-under-raw-spinlock').advice,
        detail: expect.objectContaining({ context: ['interrupts off', 'preemption off'] }),
      },
    ]);
  });

  it('is one for the same rule, locks, taker and caller, and is counted', () => {
    const context = new FakeContext({ held: [raw()], preemptDepth: 1 });
    const { engine, names } = engineOn(rules, context);
    const from = (site: string) => pageEvent({ ip: names.intern(site), gfp: Gfp.GFP_NOWAIT });
    engine.alloc(header(), from('a+0x1/0x9'));
    engine.alloc(header(8), from('a+0x5/0x9'));
    engine.alloc(header(), from('b+0x1/0x9'));
    context.hold(lock('lv_raw', { takenAt: 'other+0x1/0x2' }));
    engine.alloc(header(), from('a+0x1/0x9'));
    const findings = engine.findings();
    expect(findings.map(({ count }) => count)).toEqual([2, 1, 1]);
    expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  it('has the same fingerprint in another run with other pids, times and offsets', () => {
    const prints = ['a+0x1/0x9', 'a+0x7/0x20'].map((site, run) => {
      const { engine, names } = engineOn(rules, new FakeContext({ held: [raw()], preemptDepth: 1 }));
      names.intern(`shift${run}`);
      engine.free(
        Object.assign(header(7 + run), { time: run, line: run }),
        pageEvent({ gfp: -1, ip: names.intern(site) }),
      );
      return engine.findings()[0]?.fingerprint;
    });
    expect(prints[0]).toBe(prints[1]);
  });
});

describe('what is not known', () => {
  it('makes no finding', () => {
    const nothing = {
      preemptDepth: -1,
      inHardIrq: undefined,
      inSoftIrq: undefined,
      inNmi: undefined,
      hardIrqsOff: undefined,
      softIrqsOff: undefined,
      hardIrqsOffByHand: undefined,
      preemptOffByHand: undefined,
    };
    expect(found(nothing, ({ engine }) => engine.alloc(header(), pageEvent({ gfp: Gfp.GFP_KERNEL })))).toEqual([]);
    expect(found(nothing, ({ engine }) => engine.mightSleep(header(), 0))).toEqual([]);
  });

  it('does not matter where the condition holds anyway', () => {
    const context = { held: [raw()], preemptDepth: -1, hardIrqsOff: undefined, inHardIrq: undefined, inNmi: undefined };
    expect(found(context, ({ engine }) => engine.alloc(header(), pageEvent({ gfp: -1, order: -1, size: -1 })))).toEqual(
      ['alloc-under-raw-spinlock'],
    );
  });

  it('a raw lock tells that nothing can preempt, so the exception holds', () => {
    const context = new FakeContext({ held: [raw()], preemptDepth: -1, hardIrqsOff: undefined });
    const { engine } = engineOn(rules, context, { policyName: 'gfp-rt-nowait' });
    engine.alloc(header(), pageEvent());
    expect(engine.findings()).toEqual([]);
  });

  it('a mask that is not known may be the exception', () => {
    const context = new FakeContext({ held: [raw()], preemptDepth: 1 });
    const { engine } = engineOn(rules, context, { policyName: 'gfp-rt-nowait' });
    engine.alloc(header(), pageEvent({ gfp: -1 }));
    expect(engine.findings()).toEqual([]);
  });
});

describe('alloc-in-atomic', () => {
  const byHand = { preemptDepth: 1, preemptOffByHand: true };
  it.each<[string, Partial<FakeContext>, boolean]>([
    ['preemption off by hand', byHand, true],
    ['interrupts off by hand', { hardIrqsOff: true, hardIrqsOffByHand: true }, true],
    ['preemption off through a spin lock', { preemptDepth: 1, held: [spin()] }, false],
    ['a spin lock taken with preemption off by hand', { ...byHand, preemptDepth: 2, held: [spin()] }, true],
    ['a raw lock: the other rule speaks', { ...byHand, held: [raw()] }, false],
    ['the page allocator itself', { ...byHand, held: [spin('&pcp->lock')] }, false],
    ['a hard interrupt that stays one', { inHardIrq: true, hardIrqThreaded: false, hardIrqsOff: true }, true],
    ['a threaded hard interrupt', { inHardIrq: true, hardIrqThreaded: true, hardIrqsOff: true }, false],
    ['a hard interrupt, threaded or not', { inHardIrq: true, hardIrqThreaded: undefined, hardIrqsOff: true }, false],
    ['a softirq', { inSoftIrq: true, softIrqsOff: true }, false],
    ['an NMI', { inNmi: true, hardIrqsOff: true }, true],
    ['bottom halves off', { softIrqsOff: true }, false],
  ])('%s', (_what, context, warned) => {
    for (const kind of ['alloc', 'free'] as const) {
      const event = pageEvent({ gfp: kind === 'alloc' ? Gfp.GFP_ATOMIC : -1 });
      const rulesFound = found(context, ({ engine }) => engine[kind](header(), event));
      expect(rulesFound.includes('alloc-in-atomic')).toBe(warned);
    }
  });

  it('leaves the idle task alone, which boots the kernel', () => {
    expect(found(byHand, ({ engine }) => engine.alloc(header(0), pageEvent({ gfp: Gfp.GFP_KERNEL })))).toEqual([]);
  });

  it('leaves functions made for any context and bulk frees alone', () => {
    const lockless = pageEvent({ kind: AllocKind.Lockless, gfp: 0 });
    expect(found(byHand, ({ engine }) => engine.alloc(header(), lockless))).toEqual([]);
    const batch = pageEvent({ kind: AllocKind.PageBatch, gfp: -1 });
    expect(found(byHand, ({ engine }) => engine.free(header(), batch))).toEqual([]);
  });
});

describe('sleep-in-atomic', () => {
  const cases: [string, Partial<FakeContext>, boolean][] = [
    ['a preemptible task', {}, false],
    ['a mutex', { held: [mutex()] }, false],
    ['a spin lock', { held: [spin()], preemptDepth: 1 }, true],
    ['a raw lock', { held: [raw()], preemptDepth: 1 }, true],
    ['a lock of unknown kind', { held: [lock('x', { waitInner: WaitType.Unchecked })] }, false],
    ['an RCU reader', { held: [rcuReader()], rcuReaderDepth: 1 }, false],
    ['preemption off', { preemptDepth: 1 }, true],
    ['interrupts off', { hardIrqsOff: true }, true],
    ['bottom halves off', { softIrqsOff: true }, true],
    ['a softirq', { inSoftIrq: true, softIrqsOff: true }, true],
    ['a hard interrupt', { inHardIrq: true, hardIrqsOff: true }, true],
  ];
  it.each(cases)('an allocation that may reclaim: %s', (_what, context, reported) => {
    const of = (gfp: number) =>
      found(context, ({ engine }) => engine.alloc(header(), pageEvent({ gfp }))).includes('sleep-in-atomic');
    expect(of(Gfp.GFP_KERNEL)).toBe(reported);
    expect(of(Gfp.GFP_NOFS)).toBe(reported);
    expect(of(Gfp.GFP_ATOMIC)).toBe(false);
    expect(of(Gfp.GFP_NOWAIT)).toBe(false);
  });

  it.each(cases)('might_sleep(): %s', (_what, context, reported) => {
    const rulesFound = found(context, ({ engine }) => engine.mightSleep(header(), 0));
    expect(rulesFound.includes('sleep-in-atomic')).toBe(reported);
  });

  it.each<[string, Partial<FakeContext>, number, string[]]>([
    ['the scheduler at work', { held: [runQueue()] }, TaskState.Sleeping, []],
    ['a mutex below it', { held: [mutex(), runQueue()] }, TaskState.Sleeping, []],
    ['a spin lock below it', { held: [spin(), runQueue()] }, TaskState.Sleeping, ['sleep-in-atomic']],
    ['a preempted task', { held: [spin(), runQueue()] }, TaskState.Running, []],
    ['a task that ends', { held: [spin(), runQueue()] }, TaskState.Dead, []],
    ['run queue lock without call site', { held: [lock('&rq->__lock', { takenAt: '' })] }, TaskState.Sleeping, []],
    ['two run queues', { held: [lock('&rq->lock'), lock('&rq->lock/1')] }, TaskState.Sleeping, []],
    [
      'an RCU reader',
      { held: [rcuReader(), runQueue()], rcuReaderDepth: 1 },
      TaskState.Sleeping,
      ['rcu-sleep-in-reader'],
    ],
    ['a preempted reader', { held: [rcuReader(), runQueue()], rcuReaderDepth: 1 }, TaskState.Running, []],
  ])('a switch: %s', (_what, context, state, expected) => {
    const atSwitch = {
      ...context,
      preemptDepth: 2,
      hardIrqsOff: true,
      hardIrqsOffByHand: true,
      preemptOffByHand: true,
    };
    expect(found(atSwitch, ({ engine }) => engine.schedSwitch(header(), 7, state, 8, 0))).toEqual(expected);
  });

  it('names the lock, not the run queue', () => {
    const { engine } = engineOn(rules, new FakeContext({ held: [spin(), runQueue()], preemptDepth: 2 }));
    engine.schedSwitch(header(), 7, TaskState.Sleeping, 8, 0);
    expect(engine.findings()[0]).toMatchObject({
      locks: ['lv_spin'],
      message: 'schedule() may sleep while lv_spin is held',
    });
  });
});

describe('RCU', () => {
  it.each<[boolean, number, boolean]>([
    [false, 0, true],
    [true, 0, false],
    [false, 1, false],
    [true, 1, false],
  ])('a dereference protected %s in %d readers', (isProtected, rcuReaderDepth, reported) => {
    const rulesFound = found({ rcuReaderDepth }, ({ engine, names }) =>
      engine.rcuDereference(header(), isProtected, names.intern('dev->conf'), 0),
    );
    expect(rulesFound).toEqual(reported ? ['rcu-usage'] : []);
  });

  it('blocking in a reader', () => {
    const reader = { held: [rcuReader()], rcuReaderDepth: 1 };
    expect(found(reader, ({ engine }) => engine.mightSleep(header(), 0))).toEqual(['rcu-sleep-in-reader']);
    expect(found(reader, ({ engine }) => engine.alloc(header(), pageEvent({ gfp: Gfp.GFP_KERNEL })))).toEqual([
      'rcu-sleep-in-reader',
    ]);
    expect(found(reader, ({ engine }) => engine.alloc(header(), pageEvent({ gfp: Gfp.GFP_ATOMIC })))).toEqual([]);
  });
});

it("the kernel's own selftest may break rules", () => {
  const { engine } = engineOn(rules, new FakeContext({ held: [raw()], preemptDepth: 1 }));
  engine.selftest(header(), true, 0);
  engine.alloc(header(), pageEvent());
  engine.selftest(header(), false, 0);
  expect(engine.findings()).toEqual([]);
  engine.alloc(header(), pageEvent());
  expect(engine.findings()).toHaveLength(1);
});

it('asks nothing where nothing can hold, and once where the like was seen', () => {
  const context = new FakeContext();
  const { engine } = engineOn(rules, context);
  for (let i = 0; i < 10; i++) engine.alloc(header(), pageEvent({ gfp: Gfp.GFP_KERNEL, size: i }));
  expect(context.descriptions).toBe(0);
  context.hold(mutex());
  for (let i = 0; i < 10; i++) engine.alloc(header(), pageEvent({ gfp: Gfp.GFP_KERNEL, size: i }));
  expect(context.descriptions).toBe(1);
});
