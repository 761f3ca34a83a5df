/**
 * Campaign: reads mutants of a small trace.dat file. Each must end in a clear InputError or be read with a count of what was
 * lost; anything else (another exception, too long, too much memory) is printed with the mutant's seed and fails.
 * Usage: campaign:tracedat-fuzz [MUTANTS [FIRST_SEED [FILE...]]]
 */
import { readFileSync } from 'node:fs';
import { NullSink } from '../../src/model/events.js';
import { InputError } from '../../src/model/report.js';
import { openTraceDat } from '../../src/trace/tracedat/index.js';
import { mutant } from '../../test/trace/tracedat/mutant.js';
import { makeSample } from '../../test/trace/tracedat/sample.js';
import { traceDatFile } from '../../test/trace/tracedat/writer/file.js';

const MAX_MILLISECONDS = 5000;
const MAX_RSS_BYTES = 2 ** 30;

const [count = '100000', first = '1', ...files] = process.argv.slice(2);

/** The file that mutants are made of: given ones, the fixture, and small ones of each kind. */
const originals: Uint8Array[] = files.map((file) => readFileSync(file));
if (files.length === 0) {
  originals.push(readFileSync(new URL('../../fixtures/tracedat/wq-wake.v7.trace.dat', import.meta.url)));
  const small = { events: 60, cpus: 2 };
  for (const compression of ['none', 'zstd', 'zlib'] as const) {
    originals.push(traceDatFile(makeSample({ ...small, compression, chunkPages: 1, pageSize: 1024 }).recording));
  }
  originals.push(traceDatFile(makeSample({ ...small, version: 6, instances: 1, pageSize: 1024 }).recording));
  const bigEndian = { bigEndian: true, longSize: 4 } as const;
  originals.push(traceDatFile(makeSample({ ...small, machine: bigEndian, pageSize: 1024 }).recording));
}

const outcomes = { refused: 0, lossesCounted: 0, readInFull: 0, failed: 0 };
let slowest = 0;
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const bytes = mutant(originals[seed % originals.length] ?? new Uint8Array(0), seed);
  const start = performance.now();
  try {
    const source = await openTraceDat('mutant', { bytes });
    const { notes } = await source.pump(new NullSink());
    outcomes[notes.length > 0 ? 'lossesCounted' : 'readInFull']++;
  } catch (error) {
    if (error instanceof InputError && error.message.startsWith('mutant: ')) {
      outcomes.refused++;
    } else {
      outcomes.failed++;
      console.log(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  const milliseconds = performance.now() - start;
  slowest = Math.max(slowest, milliseconds);
  if (milliseconds > MAX_MILLISECONDS) {
    outcomes.failed++;
    console.log(`seed ${seed}: took ${milliseconds.toFixed(0)} ms`);
  }
}
const peak = process.resourceUsage().maxRSS * 1024;
console.log(
  `${count} mutants of ${originals.length} files: ${outcomes.refused} refused, ${outcomes.lossesCounted} read with losses counted, ` +
    `${outcomes.readInFull} read in full, ${outcomes.failed} failed; slowest ${slowest.toFixed(0)} ms, ` +
    `peak memory ${(peak / 2 ** 20).toFixed(0)} MB`,
);
process.exitCode = outcomes.failed > 0 || peak > MAX_RSS_BYTES ? 1 : 0;
