import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AcquireHas, Ctx, type EventHeader, type LockAcquire, NullSink } from '../../../src/model/events.js';
import type { EventSource, ReadSummary } from '../../../src/trace/source.js';
import { openTraceDat } from '../../../src/trace/tracedat/index.js';
import { CanonicalSink } from './canonical.js';
import { makeSample } from './sample.js';
import { EVENTS, kallsyms, STOCK_ACQUIRE } from './sample-events.js';
import { type RecordingSpec, traceDatFile } from './writer/file.js';
import { type EventSpec, eventBytes, type FieldValues } from './writer/formats.js';
import type { RingEntry } from './writer/pages.js';

const MACHINE = { bigEndian: false, longSize: 8 } as const;
const TASK = { pid: 1, flags: 0, preemptCount: 0 };

const event = (spec: EventSpec, time: number, values: FieldValues, task = TASK): RingEntry => ({
  kind: 'event',
  time,
  bytes: eventBytes(spec, task, values, MACHINE),
});

const spec = (name: string): EventSpec => {
  const found = EVENTS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no test event ${name}`);
  return found;
};

function recording(changes: Partial<RecordingSpec>): Uint8Array {
  return traceDatFile({
    version: 7,
    machine: MACHINE,
    compression: 'none',
    pageSize: 4096,
    clock: 'global',
    events: EVENTS,
    buffers: [],
    kallsyms: kallsyms(MACHINE),
    cmdlines: '1 init\n',
    uname: 'Linux testhost 6.1.0 test64',
    ...changes,
  });
}

interface Read extends ReadSummary {
  source: EventSource;
  lines: string[];
}

async function read(bytes: Uint8Array, threadFromBytes = Number.POSITIVE_INFINITY): Promise<Read> {
  const source = await openTraceDat('test.dat', { bytes }, { threadFromBytes });
  const lines: string[] = [];
  const summary = await source.pump(new CanonicalSink(source.names, (line) => lines.push(line)));
  return { ...summary, source, lines };
}

/** Acquisitions as the sink gets them. */
async function acquisitions(bytes: Uint8Array): Promise<{ header: EventHeader; args: LockAcquire; name: string }[]> {
  const source = await openTraceDat('test.dat', { bytes });
  const got: { header: EventHeader; args: LockAcquire; name: string }[] = [];
  class Collector extends NullSink {
    override lockAcquire(h: EventHeader, a: LockAcquire): void {
      got.push({ header: { ...h }, args: { ...a }, name: source.names.text(a.name) });
    }
  }
  await source.pump(new Collector());
  return got;
}

describe('event probes on stock tracepoints', () => {
  // Laid out without padding, as the kernel does for probes.
  const acquire: EventSpec = {
    system: 'lockvet',
    name: 'acquire',
    id: 1500,
    packed: true,
    fields: [
      { name: 'flags', type: 'u32' },
      { name: 'map', type: 'u64' },
      { name: 'key', type: 'u64' },
      { name: 'name', type: 'string' },
      { name: 'outer', type: 'u8' },
      { name: 'inner', type: 'u8' },
      { name: 'type', type: 'u8' },
    ],
  };
  const values = {
    flags: 3,
    map: 0xff1100003e800318n,
    key: 0xffffffff82f802d0n,
    name: '&pcp->lock',
    outer: 0,
    inner: 3,
    type: 1,
  };

  it('give key and wait types', async () => {
    const bytes = recording({ events: [acquire], buffers: [{ name: '', cpus: [[event(acquire, 10, values)]] }] });
    const [first] = await acquisitions(bytes);
    expect(first?.name).toBe('&pcp->lock');
    expect(first?.args).toMatchObject({ hi: 0xff110000 | 0, lo: 0x3e800318, keyHi: -1, keyLo: 0x82f802d0 | 0 });
    expect(first?.args).toMatchObject({ trylock: true, read: 1, check: 1, waitOuter: 0, waitInner: 3, lockType: 1 });
    expect(first?.args.has).toBe(AcquireHas.Key | AcquireHas.Wait);
  });

  it('are read at odd offsets too', async () => {
    const shifted: EventSpec = { ...acquire, fields: [{ name: 'first', type: 'u8' }, ...acquire.fields] };
    const bytes = recording({ events: [shifted], buffers: [{ name: '', cpus: [[event(shifted, 10, values)]] }] });
    const [first] = await acquisitions(bytes);
    expect(first?.args).toMatchObject({ hi: 0xff110000 | 0, lo: 0x3e800318, keyLo: 0x82f802d0 | 0, waitInner: 3 });
  });
});

describe('the context of an event', () => {
  const one = (task: typeof TASK, uname: string): Uint8Array =>
    recording({
      uname,
      buffers: [{ name: '', cpus: [[event(STOCK_ACQUIRE, 10, { name: 'a', lockdep_addr: 8 }, task)]] }],
    });
  const contextOf = async (flags: number, uname: string): Promise<EventHeader | undefined> =>
    (await acquisitions(one({ pid: 1, flags, preemptCount: 0x53 }, uname)))[0]?.header;

  it('comes from the common fields', async () => {
    const header = await contextOf(0x01 | 0x08 | 0x80, 'Linux h 6.1.192 x86_64');
    expect(header?.context).toBe(Ctx.Known | Ctx.HardIrqsOff | Ctx.HardIrq | Ctx.BhKnown | Ctx.BhOff);
    // The upper half is the migrate-disable depth.
    expect(header?.preemptDepth).toBe(3);
  });

  it('depends on the kernel', async () => {
    const old = await contextOf(0x80, 'Linux h 5.10.0 x86_64');
    expect(old?.context).toBe(Ctx.Known);
    expect(old?.preemptDepth).toBe(0x53);
    expect((await contextOf(0x03, 'Linux h 6.1.0 x86_64'))?.context).toBe(Ctx.HardIrqsOff | Ctx.BhKnown);
    expect((await contextOf(0x03, 'Linux h 6.13.0 x86_64'))?.context).toBe(
      Ctx.Known | Ctx.HardIrqsOff | Ctx.NeedResched | Ctx.BhKnown,
    );
  });
});

describe('time', () => {
  const bytesWith = (options: { id: number; data: Uint8Array }[], clock: string): Uint8Array =>
    recording({
      clock,
      options,
      buffers: [{ name: '', cpus: [[event(spec('softirq_entry'), 3_000_000_000, { vec: 1 })]] }],
    });

  it('has the offset of the file added', async () => {
    const { lines } = await read(bytesWith([{ id: 7, data: Buffer.from('-1000000000\0') }], 'global'));
    expect(lines).toEqual(['init-1 0 2000000000 softirq_entry: vec=1']);
  });

  it('of a time stamp counter is converted where the file tells how', async () => {
    const conversion = Buffer.alloc(16);
    conversion.writeUInt32LE(1 << 21, 0);
    conversion.writeUInt32LE(22, 4);
    // The offset, which is for comparing machines.
    conversion.writeBigUInt64LE(1000n, 8);
    const converted = await read(bytesWith([{ id: 14, data: conversion }], 'x86-tsc'));
    expect(converted.lines).toEqual(['init-1 0 1500000000 softirq_entry: vec=1']);
    expect(converted.source.ticksPerSecond).toBe(1e9);
    const raw = await read(bytesWith([], 'x86-tsc'));
    expect(raw.lines).toEqual(['init-1 0 3000000000 softirq_entry: vec=1']);
    expect(raw.source.ticksPerSecond).toBe(1);
  });
});

describe('the way to user mode', () => {
  it('is seen in the callers of preemptirq events and in system calls', async () => {
    const seen: string[] = [];
    const sysExit: EventSpec = {
      system: 'raw_syscalls',
      name: 'sys_exit',
      id: 33,
      fields: [{ name: 'id', type: 'long' }],
    };
    const source = await openTraceDat('test.dat', {
      bytes: recording({
        events: [...EVENTS, sysExit],
        buffers: [
          {
            name: '',
            cpus: [
              [
                event(spec('irq_disable'), 10, { caller_offs: 0x150, parent_offs: 0x160 }),
                event(spec('irq_disable'), 20, { caller_offs: 0x340, parent_offs: 0x160 }),
                event(spec('irq_disable'), 30, { caller_offs: 0x150, parent_offs: 0x3ff }),
                event(spec('irq_disable'), 40, { caller_offs: -0x10, parent_offs: 0 }),
                event(sysExit, 50, { id: 3 }),
              ],
            ],
          },
        ],
      }),
    });
    class Collector extends NullSink {
      override hardirqsOff(h: EventHeader, ip: number): void {
        seen.push(`${h.time} off ${source.names.text(ip)}`);
      }
      override userMode(h: EventHeader): void {
        seen.push(`${h.time} user`);
      }
    }
    await source.pump(new Collector());
    expect(seen).toEqual([
      '10 off do_work+0x50',
      '20 off syscall_exit_to_user_mode+0x40',
      '20 user',
      '30 off do_work+0x50',
      '30 user',
      '40 off 0xffffffff80fffff0',
      '50 user',
    ]);
  });
});

describe('instances', () => {
  it('that record the same events count them once', async () => {
    const acquire = (time: number, addr: number): RingEntry =>
      event(STOCK_ACQUIRE, time, { name: 'a', lockdep_addr: addr });
    const { lines, notes } = await read(
      recording({
        buffers: [
          { name: '', cpus: [[acquire(1000, 8), acquire(2000, 8), acquire(9_000_000, 16)]] },
          // The last one is another event: too late to be the same.
          { name: 'more', cpus: [[acquire(1100, 8), acquire(2100, 8), acquire(20_000_000, 16)]] },
        ],
      }),
    );
    expect(lines.map((line) => line.split(' ')[2])).toEqual(['1000', '2000', '9000000', '20000000']);
    expect(notes).toEqual(['2 events are in several instances of the recording and were counted once']);
  });
});

describe('where the bytes come from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-tracedat-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const { recording: sample, lines } = makeSample({ compression: 'zstd', chunkPages: 2, events: 2000 });

  it('makes no difference: memory, file, decompressed beside or in this thread', async () => {
    const bytes = traceDatFile(sample);
    const file = join(folder, 'sample.dat');
    writeFileSync(file, bytes);
    expect((await read(bytes)).lines).toEqual(lines);
    expect((await read(bytes, 0)).lines).toEqual(lines);
    const source = await openTraceDat('-', { file }, { threadFromBytes: 0 });
    const fromFile: string[] = [];
    await source.pump(new CanonicalSink(source.names, (line) => fromFile.push(line)));
    expect(fromFile).toEqual(lines);
    expect(source.path).toBe('-');
  });

  it('is named when it is not there', async () => {
    await expect(openTraceDat(join(folder, 'missing.dat'))).rejects.toThrow(/missing\.dat: cannot be opened: ENOENT/);
  });
});
