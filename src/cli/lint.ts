import { type Command, flag, optional } from './command.js';
import { deliver } from './deliver.js';
import { keeperFor } from './keep.js';
import { reportOptions, reportSettings, ruleOptions, ruleSettings } from './options.js';

/** `lockvet lint INPUT...`: judge recordings and kernel logs. */
export const lint: Command = {
  name: 'lint',
  positionals: 'INPUT...',
  summary: 'judge traces and kernel logs',
  options: {
    ...reportOptions,
    ...ruleOptions,
    merge: { type: 'boolean', describe: 'one lock graph over all inputs, classes matched by name' },
    catalog: { type: 'string', requiresArg: true, describe: 'file that tells the kinds of locks by name' },
    'strict-input': { type: 'boolean', describe: 'a line that cannot be read is an error' },
  },
  examples: [
    ['lockvet lint trace.txt', 'judge an ftrace recording'],
    ['lockvet lint --format json a.trace.xz b.dmesg', 'judge two inputs, each alone, for a script'],
    ['cat /sys/kernel/tracing/trace | lockvet lint -', 'judge what standard input brings'],
  ],
  async run(args, io) {
    const settings = reportSettings(args);
    const [{ lawOf }, { judgeEach, judgeTogether }, { openSource }, { progressFor }] = await Promise.all([
      import('./law.js'),
      import('../judge/index.js'),
      import('../trace/open.js'),
      import('./progress.js'),
    ]);
    const law = lawOf(ruleSettings(args), optional(args, 'catalog'));
    const keeper = await keeperFor(settings.keep);
    const progress = progressFor(io, settings.progress);
    const open = (path: string) => openSource(path, { strict: flag(args, 'strict-input'), progress });
    const judge = flag(args, 'merge') ? judgeTogether : judgeEach;
    try {
      const runs = await judge(args.positionals, open, law, keeper);
      progress.stop();
      return await deliver(runs, settings, io, keeper);
    } finally {
      progress.stop();
    }
  },
};
