import Table from 'cli-table3';
import type { ClassStats, Durations, LockStats, OffTimes } from '../model/lock-stats.js';
import { BARE } from './bare-table.js';
import { printable } from './escape.js';
import { counted, placeText, thousands } from './layout.js';

/** Longer lock names are cut in the table; the JSON has them whole. */
const NAME_WIDTH = 40;

/** The statistics of recordings as tables for people: classes, then times with interrupts and preemption off. */
export function statsTable(runs: readonly (LockStats & { readonly omitted: number })[]): string {
  return runs.map(runText).join('\n');
}

function runText(run: LockStats & { readonly omitted: number }): string {
  const { input, kind, unit, classes, omitted, contentionRecorded, irqsOff, preemptOff } = run;
  const contention = contentionRecorded ? ['contended', 'wait max'] : [];
  const table = new Table({
    head: [
      'class',
      'rw',
      'acquired',
      ...contention,
      'holds',
      'min',
      'median',
      'p99',
      'max',
      'longest: where it was taken',
    ],
    colAligns: ['left', 'left', ...Array<'right'>(6 + contention.length).fill('right'), 'left'],
    // Plain columns: no box, no colour, so that the table can be cut and grepped.
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of classes) table.push(cells(row, unit, contentionRecorded));
  const lines = [
    `${printable(input)} (${kind})`,
    '',
    ...table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd()),
  ];
  if (omitted > 0) lines.push(`and ${counted(omitted, 'row')} more (--top)`);
  if (!contentionRecorded) lines.push('contention was not recorded (no lock_contended events)');
  lines.push('', offText('interrupts off', irqsOff, unit), offText('preemption off', preemptOff, unit), '');
  return lines.join('\n');
}

function cells(row: ClassStats, unit: LockStats['unit'], contentionRecorded: boolean): string[] {
  const { name, access, acquisitions, contentions, hold, wait } = row;
  const time = (value: number | undefined): string => (value === undefined ? '-' : timeText(value, unit));
  const shown = printable(name);
  return [
    shown.length > NAME_WIDTH ? `${shown.slice(0, NAME_WIDTH - 3)}...` : shown,
    access === 'shared' ? 'R' : 'W',
    thousands(acquisitions),
    ...(contentionRecorded ? [thousands(contentions), time(wait?.max)] : []),
    thousands(hold?.count ?? 0),
    ...[hold?.min, hold?.median, hold?.p99, hold?.max].map(time),
    hold === undefined ? '' : where(hold),
  ];
}

function offText(what: string, off: OffTimes | undefined, unit: LockStats['unit']): string {
  if (off === undefined) return `${what}: not recorded`;
  const { count, median, p99, max } = off.durations;
  const doubt = off.from === 'flags' ? ' (at least: told by the flags of other events)' : '';
  const times = `median ${timeText(median, unit)}, p99 ${timeText(p99, unit)}, longest ${timeText(max, unit)}`;
  return `${what}: ${counted(count, 'time')}, ${times}${doubt}; the longest began: ${where(off.durations)}`;
}

function where({ longest }: Durations): string {
  const { file: _file, line: _line, ...place } = longest;
  return placeText(place) || 'not known where';
}

/** Three significant digits with a unit of time. */
export function timeText(value: number, unit: LockStats['unit']): string {
  if (unit === 'ticks') return `${thousands(value)} ticks`;
  const [divisor, name] = value < 1e3 ? [1, 'ns'] : value < 1e6 ? [1e3, 'us'] : value < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
  const scaled = value / divisor;
  return `${divisor === 1 ? scaled : scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${name}`;
}
