import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikeKernelLog } from '../../../src/trace/dmesg/index.js';
import { fixture, readLog, withoutLines } from './read-log.js';

const REPORTS = [
  'cases/abba_mutex.dmesg.txt',
  'cases/irq_inversion.dmesg.txt',
  'cases/kmalloc_kernel_spin.dmesg.txt',
  'cases/rcu_deref_unlocked.dmesg.txt',
  'cases/softirq_unsafe.dmesg.txt',
  'cases/spin_under_raw.dmesg.txt',
  'dmesg/v4.14-sleep.txt',
  'dmesg/v5.15-irq-order.txt',
  'dmesg/v6.1-held-at-exit.txt',
  'dmesg/v6.1-misuse.txt',
  'dmesg/v6.6-recursive.syzbot.txt',
];
const logs = await Promise.all(REPORTS.map((name) => fixture(name)));
const log = fc.constantFrom(...logs);
const lines = (text: string): string[] => text.trimEnd().split('\n');

async function bare(text: string): Promise<string[]> {
  return (await readLog(text)).findings.map(withoutLines);
}

describe('whatever the bytes', () => {
  test('reading never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        expect((await readLog(text)).findings).toEqual([]);
        looksLikeKernelLog(Buffer.from(bytes));
      }),
      { numRuns: 200 },
    );
  });

  test('lines of reports in any order, damaged, never throw', async () => {
    const line = fc
      .tuple(fc.constantFrom(...logs.flatMap(lines)), fc.nat(200), fc.string({ maxLength: 6 }), fc.boolean())
      .map(([text, at, noise, damage]) => (damage ? text.slice(0, at) + noise + text.slice(at + 3) : text));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 120 }), async (some) => {
        for (const finding of (await readLog(some.join('\n'))).findings) {
          expect(finding.where.line).toBeGreaterThan(0);
          expect(finding.message).not.toContain('\n');
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a log that is cut', () => {
  test('at its end: what began is a finding still, and is said to be cut', async () => {
    for (const text of logs) {
      const all = lines(text);
      const whole = await readLog(text);
      for (let end = 1; end < all.length; end++) {
        const { findings, notes } = await readLog(all.slice(0, end).join('\n'));
        // A known headline counts at once, one that is not known when the kernel's name is below it.
        const begun = whole.findings.filter(
          ({ message, where }) => (where.line ?? 0) + (message.startsWith('chain_key') ? 1 : 0) <= end,
        );
        expect(
          findings.map(({ where }) => where.line),
          `${end} lines`,
        ).toEqual(begun.map(({ where }) => where.line));
        const last = begun.at(-1);
        if (last !== undefined && JSON.stringify(findings.at(-1)) !== JSON.stringify(last) && notes.length === 0) {
          // Without marks around it, a stack that lost its end cannot be told from a whole one.
          expect(
            all.slice(last.where.line, end).some((line) => line.includes('<TASK>')),
            `${end} lines`,
          ).toBe(false);
        }
      }
    }
  });

  test('anywhere, and followed by another report: neither takes anything from the other', async () => {
    const misuse = logs[REPORTS.indexOf('dmesg/v6.1-misuse.txt')];
    const count = lines(misuse).length;
    const warning = lines(misuse).findIndex((line) => line.includes('kernel/locking/mutex.c'));
    const nestLock = lines(misuse).findIndex((line) => line.includes('but this task is not holding'));
    const examples: [string, string, number][] = [
      // Only its identity is left, and the next one prints its CPU line twice.
      [logs[0], misuse, 5 / lines(logs[0]).length],
      // Its stack is missing, and the next WARN() has its text before the WARNING line.
      [misuse, misuse, (warning + 1) / count],
      // Any line could be the name of the lock that was announced.
      [misuse, logs[0], (nestLock + 1) / count],
    ];
    await fc.assert(
      fc.asyncProperty(log, log, fc.double({ min: 0, max: 1, noNaN: true }), async (first, second, part) => {
        const all = lines(first);
        const cut = all.slice(0, Math.round(part * all.length));
        const expected = [...(await bare(cut.join('\n'))), ...(await bare(second))];
        expect(await bare([...cut, second].join('\n'))).toEqual(expected);
      }),
      { numRuns: 300, examples },
    );
  });

  test('at its beginning: the rest of a report is no report', async () => {
    await fc.assert(
      fc.asyncProperty(log, log, fc.double({ min: 0, max: 1, noNaN: true }), async (first, second, part) => {
        const all = lines(first);
        const rest = all.slice(Math.round(part * all.length));
        const expected = [...(await bare(rest.join('\n'))), ...(await bare(second))];
        expect(await bare([...rest, second].join('\n'))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('reports printed at the same time', () => {
  const STAMP = /^(?:<\d>)?(\[ *\d+\.\d+\]) ?/;
  const calledBy = (text: string, caller: string): string[] =>
    lines(text).map((line) => {
      const stamp = STAMP.exec(line);
      return `[   10.000000][${caller.padStart(6)}] ${stamp === null ? line : line.slice(stamp[0].length)}`;
    });

  test('with caller ids, any interleaving gives both', async () => {
    await fc.assert(
      fc.asyncProperty(log, log, fc.infiniteStream(fc.boolean()), async (first, second, turns) => {
        const queues = [calledBy(first, 'T17'), calledBy(second, 'C1')];
        const mixed: string[] = [];
        for (const turn of turns) {
          const next = queues[turn ? 1 : 0].shift();
          if (next !== undefined) mixed.push(next);
          if (queues.every((queue) => queue.length === 0)) break;
        }
        const alone = [
          ...(await bare(calledBy(first, 'T17').join('\n'))),
          ...(await bare(calledBy(second, 'C1').join('\n'))),
        ];
        expect((await bare(mixed.join('\n'))).sort()).toEqual(alone.sort());
      }),
      { numRuns: 200 },
    );
  });

  test('without caller ids, one that begins and ends inside another leaves it whole', async () => {
    const outer = lines(logs[0]);
    const inner = lines(await fixture('cases/kmalloc_kernel_spin.dmesg.txt')).map((line) =>
      line
        .replaceAll('init/1:', 'other/9:')
        .replace('pid: 1, name: init', 'pid: 9, name: other')
        .replace('PID: 1 Comm: init', 'PID: 9 Comm: other'),
    );
    const expected = [...(await bare(outer.join('\n'))), ...(await bare(inner.join('\n')))].sort();
    for (let at = 5; at < 64; at++) {
      const mixed = [...outer.slice(0, at), ...inner, ...outer.slice(at)];
      expect((await bare(mixed.join('\n'))).sort(), `after line ${at}`).toEqual(expected);
    }
  });

  test('lines that the kernel dropped are told', async () => {
    const all = lines(logs[0]);
    all.splice(30, 12, '** 12 printk messages dropped **');
    const { findings, notes } = await readLog(all.join('\n'));
    expect(findings).toHaveLength(1);
    expect(findings[0].detail?.context).toContain('lines were dropped');
    expect(notes).toEqual(['the kernel dropped lines inside 1 of the reports']);
  });
});

describe('big logs', () => {
  test('a line without an end does not fill the memory', async () => {
    const { openKernelLog } = await import('../../../src/trace/dmesg/index.js');
    const chunk = Buffer.alloc(1 << 20, 'x');
    function* garbage(): Generator<Uint8Array> {
      for (let i = 0; i < 200; i++) yield chunk;
      yield Buffer.from(`\n${logs[0]}`);
    }
    const before = process.memoryUsage().rss;
    const { findings } = await openKernelLog('log', garbage).read();
    expect(findings).toHaveLength(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  test('the same report for days is kept a hundred times and counted', async () => {
    const { findings } = await readLog(logs[2].repeat(250));
    expect(findings).toHaveLength(100);
    expect(findings.reduce((sum, finding) => sum + finding.count, 0)).toBe(250);
  });

  test('thousands of callers that never finish are given up, oldest first', async () => {
    const headline = 'BUG: scheduling while atomic: swapper/1/0/0x00000002';
    const text = Array.from({ length: 3000 }, (_, at) => `[    1.000000][T${at}] ${headline}\n`).join('');
    const { findings } = await readLog(text);
    expect(findings.reduce((sum, finding) => sum + finding.count, 0)).toBe(3000);
  });
});
