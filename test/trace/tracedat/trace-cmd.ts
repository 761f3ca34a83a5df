import { spawnSync } from 'node:child_process';
import { gfpText, parseGfp } from '../../../src/model/gfp.js';

/** Whether trace-cmd is there to be compared with. */
export function hasTraceCmd(): boolean {
  return spawnSync('trace-cmd', ['version']).error === undefined;
}

const LINE = /^\s*(.*?)-(\d+)\s+\[(\d+)\]\s+(?:\S{4,5}\s+)?(\d+)(?:\.(\d+))?:\s+(\w+):\s*(.*)$/;
const LOST = /^CPU:(\d+) \[(?:(\d+) )?EVENTS DROPPED\]/;

/** Whether trace-cmd can read the file at all: not every build knows zlib. */
export function traceCmdReads(file: string): boolean {
  return spawnSync('trace-cmd', ['report', file]).status === 0;
}

/** Events that the event stream has nothing for. */
const SKIPPED: ReadonlySet<string> = new Set([
  'mm_page_alloc_zone_locked',
  'mm_page_pcpu_drain',
  'mm_page_alloc_extfrag',
  'sched_waking',
  'sched_wakeup',
  'sys_enter',
  'sys_exit',
]);

/**
 * Brings a line of `trace-cmd report -t` into the form of {@link CanonicalSink}: undefined for lines that are no events or
 * that lockvet does not read, the line itself where it is not understood (so that a comparison fails there).
 */
export function canonicalLine(text: string): string | undefined {
  // Events of instances are marked with the instance's name.
  const line = text.replace(/^instance\d+:/, '').trimStart();
  const lost = LOST.exec(line);
  if (lost) return `CPU:${Number(lost[1])} [${lost[2] ? `${lost[2]} ` : ''}EVENTS DROPPED]`;
  if (line === '' || /^(cpus=|version|trace-cmd|\s*\[INFO\])/.test(line)) return undefined;
  const match = LINE.exec(line);
  if (!match) return line;
  const [, comm, pid, cpu, seconds, fraction, event = '', fields = ''] = match;
  if (SKIPPED.has(event)) return undefined;
  const time = fraction === undefined ? Number(seconds) : Number(seconds) * 1e9 + Number(fraction);
  return `${comm}-${pid} ${Number(cpu)} ${time} ${event}: ${canonicalFields(event, fields)}`;
}

function canonicalFields(event: string, fields: string): string {
  switch (event) {
    case 'irq_enable':
    case 'irq_disable':
    case 'preempt_enable':
    case 'preempt_disable':
      return fields.replace(/ parent=.*/, '');
    case 'lock_downgrade':
      return fields.replace(/ .*/, '');
    case 'lock_selftest':
      return fields.replace(/ expected=.*/, '');
    case 'irq_handler_exit':
    case 'softirq_entry':
    case 'softirq_exit':
      return fields.replace(/ .*/, '');
    case 'sched_switch': {
      const match = /^.*:(\d+) \[\d+\] (\S+) ==> (.*):(\d+) \[\d+\]$/.exec(fields);
      if (!match) return fields;
      const state = match[2]?.startsWith('R') ? 'R' : /[XZ]/.test(match[2] ?? '') ? 'X' : 'S';
      return `${match[1]} ${state} ==> ${match[3]}:${match[4]}`;
    }
    case 'sched_process_fork':
      return fields.replace(/.*(child_comm=)/, '$1');
    case 'sched_process_exit':
      return fields.replace(/.*?(pid=\d+).*/, '$1');
    default:
      return /^(k[mf]|mm_)/.test(event) ? memoryFields(event, fields) : fields;
  }
}

function memoryFields(event: string, fields: string): string {
  const of = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S+)`).exec(fields)?.[1];
  const parts: string[] = [];
  const site = of('call_site');
  if (site) parts.push(`call_site=${site}`, `ptr=${of('ptr')}`);
  const size = of('bytes_req');
  if (size !== undefined) parts.push(`bytes_req=${size}`);
  const order = of('order') ?? (event === 'mm_page_free_batched' ? '0' : undefined);
  if (order !== undefined) parts.push(`order=${order}`);
  const gfp = of('gfp_flags');
  if (gfp !== undefined) parts.push(`gfp_flags=${gfpText(gfp === '0' ? 0 : parseGfp(gfp))}`);
  return parts.join(' ');
}
