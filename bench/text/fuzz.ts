/**
 * Campaign: reads mutants of the bundled recordings, plain and compressed. Each must be read, with what could not be read
 * counted, or end in an InputError; anything else (another exception, too long, growing memory) is told with its seed.
 * Usage: fuzz:text [SECONDS [FIRST_SEED]]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { NullSink } from '../../src/model/events.js';
import { InputError } from '../../src/model/report.js';
import { openSource } from '../../src/trace/open.js';
import { isEventSource } from '../../src/trace/source.js';
import { mutate, Random } from '../../test/trace/text-mutate.js';

const MAX_MILLISECONDS = 5000;
const MAX_RSS_MEGABYTES = 1024;
/** Lines of an original that a mutant is made of at most. */
const LINES = 200;

const [seconds = '60', first = '1'] = process.argv.slice(2);
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** Pieces of recordings, and lines of the forms that are not among them. */
function corpus(): Buffer[] {
  const selftest = join(fixtures, 'selftest');
  const files = readdirSync(selftest).filter((name) => name.endsWith('.trace.txt'));
  const texts = files.map((name) => readFileSync(join(selftest, name), 'latin1').split('\n').slice(0, LINES));
  texts.push(readFileSync(new URL('./forms.txt', import.meta.url), 'latin1').split('\n'));
  return texts.map((lines) => Buffer.from(lines.join('\n'), 'latin1'));
}

const originals = corpus();
const folder = mkdtempSync(join(tmpdir(), 'lockvet-fuzz-'));
const file = join(folder, 'mutant');
const end = performance.now() + Number(seconds) * 1000;
const outcomes = { read: 0, counted: 0, refused: 0, failed: 0 };
let seed = Number(first);
let slowest = 0;
for (; performance.now() < end; seed++) {
  const random = new Random(seed);
  let bytes = mutate(originals, random);
  // Every eighth is compressed, and broken once more on the outside.
  if (seed % 8 === 0) bytes = mutate([gzipSync(bytes)], random);
  writeFileSync(file, bytes);
  const start = performance.now();
  try {
    const source = await openSource(file);
    const { notes } = isEventSource(source) ? await source.pump(new NullSink()) : await source.read();
    outcomes[notes.length > 0 ? 'counted' : 'read']++;
  } catch (error) {
    if (error instanceof InputError && error.message.startsWith(file) && !error.message.includes('\n')) {
      outcomes.refused++;
    } else {
      outcomes.failed++;
      console.log(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  const milliseconds = performance.now() - start;
  if (milliseconds > MAX_MILLISECONDS) console.log(`seed ${seed}: took ${milliseconds.toFixed(0)} ms`);
  slowest = Math.max(slowest, milliseconds);
}
rmSync(folder, { recursive: true });
const peak = process.resourceUsage().maxRSS / 1024;
console.log(
  `${seed - Number(first)} mutants: ${outcomes.read} read in full, ${outcomes.counted} with a note, ` +
    `${outcomes.refused} refused, ${outcomes.failed} failed; slowest ${slowest.toFixed(0)} ms, peak memory ${peak.toFixed(0)} MB`,
);
if (outcomes.failed > 0 || slowest > MAX_MILLISECONDS || peak > MAX_RSS_MEGABYTES) process.exitCode = 1;
