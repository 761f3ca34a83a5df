import { type Command, optional } from './command.js';
import { deliverText } from './deliver.js';
import { Exit } from './io.js';
import { UsageError } from './usage.js';
import { version } from './version.js';

const string = { type: 'string', requiresArg: true } as const;

/** `lockvet rcu bench`: what batching gains, by the simulator's cache model. */
export const rcu: Command = {
  name: 'rcu',
  positionals: 'bench...',
  summary: 'rcu bench: cache misses of RCU callbacks, as a list and in arrays',
  options: {
    format: { ...string, choices: ['text', 'json'], default: 'text', describe: 'table or JSON' },
    output: { ...string, describe: 'write the figures to this file instead of standard output' },
  },
  examples: [['lockvet rcu bench', 'print the cache misses a callback, list against arrays']],
  async run(args, io) {
    if (args.positionals.length !== 1 || args.positionals[0] !== 'bench')
      throw new UsageError('rcu: the one thing to do is "lockvet rcu bench"');
    const { cacheTable } = await import('../rcu/cache-bench.js');
    const cacheMisses = cacheTable();
    const text =
      args.options.format === 'json'
        ? `${JSON.stringify({ tool: 'lockvet', version: version(), cacheMisses }, undefined, 2)}\n`
        : (await import('../report/rcu-table.js')).cacheText(cacheMisses);
    await deliverText(text, optional(args, 'output'), io);
    return Exit.Clean;
  },
};
