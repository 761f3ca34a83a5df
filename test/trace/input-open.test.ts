import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NullSink } from '../../src/model/events.js';
import { openSource } from '../../src/trace/open.js';
import { type EventSource, isEventSource, type ReadSummary } from '../../src/trace/source.js';

const CASE = 'fixtures/cases/kfree_raw.trace.txt.xz';
const TRACE_DAT = 'fixtures/tracedat/wq-wake.v7.trace.dat';
const SELFTEST = readFileSync('fixtures/selftest/000-AA_spin.trace.txt');
const LINE = '            init-1       [000] d..2.     4.120708: lock_release: 10 a\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'open-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function openEvents(path: string, strict = false): Promise<EventSource> {
  const source = await openSource(path, { strict });
  if (!isEventSource(source)) throw new Error(`${path} was taken for a kernel log`);
  return source;
}

async function read(path: string, strict = false): Promise<ReadSummary> {
  return (await openEvents(path, strict)).pump(new NullSink());
}

describe('recognising by content', () => {
  it.each<[string, string | Buffer, string]>([
    ['a trace file', SELFTEST, 'ftrace'],
    ['an empty trace file', '# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n', 'ftrace'],
    ['trace_pipe', LINE, 'ftrace'],
    ['trace_pipe that begins with a loss', 'CPU:1 [LOST 5 EVENTS]\n', 'ftrace'],
    ['a last line without its end', LINE.trimEnd(), 'ftrace'],
    [
      'trace-cmd report',
      'cpus=2\n            init-1     [001]     4.809436: lock_release:         0x10x a\n',
      'trace-cmd',
    ],
    [
      'the middle of a trace-cmd report',
      '            init-1     [001]     4.809436: lock_release:         0x10x a\n',
      'trace-cmd',
    ],
    ['perf script', '            init     1 [001]     4.809436: lock:lock_release: 0x10 a\n', 'perf'],
    ['compressed', gzipSync(SELFTEST), 'ftrace'],
    ['a recording behind some rubbish', `Script started\n${LINE}`, 'ftrace'],
    ['a kernel log', '[    0.000000] Linux version 6.1.192\n[    0.000000] Command line: x\n', 'dmesg'],
  ])('%s', async (_what, content, kind) => {
    expect((await openSource(file('input', content))).kind).toBe(kind);
  });

  it('tells seconds from ticks', async () => {
    expect((await openEvents(file('s', LINE))).ticksPerSecond).toBe(1e9);
    expect((await openEvents(file('t', LINE.replace('4.120708', '4120708')))).ticksPerSecond).toBe(1);
  });

  it('reads a trace.dat, also when it is compressed', async () => {
    const plain = readFileSync(TRACE_DAT);
    const events = (await read(file('plain', plain))).events;
    expect(events).toBeGreaterThan(0);
    expect((await read(file('stored', gzipSync(plain)))).events).toBe(events);
  });
});

describe('kernel logs with NULs', () => {
  const log = readFileSync('fixtures/cases/abba_mutex.dmesg.txt', 'latin1');
  const nuls = '\0'.repeat(100);
  it.each<[string, string]>([
    ['at the beginning', nuls + log],
    ['at the end', log + nuls],
    ['inside lines', log.replaceAll('lv_mutex', 'lv_\0mutex')],
    ['instead of a line', log.replaceAll('\n', `\n${'\0'.repeat(9)}`)],
    ['for more than a line may hold', log.replace('possible', `${'\0'.repeat(10_000)}possible`)],
  ])('%s', async (_what, text) => {
    const plain = await openSource(file('plain.log', log));
    const source = await openSource(file('nul.log', text));
    if (isEventSource(source) || isEventSource(plain)) throw new Error('was taken for a recording');
    const rules = (await source.read()).findings.map(({ rule, locks }) => [rule, locks]);
    expect(rules).toEqual((await plain.read()).findings.map(({ rule, locks }) => [rule, locks]));
    expect(rules).not.toEqual([]);
  });

  it('is not made of a program that holds the words', async () => {
    const code = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 37) & 0x3f));
    const path = file('code', Buffer.concat([code, Buffer.from('\n[ 1.000000] Linux version 6.1\n')]));
    await expect(openSource(path)).rejects.toThrow('binary data');
  });
});

describe('what is no input', () => {
  const expected = 'ftrace text, trace-cmd report, perf script, trace.dat or a kernel log';
  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'is empty; a recording or a kernel log was expected'],
    [
      'binary',
      Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 37) & 0xff)),
      `holds binary data of an unknown kind; expected ${expected}`,
    ],
    ['a program', '\x7fELF\x02\x01', 'is a program or an object file'],
    ['perf.data', 'PERFILE2\0\0', 'is a perf.data file; give the output of `perf script`'],
    ['one endless line', Buffer.alloc(1_000_000, 'a'), `has no line in its first 262144 bytes; expected ${expected}`],
    [
      'rubbish',
      'rubbish\n'.repeat(100_000),
      `holds no event and no kernel log (it begins with "rubbish"); expected ${expected}`,
    ],
  ])('%s', async (_what, content, problem) => {
    const path = file('stranger', content);
    await expect(openSource(path)).rejects.toThrow(`${path}: ${problem}`);
  });
});

describe('reading', () => {
  it('counts what it cannot read and shows the first', async () => {
    const path = file('mixed', `${LINE}bad one\n${LINE}bad two\nbad three\nbad four\n${LINE}`);
    expect(await read(path)).toMatchObject({
      events: 3,
      notes: ['4 lines could not be read (line 2: bad one; line 4: bad two; line 5: bad three)'],
    });
    await expect(read(path, true)).rejects.toThrow(`${path}:2: this line cannot be read: bad one`);
  });

  it('says how many events were lost', async () => {
    const { notes } = await read(file('lost', `CPU:0 [LOST 5 EVENTS]\n${LINE}CPU:1 [LOST 7 EVENTS]\n`));
    expect(notes).toEqual(['the recorder lost events at 2 places, at least 12 events']);
  });

  it('says when there is nothing in it', async () => {
    expect((await read(file('none', '# tracer: nop\n'))).notes).toEqual(['no event that lockvet knows is in it']);
  });

  it('keeps its pieces apart: lines over their borders, long lines, a last line without end', async () => {
    const long = 'x'.repeat(3_000_000);
    const many = LINE.repeat(30_000);
    const path = file('pieces', `${many}${long}\n${many}${long}${long}`);
    const lines: number[] = [];
    const source = await openEvents(path);
    const sink = new NullSink();
    sink.lockRelease = (h) => lines.push(h.line);
    const { events, notes, bytes } = await source.pump(sink);
    expect(events).toBe(60_000);
    expect(bytes).toBe(2 * many.length + 3 * long.length + 1);
    expect(lines[29_999]).toBe(30_000);
    expect(lines[30_000]).toBe(30_002);
    expect(notes).toEqual([expect.stringMatching(/^2 lines could not be read \(line 30001: x+; line 60002: x+\)$/)]);
  });

  it('tells how far it is', async () => {
    const told: (string | number)[] = [];
    const source = await openSource(CASE, {
      progress: { start: (input, total) => told.push(input, total), update: (bytes) => told.push(bytes) },
    });
    expect(told).toEqual([]);
    if (isEventSource(source)) await source.pump(new NullSink());
    const size = readFileSync(CASE).length;
    expect(told.slice(0, 2)).toEqual([CASE, size]);
    expect(told.at(-1)).toBe(size);
  });
});
