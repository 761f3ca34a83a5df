import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openTraceDat } from '../../../src/trace/tracedat/index.js';
import { CanonicalSink } from './canonical.js';
import { canonicalLine, hasTraceCmd } from './trace-cmd.js';

const FIXTURE = fileURLToPath(new URL('../../../fixtures/tracedat/wq-wake.v7.trace.dat', import.meta.url));

describe('a recording of a real kernel', () => {
  it('is read with all it tells', async () => {
    const source = await openTraceDat(FIXTURE);
    expect(source).toMatchObject({ kind: 'trace.dat', kernel: '6.1.192', ticksPerSecond: 1e9 });
    expect(source.noValidateKey).toEqual({ hi: -1, lo: 0x82456780 | 0 });
    const lines: string[] = [];
    const summary = await source.pump(new CanonicalSink(source.names, (line) => lines.push(line)));
    expect(summary).toEqual({ events: 2394, bytes: 147456, notes: [] });
    expect(lines[0]).toBe(
      'init-1 1 4809436231 lock_acquire: 0xff1100000365f998x &sb->s_type->i_mutex_key subclass=0 read=0 check=1 ' +
        'nest=(nil)x key=0xffffffff82110778x wait=0:4 type=0 hardirq_ctx=0 softirq_ctx=0 threaded=0 hardirqs_on=1 ' +
        'softirqs_on=1 ip=do_truncate+0x63',
    );
  });

  it.skipIf(!hasTraceCmd())('is read as trace-cmd reads it', async () => {
    const source = await openTraceDat(FIXTURE);
    const lines: string[] = [];
    await source.pump(new CanonicalSink(source.names, (line) => lines.push(line)));
    const { stdout } = spawnSync('trace-cmd', ['report', '-t', FIXTURE], { encoding: 'latin1', maxBuffer: 2 ** 28 });
    expect(lines).toEqual(
      stdout
        .split('\n')
        .map(canonicalLine)
        .filter((line) => line !== undefined),
    );
  });
});
