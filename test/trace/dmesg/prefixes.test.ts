import { describe, expect, test } from 'vitest';
import { looksLikeKernelLog, openKernelLog } from '../../../src/trace/dmesg/index.js';
import { essence, fixture, readLog } from './read-log.js';

const CASES = [
  'abba_mutex',
  'irq_inversion',
  'mutex_under_spin',
  'nested_same_class',
  'rcu_deref_unlocked',
  'softirq_unsafe',
  'wq_wake_raw',
];

const STAMPED = /^\[ *(\d+)\.(\d{6})\] (.*)$/;

/** Rewrites each line of a log with `[seconds.micros] text` heads; `first` is false for further lines of one printk. */
function rewrite(log: string, form: (seconds: string, micros: string, text: string, first: boolean) => string): string {
  let last = '';
  return log
    .split('\n')
    .map((line) => {
      const [, seconds, micros, text] = STAMPED.exec(line) ?? [];
      if (seconds === undefined || micros === undefined || text === undefined) return line;
      const stamp = `${seconds}.${micros}`;
      const first = stamp !== last;
      last = stamp;
      return form(seconds, micros, text, first);
    })
    .join('\n');
}

/** The forms in which one and the same log is met. */
const MEDIA: Record<string, (log: string) => string> = {
  'no timestamps': (log) => rewrite(log, (_s, _u, text) => text),
  'other times, pids and addresses': (log) =>
    rewrite(log, (s, u, text) => `[${String(Number(s) + 900).padStart(5)}.${u}] ${text}`)
      .replaceAll('init/1 ', 'init/4711 ')
      .replaceAll('init/1:', 'init/4711:')
      .replaceAll('PID: 1 ', 'PID: 4711 ')
      .replaceAll('pid: 1,', 'pid: 4711,')
      .replaceAll('ffffffff8212f', 'ffff88801234f'),
  'other offsets': (log) => log.replace(/\+0x[0-9a-f]+\/0x[0-9a-f]+/g, '+0x123/0x456'),
  'hashed pointers': (log) => log.replace(/\bff[0-9a-f]{14}\b/g, '00000000deadbeef'),
  'printed before hashing is ready': (log) => log.replace(/\bff[0-9a-f]{14} \(/g, '(____ptrval____) ('),
  'caller ids': (log) => rewrite(log, (s, u, text) => `[${s.padStart(5)}.${u}][   T42] ${text}`),
  'caller ids as dmesg prints them': (log) => rewrite(log, (s, u, text) => `[${s.padStart(5)}.${u}] [    C1] ${text}`),
  levels: (log) => rewrite(log, (s, u, text) => `<4>[${s.padStart(5)}.${u}] ${text}`),
  'facility and level': (log) => rewrite(log, (s, u, text) => `kern  :warn  : [${s.padStart(5)}.${u}] ${text}`),
  '/dev/kmsg': (log) => rewrite(log, (s, u, text) => `4,812,${Number(s) * 1_000_000 + Number(u)},-;${text}`),
  journal: (log) => rewrite(log, (_s, _u, text) => `Nov 23 06:39:00 host kernel: ${text}`),
  'journal with monotonic times': (log) => rewrite(log, (s, u, text) => `[${s.padStart(5)}.${u}] host kernel: ${text}`),
  'syslog with both times': (log) =>
    rewrite(log, (s, u, text) => `2026-11-23T06:39:00.123456+00:00 host kernel: [${s.padStart(5)}.${u}] ${text}`),
  'syslog in another language': (log) => rewrite(log, (_s, _u, text) => `кві 09 19:54:36 host kernel: ${text}`),
  'dmesg in ISO times': (log) => rewrite(log, (_s, u, text) => `2026-11-23T06:39:00,${u}+00:00 ${text}`),
  'dmesg in wall-clock times': (log) => rewrite(log, (_s, _u, text) => `[Mon Nov 23 06:39:00 2026] ${text}`),
  'dmesg in deltas': (log) => rewrite(log, (s, u, text) => `[${s.padStart(5)}.${u} <    0.000012>] ${text}`),
  'dmesg for people': (log) =>
    rewrite(log, (_s, u, text, first) => `${first ? '[Nov23 06:39]' : `[  +0.${u}]`} ${text}`),
  'further lines of a printk indented': (log) =>
    rewrite(log, (s, u, text, first) => (first ? `[${s.padStart(5)}.${u}] ${text}` : `${' '.repeat(15)}${text}`)),
  colours: (log) =>
    rewrite(log, (s, u, text) => `\u001b[32m[${s.padStart(5)}.${u}] \u001b[0m\u001b[33m${text}\u001b[0m`),
  'carriage returns': (log) => log.replaceAll('\n', '\r\n'),
  'serial garbage': (log) => log.replaceAll('\n', '\u0000\u0007\n\u00ff\ufffd~~~\n'),
  'a login prompt before the stamp': (log) => log.replaceAll('\n[', '\ndebian login: ['),
  'lines of other CPUs between': (log) =>
    rewrite(log, (s, u, text) => `[${s.padStart(5)}.${u}] ${text}\n[${s.padStart(5)}.${u}] usb 1-1: new device`),
};

describe('one log on every medium gives the same findings', () => {
  test.each(Object.keys(MEDIA))('%s', async (medium) => {
    for (const name of CASES) {
      const log = await fixture(`cases/${name}.dmesg.txt`);
      const expected = (await readLog(log)).findings.map(essence);
      const changed = MEDIA[medium](log);
      if (name === 'abba_mutex') expect(changed).not.toBe(log);
      const { findings } = await readLog(changed);
      expect(findings.map(essence), name).toEqual(expected);
      expect(looksLikeKernelLog(Buffer.from(changed))).toBe(true);
    }
  });
});

test('what other programs say in a journal is not the kernel', async () => {
  const lines = (await fixture('cases/spin_under_raw.dmesg.txt'))
    .split('\n')
    .map((line) => line.replace(STAMPED, '$3'));
  const { findings } = await readLog(lines.map((text) => `Nov 23 06:39:00 host logger[7]: ${text}`).join('\n'));
  expect(findings).toEqual([]);
});

test('line feeds that rsyslog escaped are line feeds', async () => {
  const log = await fixture('cases/abba_mutex.dmesg.txt');
  const expected = (await readLog(log)).findings.map(essence);
  const joined = log
    .split('\n')
    .map((line) => line.replace(STAMPED, '$3'))
    .join('\n')
    .replaceAll('\n\n', '\n#012');
  const { findings } = await readLog(joined.replace(/^/gm, '2016-03-26T20:52:22.526357+00:00 host kernel: '));
  expect(findings.map(essence)).toEqual(expected);
});

test('where the stamp is, the finding says when', async () => {
  const { findings } = await readLog(await fixture('cases/spin_under_raw.dmesg.txt'));
  expect(findings[0].where).toMatchObject({ file: 'log', line: 4, time: 4.117901, cpu: 0, task: 'init-1' });
});

test('bytes may come in any pieces', async () => {
  const bytes = Buffer.from(await fixture('cases/irq_inversion.dmesg.txt'));
  const expected = await readLog(bytes.toString());
  for (const size of [1, 7, 4096]) {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    expect(await openKernelLog('log', pieces).read()).toEqual(expected);
  }
});

test('recordings of events and prose are not kernel logs', () => {
  const others = [
    '',
    '# tracer: nop\n#\n          init-1       [000] d..2.     3.777421: lock_acquire: 0xffffffff8212f498 lv_raw\n',
    'init     1 [000]     3.777421: lock:lock_acquire: 0xffffffff8212f498 lv_raw\n',
    'cpus=2\n            init-1     [000]     3.777421: lock_acquire:         0xffffffff8212f498x lv_raw\n',
    'A report begins with the words "possible circular locking dependency detected".\n',
    'Nov 23 06:39:00 host sshd[1]: Accepted publickey\n',
  ];
  for (const text of others) expect(looksLikeKernelLog(Buffer.from(text)), text).toBe(false);
});
