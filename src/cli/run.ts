import type { Schedule, StrategyName } from '../explore/token.js';
import { DEFAULT_DEPTH, parseToken, STRATEGY_NAMES } from '../explore/token.js';
import type { EventSink } from '../model/events.js';
import type { NameTable } from '../model/names.js';
import { InputError, type Run } from '../model/report.js';
import { type Arguments, type Command, optional } from './command.js';
import { deliver } from './deliver.js';
import { keeperFor } from './keep.js';
import { kernelOptions, preemptRtOf, reportOptions, reportSettings, ruleOptions, ruleSettings } from './options.js';
import { UsageError } from './usage.js';

const text = { type: 'string', requiresArg: true } as const;

/** Schedules that one command line may ask for. */
const MAX_SEEDS = 10_000_000;

/** `lockvet run SCENARIO.ts...`: run scenarios in the simulated kernel and judge what they do. */
export const run: Command = {
  name: 'run',
  positionals: 'SCENARIO.ts...',
  summary: 'run scenarios in the simulated kernel',
  options: {
    ...reportOptions,
    ...ruleOptions,
    seed: { ...text, describe: 'seed of the schedule (default 1)' },
    seeds: { ...text, describe: 'run one schedule for each seed of the range A..B' },
    strategy: { ...text, choices: STRATEGY_NAMES, default: 'rr', describe: 'how CPUs and interrupts take turns' },
    depth: { ...text, describe: `ordering constraints that pct looks for (default ${DEFAULT_DEPTH})` },
    replay: { ...text, describe: 'repeat the schedule of a replay token' },
    record: { ...text, describe: 'write the events: .txt for lint, .json for Perfetto' },
    ...kernelOptions,
  },
  examples: [
    ['lockvet run abba.ts', 'run one schedule, by the clock'],
    ['lockvet run abba.ts --strategy random --seeds 1..1000', 'try a thousand random schedules'],
    ['lockvet run abba.ts --preempt-rt --record abba.json', 'draw the run on PREEMPT_RT in Perfetto'],
  ],
  async run(args, io) {
    const settings = reportSettings(args);
    const schedules = schedulesOf(args);
    const record = optional(args, 'record');
    if (record !== undefined && (schedules.length > 1 || args.positionals.length > 1)) {
      throw new UsageError('--record takes one scenario and one schedule');
    }
    const [{ lawOf }, { loadScenarioFile }, { runCampaign }] = await Promise.all([
      import('./law.js'),
      import('./load.js'),
      import('../sim/run/campaign.js'),
    ]);
    const law = lawOf(ruleSettings(args), undefined);
    const keeper = await keeperFor(settings.keep);
    const runs: Run[] = [];
    for (const path of args.positionals) {
      for (const scenario of await loadScenarioFile(path)) {
        const recording = record === undefined ? undefined : await recordingTo(record);
        const options = {
          law,
          schedules,
          ...(keeper && { watch: keeper }),
          ...(recording && { recorder: recording.sink }),
        };
        runs.push(runCampaign({ path, scenario }, options));
        await recording?.save();
      }
    }
    return deliver(runs, settings, io, keeper);
  },
};

/** The schedules that the options ask for. Throws UsageError. */
function schedulesOf(args: Arguments): Schedule[] {
  const kernel = preemptRtOf(args);
  const replay = optional(args, 'replay');
  if (replay !== undefined) {
    const schedule = parseToken(replay);
    if (typeof schedule === 'string') throw new UsageError(schedule);
    return [{ ...schedule, preemptRt: kernel ?? schedule.preemptRt }];
  }
  const depth = numberOf(args, 'depth', DEFAULT_DEPTH);
  const strategy: StrategyName = STRATEGY_NAMES.find((name) => name === args.options.strategy) ?? 'rr';
  const [first, last] = seedRange(args);
  return Array.from({ length: last - first + 1 }, (_, i) => ({ strategy, seed: first + i, depth, preemptRt: kernel }));
}

function seedRange(args: Arguments): [number, number] {
  const range = optional(args, 'seeds');
  if (range === undefined) {
    const seed = numberOf(args, 'seed', 1);
    return [seed, seed];
  }
  const match = /^(\d+)\.\.(\d+)$/.exec(range);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (match === null || last < first) throw new UsageError(`--seeds: "${range}" is no range such as 1..1000`);
  if (last - first >= MAX_SEEDS) throw new UsageError(`--seeds: more than ${MAX_SEEDS} schedules`);
  return [first, last];
}

function numberOf(args: Arguments, name: string, fallback: number): number {
  const given = optional(args, name);
  if (given === undefined) return fallback;
  if (!/^\d+$/.test(given)) throw new UsageError(`--${name}: "${given}" is no whole number`);
  return Number(given);
}

/** A recorder for the file's kind, and what puts it on disk. */
async function recordingTo(
  path: string,
): Promise<{ sink: (names: NameTable) => EventSink; save: () => Promise<void> }> {
  const pieces: string[] = [];
  const write = (piece: string) => void pieces.push(piece);
  const sink = await recorderFor(path, write);
  return { sink, save: () => save(path, pieces) };
}

async function recorderFor(path: string, write: (piece: string) => void): Promise<(names: NameTable) => EventSink> {
  if (path.endsWith('.json')) {
    const { PerfettoWriter } = await import('../trace/write-perfetto.js');
    return (names) => new PerfettoWriter(names, write);
  }
  if (!path.endsWith('.txt')) throw new UsageError(`--record: "${path}" must end in .txt or .json`);
  const { TextWriter } = await import('../trace/write-text.js');
  const { NO_VALIDATE_KEY } = await import('../sim/addresses.js');
  return (names) => new TextWriter(names, write, { simulation: { noValidateKey: NO_VALIDATE_KEY } });
}

async function save(path: string, pieces: readonly string[]): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(path, pieces);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(path, undefined, `cannot be written: ${code}`);
  }
}
