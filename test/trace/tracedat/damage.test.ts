import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NullSink } from '../../../src/model/events.js';
import { InputError } from '../../../src/model/report.js';
import type { ReadSummary } from '../../../src/trace/source.js';
import { openTraceDat } from '../../../src/trace/tracedat/index.js';
import { mutant } from './mutant.js';
import { makeSample } from './sample.js';
import { traceDatFile } from './writer/file.js';

const FIXTURE = readFileSync(new URL('../../../fixtures/tracedat/wq-wake.v7.trace.dat', import.meta.url));

async function read(bytes: Uint8Array): Promise<ReadSummary> {
  const source = await openTraceDat('damaged.dat', { bytes });
  return source.pump(new NullSink());
}

/** The file with some bytes changed. */
function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

const SAMPLE = makeSample({ compression: 'zlib', chunkPages: 1, cpus: 1, events: 400 });
const COMPRESSED = traceDatFile(SAMPLE.recording);

/** Offset of the first chunk of the only CPU: data begins on the page behind the buffer section's header. */
function firstChunk(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let page = 4096; page < bytes.length; page += 4096) {
    if (view.getUint32(page + 8, true) === 4096) return page + 4;
  }
  throw new Error('no chunk found');
}

describe('files that cannot be read are refused in one sentence', () => {
  it.each([
    ['not a trace.dat at all', Buffer.from('# tracer: nop\n'), 'not a trace.dat file'],
    ['version 5', patched(FIXTURE, 10, 0x35), 'file header: version "5"; only 6 and 7 are known'],
    ['byte order 7', patched(FIXTURE, 12, 7), 'file header: byte order mark 7; 0 or 1 expected'],
    ['pages of 3 bytes', patched(FIXTURE, 14, 3, 0, 0, 0), 'file header: page size 3 makes no sense'],
    [
      'unknown compression',
      patched(FIXTURE, 18, 0x6c),
      'file header: compressed with "lstd"; only zstd and zlib are known',
    ],
    ['cut off in the header', FIXTURE.subarray(0, 20), 'file header: a string has no end'],
    [
      'cut off before the options',
      FIXTURE.subarray(0, 3000),
      /^options: should be at offset \d+, behind the end of the file$/,
    ],
  ])('%s', async (_name, bytes, message) => {
    const failure = await read(bytes).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(InputError);
    const text = (failure as InputError).message;
    expect(text.startsWith('damaged.dat: ')).toBe(true);
    expect(text.slice('damaged.dat: '.length)).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });
});

describe('what is lost is counted', () => {
  it('a damaged chunk', async () => {
    const whole = await read(COMPRESSED);
    const at = firstChunk(COMPRESSED);
    const { events, notes } = await read(patched(COMPRESSED, at + 20, 0xff, 0xff, 0xff, 0xff));
    expect(notes).toEqual(['CPU 0: 1 compressed chunks are damaged, their events are lost']);
    expect(events).toBeLessThan(whole.events);
    expect(events).toBeGreaterThan(whole.events / 2);
  });

  it('a chunk whose length cannot be', async () => {
    const at = firstChunk(COMPRESSED);
    const { events, notes } = await read(patched(COMPRESSED, at, 0xff, 0xff, 0xff, 0x7f));
    expect(notes).toEqual([expect.stringMatching(/^CPU 0: \d+ bytes of its data are missing or unreadable$/)]);
    expect(events).toBe(0);
  });

  it('the end of a file that was cut off', async () => {
    const { recording } = makeSample({ version: 6, cpus: 1, events: 1000 });
    const bytes = traceDatFile(recording);
    const { notes } = await read(bytes.subarray(0, bytes.length - 5000));
    expect(notes).toEqual(['CPU 0: 8192 bytes of its data are missing or unreadable']);
  });

  it('a page that claims more than it holds', async () => {
    const { recording } = makeSample({ version: 6, cpus: 1, events: 1000 });
    const bytes = traceDatFile(recording);
    const page = bytes.length - 2 * 4096;
    const { notes } = await read(patched(bytes, page + 8, 0xff, 0xff));
    expect(notes).toEqual(['CPU 0: 1 ring buffer pages are damaged, events of them are lost']);
  });
});

describe('hostile lengths', () => {
  it('CPUs that share their data are refused', async () => {
    const { recording } = makeSample({ version: 6, cpus: 4, events: 1000 });
    const bytes = traceDatFile(recording);
    const table = Buffer.from(bytes).indexOf('flyrecord') + 10;
    const copy = Buffer.from(bytes);
    for (let cpu = 0; cpu < 4; cpu++) {
      copy.writeBigUInt64LE(0n, table + cpu * 16);
      copy.writeBigUInt64LE(BigInt(bytes.length), table + cpu * 16 + 8);
    }
    await expect(read(copy)).rejects.toThrow('damaged.dat: the data of its CPUs overlap: the file is damaged');
  });
});

describe('mutants', () => {
  it('of a recording are refused or read, never anything else', async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const bytes = mutant(seed % 2 ? FIXTURE : COMPRESSED, seed);
      await read(bytes).catch((error: unknown) => {
        if (!(error instanceof InputError)) throw new Error(`seed ${seed}: ${String(error)}`);
      });
    }
  });
});
