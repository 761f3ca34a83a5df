import { COMMS, EventMaker } from './event-maker.js';
import { EVENTS, kallsyms, STOCK_ACQUIRE } from './sample-events.js';
import { TestRandom } from './test-random.js';
import type { RecordingSpec } from './writer/file.js';
import type { EventSpec } from './writer/formats.js';
import type { RingEntry } from './writer/pages.js';

/** A recording and the lines it must be read as. */
export interface Sample {
  recording: RecordingSpec;
  lines: string[];
}

/** How a sample may differ from the plain one. */
export type SampleOptions = Partial<
  Pick<RecordingSpec, 'version' | 'machine' | 'compression' | 'pageSize' | 'chunkPages' | 'clock'>
> & { acquire?: EventSpec; instances?: number; cpus?: number; events?: number; seed?: number };

/** Makes a recording with everything on its timelines that a ring buffer can have. */
export function makeSample(options: SampleOptions): Sample {
  const machine = options.machine ?? { bigEndian: false, longSize: 8 };
  const acquire = options.acquire ?? STOCK_ACQUIRE;
  const random = new TestRandom(options.seed ?? 1);
  const maker = new EventMaker(random, machine, acquire);
  const lines: { time: number; rank: number; line: string }[] = [];
  let rank = 0;
  const buffers = Array.from({ length: 1 + (options.instances ?? 0) }, (_, index) => ({
    name: index === 0 ? '' : `instance${index}`,
    cpus: Array.from({ length: options.cpus ?? 3 }, (_, cpu) => {
      const { entries, expected } = timeline(maker, random, cpu, options.events ?? 300);
      lines.push(...expected.map((entry) => ({ ...entry, rank })));
      rank++;
      return entries;
    }),
  }));
  lines.sort((a, b) => a.time - b.time || a.rank - b.rank);
  const recording: RecordingSpec = {
    version: options.version ?? 7,
    machine,
    compression: options.compression ?? 'none',
    pageSize: options.pageSize ?? 4096,
    clock: options.clock ?? 'global',
    events: [acquire, ...EVENTS.slice(1)],
    buffers,
    kallsyms: kallsyms(machine),
    cmdlines: [...COMMS]
      .filter(([pid]) => pid !== 0)
      .map(([pid, comm]) => `${pid} ${comm}\n`)
      .join(''),
    uname: 'Linux testhost 6.1.0 test64',
    ...(options.chunkPages === undefined ? {} : { chunkPages: options.chunkPages }),
  };
  return { recording, lines: lines.map(({ line }) => line) };
}

/** One CPU's events at random times: ties with other CPUs, long gaps, discarded events, losses, absolute stamps. */
function timeline(
  maker: EventMaker,
  random: TestRandom,
  cpu: number,
  count: number,
): { entries: RingEntry[]; expected: { time: number; line: string }[] } {
  const entries: RingEntry[] = [];
  const expected: { time: number; line: string }[] = [];
  let time = 5e9;
  let lost: string | undefined;
  for (let i = 0; i < count; i++) {
    // Whole microseconds in small steps make ties between CPUs likely.
    time += random.pick([0, 1000, 1000, 2000, 3000, 50_000, 2 ** 27 * 1000, 7_000_000_000]);
    switch (random.below(40)) {
      case 0:
        entries.push({ kind: 'discarded', time: time + 500, bytes: 4 * (1 + random.below(20)) });
        time += 1000;
        break;
      case 1: {
        const missed = random.pick([undefined, 7, 123456]);
        entries.push({ kind: 'lost', count: missed });
        lost = `CPU:${cpu} [${missed === undefined ? '' : `${missed} `}EVENTS DROPPED]`;
        break;
      }
      case 2:
        entries.push({ kind: 'page' });
        break;
      case 3:
        time += 1000;
        entries.push({ kind: 'stamp', time });
        break;
    }
    const { bytes, line } = maker.make(cpu, time);
    entries.push({ kind: 'event', time, bytes });
    if (lost !== undefined) expected.push({ time, line: lost });
    lost = undefined;
    if (line !== undefined) expected.push({ time, line });
  }
  return { entries, expected };
}
