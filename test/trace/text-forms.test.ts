import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recogniseText } from '../../src/trace/text/recognise.js';
import { parse } from './text-helpers.js';
import type { LoggedEvent } from './text-log-sink.js';

/**
 * The same recording in the forms that other tools print. What a form has no column for (flags) is unknown there; all
 * else must be the same.
 */
const LINE = /^( *.*)-(\d+) +\[(\d+)\] \S{5} +(\d+\.\d+): (\w+): (.*)$/;
const GROUPS: Readonly<Record<string, string>> = { lock: 'lock', irq: 'preemptirq', sched: 'sched', mm: 'kmem' };

type Form = (comm: string, pid: string, cpu: string, time: string, event: string, fields: string) => string;
const pointers = (fields: string): string =>
  fields
    .replace(/^([0-9a-f]{16})/, '0x$1x')
    .replace(/(nest|key)=([0-9a-f]{16})/g, '$1=0x$2x')
    .replaceAll('0x0000000000000000x', '(nil)x');
const group = (event: string): string => GROUPS[event.split('_')[0] ?? ''] ?? 'kmem';

const FORMS: Readonly<Record<string, Form>> = {
  'trace-cmd report': (comm, pid, cpu, time, event, fields) =>
    `${comm.padStart(16)}-${pid.padEnd(5)} [${cpu}] ${time.padStart(12)}: ${`${event}:`.padEnd(21)} ${pointers(fields)}`,
  'trace-cmd report -l': (comm, pid, cpu, time, event, fields) =>
    `${comm.padStart(8)}-${pid.padEnd(5)} ${String(Number(cpu)).padStart(3)}..... ${time.padStart(12)}: ${`${event}:`.padEnd(21)} ${pointers(fields)}`,
  'trace-cmd report of several instances': (comm, pid, cpu, time, event, fields) =>
    `   top: ${comm.padStart(16)}-${pid.padEnd(5)} [${cpu}] ${time.padStart(12)}: ${`${event}:`.padEnd(21)} ${pointers(fields)}`,
  'perf script': (comm, pid, cpu, time, event, fields) =>
    `${comm.padStart(16)} ${pid.padStart(7)} [${cpu}] ${time.padStart(12)}: ${`${group(event)}:${event}`.padStart(24)}: ${pointers(fields)}`,
  'perf script with process and thread': (comm, pid, cpu, time, event, fields) =>
    `${comm.padStart(16)} ${'1'.padStart(7)}/${pid.padEnd(7)} [${cpu}] ${time.padStart(12)}: ${`${group(event)}:${event}`.padStart(24)}: ${pointers(fields)}`,
  'trace with tgid': (comm, pid, cpu, time, event, fields) =>
    `${comm.padStart(16)}-${pid.padEnd(7)} (-------) [${cpu}] ..... ${time.padStart(12)}: ${event}: ${fields}`,
  'cut columns': (comm, pid, cpu, time, event, fields) => `${comm}-${pid} [${cpu}] ${time}: ${event}: ${fields}`,
  'lines ended by CR LF': (comm, pid, cpu, time, event, fields) =>
    `${comm.padStart(16)}-${pid.padEnd(7)} [${cpu}] ${time}: ${event}: ${fields}\r`,
};

/** Without what not all forms have: flags and line numbers. */
const common = (event: LoggedEvent): unknown[] => [...event.slice(0, 5), ...event.slice(8)];

const files = readdirSync('fixtures/selftest')
  .filter((name) => name.endsWith('.trace.txt'))
  .filter((_, i) => i % 6 === 0);

describe.each(Object.entries(FORMS))('%s', (_name, form) => {
  it.each(files)('%s', (name) => {
    const lines = readFileSync(`fixtures/selftest/${name}`, 'utf8').split('\n');
    const rewritten = lines.flatMap((line) => {
      const [, comm, pid, cpu, time, event, fields] = LINE.exec(line) ?? [];
      return comm === undefined ? [] : [form(comm.trim(), pid, cpu, time, event, fields)];
    });
    const { events, parser } = parse(rewritten.join('\n'));
    expect(parser.samples).toEqual([]);
    expect(events.map(common)).toEqual(parse(lines.join('\n')).events.map(common));
  });
});

describe('the kind of a recording', () => {
  const line = '  x-1 [000] d..1. -88  [000] d..1.  1.000001: lock_release: ffff888000100000 a\n';
  it('is told by its heading where a comm looks like the columns of perf', () => {
    expect(recogniseText(Buffer.from(`# tracer: nop\n#\n${line}`))?.kind).toBe('ftrace');
  });
  it('is perf where the columns are', () => {
    expect(recogniseText(Buffer.from('  x  88 [000]  1.000001: lock:lock_release: 0xffff888000100000 a\n'))?.kind).toBe(
      'perf',
    );
  });
});
