import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTraceDat } from '../../../src/trace/tracedat/index.js';
import { CanonicalSink } from './canonical.js';
import { makeSample, type SampleOptions } from './sample.js';
import { EXTENDED_ACQUIRE, STOCK_ACQUIRE } from './sample-events.js';
import { canonicalLine, hasTraceCmd, traceCmdReads } from './trace-cmd.js';
import { traceDatFile } from './writer/file.js';

async function linesOf(bytes: Uint8Array): Promise<{ lines: string[]; notes: string[] }> {
  const source = await openTraceDat('sample.dat', { bytes });
  const lines: string[] = [];
  const { notes } = await source.pump(new CanonicalSink(source.names, (line) => lines.push(line)));
  return { lines, notes };
}

const VARIANTS: [string, SampleOptions][] = [];
for (const version of [6, 7] as const) {
  for (const bigEndian of [false, true]) {
    for (const longSize of [4, 8] as const) {
      for (const compression of version === 6 ? (['none'] as const) : (['none', 'zstd', 'zlib'] as const)) {
        for (const acquire of [STOCK_ACQUIRE, EXTENDED_ACQUIRE]) {
          const kernel = acquire === STOCK_ACQUIRE ? 'stock' : 'extended';
          const endian = bigEndian ? 'big-endian' : 'little-endian';
          VARIANTS.push([
            `version ${version}, ${endian}, ${longSize * 8} bits, ${compression}, ${kernel}`,
            { version, machine: { bigEndian, longSize }, compression, acquire, seed: VARIANTS.length + 1 },
          ]);
        }
      }
    }
  }
}
VARIANTS.push(
  ['two instances beside the top buffer', { instances: 2, compression: 'zstd', seed: 91 }],
  ['two instances, version 6', { version: 6, instances: 2, seed: 92 }],
  ['pages of 64 KiB', { pageSize: 65536, compression: 'zlib', events: 2000, seed: 93 }],
  ['one page a chunk, one CPU', { chunkPages: 1, cpus: 1, compression: 'zstd', events: 2000, seed: 94 }],
  ['32 CPUs', { cpus: 32, seed: 95 }],
  ['300 CPUs', { cpus: 300, events: 4, compression: 'zstd', seed: 96 }],
);

describe('a written recording is read back event by event', () => {
  it.each(VARIANTS)('%s', async (_name, options) => {
    const { recording, lines } = makeSample(options);
    const read = await linesOf(traceDatFile(recording));
    expect(read.lines).toEqual(lines);
    expect(read.notes).toEqual([]);
  });
});

describe.skipIf(!hasTraceCmd())('trace-cmd reads the same out of a written recording', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-tracedat-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.for(VARIANTS)('%s', ([name, options], context) => {
    const { recording, lines } = makeSample(options);
    const file = join(folder, `${name.replace(/\W+/g, '-')}.dat`);
    writeFileSync(file, traceDatFile(recording));
    if (options.compression === 'zlib' && !traceCmdReads(file)) return context.skip('trace-cmd without zlib');
    const { stdout } = spawnSync('trace-cmd', ['report', '-t', file], { encoding: 'latin1', maxBuffer: 2 ** 28 });
    const theirs = stdout
      .split('\n')
      .map(canonicalLine)
      .filter((line) => line !== undefined);
    expect(theirs).toEqual(lines);
  });
});
