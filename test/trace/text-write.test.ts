import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AcquireHas,
  AllocEvent,
  Ctx,
  EventHeader,
  type EventSink,
  LockAcquire,
  LockdepCtx,
} from '../../src/model/events.js';
import { StringNames } from '../../src/model/names.js';
import { TextWriter } from '../../src/trace/write-text.js';
import { parse } from './text-helpers.js';
import { LogSink } from './text-log-sink.js';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const flag = fc.boolean();
const digit = fc.integer({ min: 0, max: 9 });
/** Anything a lock may be called but what only lockvet's words could mean otherwise. */
const text = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.constantFrom('&zone->lock', 'a b', '({ x = "y" })', 'read_lock', 'x subclass=1', 'a [b]', 'é'),
  )
  .map((s) => s.replace(/\p{Cc}/gu, '_').trim())
  .filter((s) => s !== '' && !/^(try|read) /.test(s) && !/ (key|kind|protected|ip|name|len|expected)=/.test(s));
const site = fc.oneof(
  fc.constant(''),
  fc.constantFrom('f+0x1/0x2', 'f+0x1/0x2 [m]', 'bad.ts:12 in main', 'exit_to_user_mode+0x1/0x2'),
);
const comm = fc.oneof(
  fc.constant(''),
  fc.constantFrom('<idle>', 'kworker/u4:0-ev', 'a b', 'a-1 [0] b', 'Web Content', 'x-'),
);

const header = fc
  .record({
    comm,
    cpu: fc.integer({ min: 0, max: 5000 }),
    pid: fc.integer({ min: 0, max: 2 ** 22 }),
    time: fc.integer({ min: 0, max: 2 ** 52 }),
    irqs: fc.constantFrom<number>(
      0,
      Ctx.Known,
      Ctx.Known | Ctx.HardIrqsOff,
      Ctx.Known | Ctx.BhKnown,
      Ctx.Known | Ctx.BhKnown | Ctx.HardIrqsOff,
      Ctx.Known | Ctx.BhKnown | Ctx.BhOff,
      Ctx.Known | Ctx.BhKnown | Ctx.BhOff | Ctx.HardIrqsOff,
    ),
    interrupt: fc.constantFrom<number>(
      0,
      Ctx.SoftIrq,
      Ctx.HardIrq,
      Ctx.HardIrq | Ctx.SoftIrq,
      Ctx.Nmi,
      Ctx.Nmi | Ctx.HardIrq,
    ),
    resched: flag,
    preemptDepth: fc.integer({ min: -1, max: 35 }),
  })
  .map((h) => ({ ...h, context: h.irqs | (h.irqs ? h.interrupt : 0) | (h.resched ? Ctx.NeedResched : 0) }));

const ALL_HAS = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;
const acquire = fc
  .record({
    hi: int32,
    lo: int32,
    name: text,
    keyHi: int32,
    keyLo: int32,
    subclass: fc.integer({ min: 0, max: 12 }),
    trylock: flag,
    read: fc.integer({ min: 0, max: 2 }),
    check: fc.integer({ min: 0, max: 1 }),
    nestHi: int32,
    nestLo: int32,
    waitOuter: digit,
    waitInner: digit,
    lockType: fc.integer({ min: 0, max: 2 }),
    lockdepContext: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 31 }).map((bits) => (bits << 1) | LockdepCtx.Known),
    ),
    ip: site,
    has: fc.oneof(fc.constant(ALL_HAS), fc.integer({ min: 0, max: ALL_HAS })),
  })
  // What a recording does not have, it does not say.
  .map((a) => ({
    ...a,
    keyHi: a.has & AcquireHas.Key ? a.keyHi : 0,
    keyLo: a.has & AcquireHas.Key ? a.keyLo : 0,
    waitOuter: a.has & AcquireHas.Wait ? a.waitOuter : 0,
    waitInner: a.has & AcquireHas.Wait ? a.waitInner : 0,
    subclass: a.has & AcquireHas.Subclass ? a.subclass : 0,
    check: a.has & AcquireHas.Check ? a.check : 1,
    read: a.has & AcquireHas.ReadKind ? a.read : Math.min(a.read, 1),
    lockType: a.has === 0 && a.ip === '' && a.lockdepContext === 0 ? 0 : a.lockType,
    nestHi: a.has === 0 && a.ip === '' && a.lockdepContext === 0 ? 0 : a.nestHi,
    nestLo: a.has === 0 && a.ip === '' && a.lockdepContext === 0 ? 0 : a.nestLo,
  }));

const allocator = fc.record({
  kind: fc.constantFrom(0, 1, 2, 3, 4, 5, 6) as fc.Arbitrary<0>,
  event: fc.constantFrom(
    'kmalloc',
    'kmem_cache_alloc',
    'mm_page_alloc',
    'alloc_pages_nolock',
    'kfree',
    'mm_page_free_batched',
  ),
  gfp: fc.integer({ min: -1, max: 2 ** 27 - 1 }),
  size: fc.integer({ min: -1, max: 2 ** 40 }),
  order: fc.integer({ min: -1, max: 11 }),
  ip: site,
  hi: int32,
  lo: int32,
});

const names = new StringNames();
const id = (s: string): number => names.intern(s);
type Call = (sink: EventSink, h: EventHeader) => void;
const call: fc.Arbitrary<Call> = fc.oneof(
  acquire.map(
    (a): Call =>
      (s, h) =>
        s.lockAcquire(h, Object.assign(new LockAcquire(), { ...a, name: id(a.name), ip: id(a.ip) })),
  ),
  fc
    .tuple(
      fc.constantFrom('lockRelease' as const, 'lockContended' as const, 'lockAcquired' as const),
      int32,
      int32,
      text,
    )
    .map(
      ([what, hi, lo, name]): Call =>
        (s, h) =>
          s[what](h, hi, lo, id(name)),
    ),
  fc.tuple(int32, int32, text, digit, site).map(
    ([hi, lo, name, sub, ip]): Call =>
      (s, h) =>
        s.lockSetClass(h, hi, lo, id(name), lo, hi, sub, id(ip)),
  ),
  fc.tuple(int32, int32, site).map(
    ([hi, lo, ip]): Call =>
      (s, h) =>
        s.lockDowngrade(h, hi, lo, id(ip)),
  ),
  fc.tuple(int32, int32, fc.nat()).map(
    ([hi, lo, len]): Call =>
      (s, h) =>
        s.lockFreeCheck(h, hi, lo, len),
  ),
  fc
    .tuple(
      fc.constantFrom(
        ...([
          'hardirqsOn',
          'hardirqsOff',
          'softirqsOn',
          'softirqsOff',
          'preemptOn',
          'preemptOff',
          'mightSleep',
          'lockdepOff',
          'lockdepOn',
        ] as const),
      ),
      site,
    )
    .map(
      ([what, ip]): Call =>
        (s, h) =>
          s[what](h, id(ip)),
    ),
  fc.tuple(fc.nat(300), text).map(
    ([irq, name]): Call =>
      (s, h) =>
        s.hardirqEntry(h, irq, id(name)),
  ),
  fc
    .tuple(
      fc.constantFrom('hardirqExit' as const, 'softirqEntry' as const, 'softirqExit' as const, 'taskExit' as const),
      fc.nat(300),
    )
    .map(
      ([what, n]): Call =>
        (s, h) =>
          s[what](h, n),
    ),
  fc.tuple(fc.constantFrom('alloc' as const, 'free' as const), allocator).map(
    ([what, a]): Call =>
      (s, h) =>
        s[what](h, Object.assign(new AllocEvent(), { ...a, event: id(a.event), ip: id(a.ip) })),
  ),
  fc.tuple(fc.nat(9999), fc.integer({ min: 0, max: 2 }), fc.nat(9999), comm).map(
    ([prev, state, next, name]): Call =>
      (s, h) =>
        s.schedSwitch(h, prev, state, next, id(name)),
  ),
  fc.tuple(fc.nat(9999), comm).map(
    ([pid, name]): Call =>
      (s, h) =>
        s.taskFork(h, pid, id(name)),
  ),
  fc.constant<Call>((s, h) => s.userMode(h)),
  fc.tuple(fc.constantFrom('waitBegin' as const, 'wakeUp' as const), int32, int32, text, fc.nat(7), site).map(
    ([what, hi, lo, name, kind, ip]): Call =>
      (s, h) =>
        s[what](h, hi, lo, id(name), kind, id(ip)),
  ),
  fc.tuple(int32, int32, text, fc.nat(7)).map(
    ([hi, lo, name, kind]): Call =>
      (s, h) =>
        s.waitEnd(h, hi, lo, id(name), kind),
  ),
  fc.tuple(flag, text, site).map(
    ([known, name, ip]): Call =>
      (s, h) =>
        s.rcuDereference(h, known, id(name), id(ip)),
  ),
  fc.tuple(flag, text).map(
    ([begin, name]): Call =>
      (s, h) =>
        s.selftest(h, begin, id(name)),
  ),
  fc.tuple(fc.string(), fc.string()).map(
    ([message, lock]): Call =>
      (s, h) =>
        s.kernelReport(h, {
          rule: 'r',
          severity: 'error',
          message,
          locks: [lock],
          callSite: '',
          evidence: [{ what: lock, callSite: 'x', task: message }],
        }),
  ),
  fc.tuple(fc.nat(64), fc.nat(9)).map(
    ([cpu, count]): Call =>
      (s) =>
        s.lostEvents(cpu, count),
  ),
);

/** Writes, reads, and compares with what was told in the first place. */
function expectRoundTrip(
  calls: readonly (readonly [Call, typeof header extends fc.Arbitrary<infer T> ? T : never])[],
  ticks: number,
): void {
  let written = '';
  const writer = new TextWriter(
    names,
    (piece) => {
      written += piece;
    },
    { ticksPerSecond: ticks },
  );
  const told = new LogSink(names);
  told.withoutLines = true;
  for (const [make, h] of calls) {
    const event = Object.assign(new EventHeader(), {
      comm: id(h.comm),
      cpu: h.cpu,
      pid: h.pid,
      time: h.time,
      context: h.context,
      preemptDepth: h.preemptDepth,
    });
    make(writer, event);
    make(told, event);
  }
  writer.end();
  const { events, parser } = parse(written);
  expect(parser.samples).toEqual([]);
  expect(events.map((e) => (e[0] === 'lost' ? e : [...e.slice(0, 7), 0, ...e.slice(8)]))).toEqual(told.events);
}

describe('the text writer', () => {
  it('writes what the reader reads back, whatever the events', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(call, header), { maxLength: 12 }), fc.constantFrom(1e9, 1), (calls, ticks) =>
        expectRoundTrip(calls, ticks),
      ),
      { numRuns: 1500 },
    );
  });

  it('keeps a line a line', () => {
    let written = '';
    const table = new StringNames();
    const writer = new TextWriter(table, (piece) => {
      written += piece;
    });
    writer.lockRelease(new EventHeader(), 0, 1, table.intern('a\nb\r'));
    writer.end();
    expect(parse(written).events.map((e) => e.slice(8))).toEqual([[0, 1, 'a b ']]);
  });
});
