import type { Durations, LockStats, OffTimes } from '../model/lock-stats.js';
import { printableJson } from './escape.js';

/** The JSON of `stats`: one run an input. What was not recorded is null. */
export function statsJson(runs: readonly LockStats[], version: string): string {
  return `${printableJson(JSON.stringify({ tool: 'lockvet', version, runs: runs.map(runJson) }, null, 2))}\n`;
}

function runJson({ input, kind, unit, contentionRecorded, classes, irqsOff, preemptOff }: LockStats) {
  return {
    input,
    kind,
    unit,
    contentionRecorded,
    classes: classes.map(({ name, key, access, acquisitions, contentions, hold, wait }) => {
      return { name, key, access, acquisitions, contentions, hold: times(hold), wait: times(wait) };
    }),
    irqsOff: offJson(irqsOff),
    preemptOff: offJson(preemptOff),
  };
}

function offJson(off: OffTimes | undefined) {
  return off === undefined ? null : { from: off.from, ...times(off.durations) };
}

function times(durations: Durations | undefined) {
  if (durations === undefined) return null;
  const { count, total, min, median, p99, max, longest } = durations;
  return { count, total, min, median, p99, max, longest };
}
