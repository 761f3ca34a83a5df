import { identityOf } from '../graph/index.js';
import { type Open, recordingOf, validatorNotes, validatorOptions } from '../judge/index.js';
import { type Catalogue, Validator } from '../lockdep/index.js';
import type { ClassStats, LockStats, OffTimes } from '../model/lock-stats.js';
import { InputError } from '../model/report.js';
import { isEventSource } from '../trace/source.js';
import { type Counters, StatsCollector } from './collector.js';
import type { FlagTimer, OffTimer } from './off-timer.js';
import { StatsSink } from './stats-sink.js';

/** Reads a recording and counts what its locks cost. Throws InputError where it cannot be read or holds no events. */
export async function readStats(path: string, open: Open, catalogue?: Catalogue): Promise<LockStats> {
  const source = await open(path);
  if (!isEventSource(source)) {
    throw new InputError(path, undefined, 'is a kernel log, which has no lock events; a recording was expected');
  }
  const { ticksPerSecond, kind } = source;
  const validator = new Validator(validatorOptions(recordingOf(source), catalogue));
  const collector = new StatsCollector(validator);
  const { notes } = await source.pump(new StatsSink(validator, collector));
  const hasUnit = ticksPerSecond !== 1;
  return {
    input: path,
    kind,
    unit: hasUnit ? 'ns' : 'ticks',
    ...statsOf(validator, collector, hasUnit ? 1e9 / ticksPerSecond : 1),
    notes: [...notes, ...validatorNotes(validator)],
  };
}

/** What a collector has counted; `scale` turns the recording's ticks into the unit of the result. */
export function statsOf(
  validator: Validator,
  collector: StatsCollector,
  scale: number,
): Pick<LockStats, 'contentionRecorded' | 'classes' | 'irqsOff' | 'preemptOff'> {
  const { sites } = validator.state;
  const rowOf = (name: string, key: string | null, access: ClassStats['access'], counters: Counters): ClassStats => {
    const { acquisitions, contentions, hold, wait } = counters;
    const times = { hold: hold.result(scale, sites), wait: wait.result(scale, sites) };
    return { name, key, access, acquisitions, contentions, ...times };
  };
  const offTimes = (timer: OffTimer, flags: FlagTimer): OffTimes | undefined => {
    const durations = (timer.isTold ? timer : flags).log.result(scale, sites);
    return durations && { from: timer.isTold ? 'events' : 'flags', durations };
  };
  const classes: ClassStats[] = [];
  for (let id = 0; id < validator.state.classes.size; id++) {
    const { name, key } = identityOf(validator.state, id);
    for (const access of ['exclusive', 'shared'] as const) {
      const counters = collector.counters(id, access === 'shared');
      if (counters !== undefined) classes.push(rowOf(name, key, access, counters));
    }
  }
  return {
    contentionRecorded: collector.contentionRecorded,
    classes,
    irqsOff: offTimes(collector.irqs, collector.irqFlags),
    preemptOff: offTimes(collector.preemption, collector.preemptFlags),
  };
}
