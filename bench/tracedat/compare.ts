/**
 * Campaign: reads each given trace.dat file with lockvet and with `trace-cmd report`, and compares the events one by one (same
 * events, same order, same fields). Usage: campaign:tracedat FILE...; exit code 1 when anything differs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openTraceDat } from '../../src/trace/tracedat/index.js';
import { CanonicalSink } from '../../test/trace/tracedat/canonical.js';
import { canonicalLine } from '../../test/trace/tracedat/trace-cmd.js';

const MAX_SHOWN = 10;

/** Child mode: prints the canonical lines of one file to standard output. */
async function print(file: string): Promise<void> {
  const source = await openTraceDat(file);
  let pending: string[] = [];
  const flush = (): void => {
    const bytes = Buffer.from(`${pending.join('\n')}\n`, 'latin1');
    for (let at = 0; at < bytes.length; ) at += writeOrWait(bytes.subarray(at));
    pending = [];
  };
  const sink = new CanonicalSink(source.names, (line) => {
    if (pending.push(line) >= 1000) flush();
  });
  await source.pump(sink);
  if (pending.length > 0) flush();
}

/** Writes to standard output, which does not block when it is a pipe: waits a little while it is full. */
function writeOrWait(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

function lines(child: ChildProcess): AsyncIterator<string> {
  if (!child.stdout) throw new Error('no output to read');
  child.stdout.setEncoding('latin1');
  return createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
}

/** Number of differing lines. */
async function compare(file: string): Promise<number> {
  const jiti = fileURLToPath(new URL('./jiti-cli.mjs', import.meta.resolve('jiti')));
  const script = fileURLToPath(import.meta.url);
  const ours = spawn(process.execPath, [jiti, script, '--print', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const theirs = spawn('trace-cmd', ['report', '-t', file], { stdio: ['ignore', 'pipe', 'ignore'] });
  const left = lines(ours);
  const right = lines(theirs);
  let events = 0;
  let differences = 0;
  for (;;) {
    const mine = await left.next();
    let theirsNext = await right.next();
    while (!theirsNext.done && canonicalLine(theirsNext.value) === undefined) theirsNext = await right.next();
    if (mine.done && theirsNext.done) break;
    events++;
    const expected = theirsNext.done ? '(no more events)' : canonicalLine(theirsNext.value);
    const found = mine.done ? '(no more events)' : mine.value;
    if (found === expected) continue;
    differences++;
    if (differences <= MAX_SHOWN)
      console.log(`${file}: event ${events}\n  lockvet   ${found}\n  trace-cmd ${expected}`);
    if (mine.done || theirsNext.done) break;
  }
  console.log(`${file}: ${events} events compared, ${differences} differ`);
  ours.kill();
  theirs.kill();
  return differences;
}

const [first = '', ...others] = process.argv.slice(2);
if (first === '--print') {
  await print(others[0] ?? '');
} else {
  let differences = 0;
  for (const file of [first, ...others]) differences += await compare(file);
  process.exitCode = differences === 0 ? 0 : 1;
}
