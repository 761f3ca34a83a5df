import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NullSink } from '../../src/model/events.js';
import { TextParser } from '../../src/trace/text/parser.js';
import { parse } from './text-helpers.js';

const SEED = readFileSync('fixtures/selftest/000-AA_spin.trace.txt', 'latin1').split('\n').slice(10);
const LINES = [
  ...SEED,
  '            perf  1234 [002]  4.120708: lock:lock_acquire: 0xffff a',
  '   a-1 [000] ..... 1.0: sched_switch: prev_comm=a prev_pid=5 prev_prio=120 prev_state=X ==> next_comm=b next_pid=9 next_prio=1',
  '   a-1 [000] ..... 1.0: sched_switch:   a:1 [120] S ==> c:d:35 [98]',
  '   a-1 [000] ..... 1.0: kmalloc: call_site=f+0x1 ptr=ff bytes_req=1 gfp_flags=GFP_KERNEL|__GFP_ZERO',
  '   a-1 [000] ..... 1.0: acquire: (lock.lock_acquire) flags=0 map=0x1 key=0x0 name="x" outer=0 inner=2 type=0',
  '   a-1 [000] ..... 1.0: lockvet_report: {"rule":"x"}',
  '   a-1 [000] ..... 1.0: lockvet_wait_begin: ff name kind=3 ip=x',
  'CPU:3 [LOST 12 EVENTS]',
];

/** Any text that has much in common with lines of recordings. */
const lineLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(...LINES),
      fc.string({ maxLength: 12 }),
      fc.constantFrom(' ', '-', '[', ':', '=', '\n', '0x', '('),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''));
/** A line with a part cut out and another put in. */
const broken = fc
  .tuple(fc.constantFrom(...LINES), fc.nat(200), fc.nat(20), fc.string({ maxLength: 6 }))
  .map(([line, at, length, put]) => line.slice(0, at) + put + line.slice(at + length));

describe('whatever the bytes are', () => {
  it('nothing is thrown, every line is counted, and numbers are numbers', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          lineLike,
          broken,
          fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
        ),
        (text) => {
          const { events, parser } = parse(text);
          const newlines = Buffer.from(text as string).filter((byte) => byte === 0x0a).length;
          expect(parser.lines).toBe(newlines + 1);
          expect(JSON.stringify(events)).not.toMatch(/null/);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('reads the same whatever stands around a line and however it was cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(broken, fc.constantFrom(...LINES)), { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        (lines, cut) => {
          const single = lines.flatMap((line) => parse(line).events.map((e) => e.slice(8)));
          expect(parse(lines.join('\n')).events.map((e) => e.slice(8))).toEqual(single);
          // As two calls of one parser.
          const parser = new TextParser(new NullSink());
          const first = Buffer.from(`${lines.slice(0, cut).join('\n')}\n`);
          const second = Buffer.from(`${lines.slice(cut).join('\n')}\n`);
          parser.read(first, 0, first.length);
          parser.read(second, 0, second.length);
          expect(parser.events + parser.losses).toBe(parse(lines.join('\n')).parser.events + parser.losses);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    '-1[0]',
    '-1 (',
    '-1 [0] ',
    ' [0]',
    ' 1 [0]',
    '] ',
    '-1[0]1:',
    ' subclass=1 read=0',
    '=',
    '==> ',
    ' prev_pid=1',
    '((',
    '" ',
  ])('takes time in proportion to the length of a line of %j', (token) => {
    for (const head of ['', '   a-1 [000] ..... 1.0: sched_switch:', '   a-1 [000] ..... 1.0: lock_acquire: ff ']) {
      const line = Buffer.from(head + token.repeat(60_000 / token.length));
      const start = performance.now();
      parse(line);
      // A quadratic scan would take tens of seconds.
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });
});
