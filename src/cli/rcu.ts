import type { RcuBench } from '../model/rcu-bench.js';
import { InputError } from '../model/report.js';
import type { Part } from '../rcu/bench/index.js';
import { type Arguments, type Command, flag, optional, strings } from './command.js';
import { deliverText } from './deliver.js';
import { Exit, type Io } from './io.js';
import { suggestion, UsageError } from './usage.js';
import { version } from './version.js';

const string = { type: 'string', requiresArg: true } as const;
/** Checked against the engine's own list, which must not be loaded at every start. */
const PARTS = ['cache', 'flood', 'latency', 'oom', 'machine'] as const satisfies readonly Part[];
/** Without `machine`: what is the same every time. */
const DEFAULT_PARTS = PARTS.filter((part) => part !== 'machine');

/** `lockvet rcu bench [PART...]`: what batching gains, by the simulator's cost and cache model. */
export const rcu: Command = {
  name: 'rcu',
  positionals: 'bench [PART...]',
  summary: 'rcu bench: what batching of RCU callbacks gains: cache misses, floods, latency, failing allocations',
  options: {
    format: { ...string, choices: ['text', 'json'], default: 'text', describe: 'tables or JSON' },
    output: { ...string, describe: 'write the figures to this file instead of standard output' },
    plots: { ...string, describe: 'write plots (SVG) into this folder' },
    seed: { ...string, describe: 'of the random numbers (default 1)' },
    set: { ...string, describe: 'a parameter of the model, NAME=VALUE; every output lists them; may be repeated' },
    quick: { type: 'boolean', describe: 'small machines and short runs: coarse figures in seconds' },
    quiet: { type: 'boolean', describe: 'do not say on standard error which part runs' },
  },
  examples: [
    ['lockvet rcu bench', 'all parts that come out the same every time: cache, flood, latency, oom'],
    ['lockvet rcu bench all', 'these and a walk over real memory'],
    [
      'lockvet rcu bench cache --set line-bytes=64 --set pointer-bytes=8',
      'cache misses of callbacks on such a machine',
    ],
    ['lockvet rcu bench flood --set flood-cpus=64 --plots plots', 'floods on 64 CPUs, also as SVG'],
  ],
  async run(args, io) {
    const parts = partsOf(args.positionals);
    const [{ ParameterError, Parameters, DEFINITIONS, runBench }, { printable }] = await Promise.all([
      import('../rcu/bench/index.js'),
      import('../report/escape.js'),
    ]);
    let parameters: InstanceType<typeof Parameters>;
    try {
      parameters = new Parameters(strings(args, 'set'), { seed: seedOf(args), quick: flag(args, 'quick') });
    } catch (error) {
      if (!(error instanceof ParameterError)) throw error;
      const hint = error.unknownName === undefined ? '' : suggestion(error.unknownName, Object.keys(DEFINITIONS));
      throw new UsageError(`rcu: --set: ${error.message}${hint}`);
    }
    const quiet = flag(args, 'quiet') || !io.stderr.isTty;
    const clock = () => Number(process.hrtime.bigint());
    const bench = await runBench(parts, parameters, clock, async (part) => {
      if (!quiet) await io.stderr.write(printable(`rcu bench: ${part}\n`));
    });
    const text =
      args.options.format === 'json'
        ? `${JSON.stringify({ tool: 'lockvet', version: version(), ...bench }, undefined, 2)}\n`
        : (await import('../report/rcu-bench-text.js')).benchText(bench);
    await deliverText(text, optional(args, 'output'), io);
    const folder = optional(args, 'plots');
    if (folder !== undefined) await writePlots(folder, bench, io);
    return Exit.Clean;
  },
};

/** Throws UsageError. */
function partsOf([word, ...given]: readonly string[]): readonly Part[] {
  if (word !== 'bench') throw new UsageError(`rcu: the one thing to do is "lockvet rcu bench"`);
  if (given.length === 0) return DEFAULT_PARTS;
  for (const part of given) {
    const known = [...PARTS, 'all'];
    if (!known.includes(part)) {
      const hint = suggestion(part, known) || `; parts are ${known.join(', ')}`;
      throw new UsageError(`rcu bench: no part ${part}${hint}`);
    }
  }
  if (new Set(given).size < given.length) throw new UsageError('rcu bench: a part is given more than once');
  return given.includes('all') ? PARTS : PARTS.filter((part) => given.includes(part));
}

function seedOf(args: Arguments): number {
  const given = optional(args, 'seed') ?? '1';
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`rcu: --seed: "${given}" is no whole number`);
  return Number(given);
}

/** Throws InputError for a folder or file that cannot be written. */
async function writePlots(folder: string, bench: RcuBench, io: Io): Promise<void> {
  const [path, { mkdir }, { benchPlots }] = await Promise.all([
    import('node:path'),
    import('node:fs/promises'),
    import('../report/rcu-bench-plots.js'),
  ]);
  try {
    await mkdir(folder, { recursive: true });
  } catch {
    throw new InputError(folder, undefined, 'cannot be made a folder');
  }
  for (const { file, svg } of await benchPlots(bench)) await deliverText(svg, path.join(folder, file), io);
}
