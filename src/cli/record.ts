import type { Arguments, Command } from './command.js';
import { optional, strings } from './command.js';
import { Exit } from './io.js';
import { suggestion, UsageError } from './usage.js';

/** `lockvet record [COMMAND...]`: prints the script that records a kernel; the script runs where the kernel does. */
export const record: Command = {
  name: 'record',
  positionals: '[COMMAND...]',
  summary: 'print the shell script that records a kernel in a form lint reads',
  options: {
    duration: { type: 'string', requiresArg: true, describe: 'seconds to record; default: until Ctrl-C' },
    output: { type: 'string', requiresArg: true, describe: 'file that the script writes (lockvet-trace.txt)' },
    'buffer-size': { type: 'string', requiresArg: true, describe: 'ring buffer in KiB a CPU (16384)' },
    events: {
      type: 'string',
      requiresArg: true,
      describe: 'what to record beside locks, comma-separated: irq, preemptirq, preempt, sched, kmem (all but preempt)',
    },
    read: {
      type: 'string',
      requiresArg: true,
      choices: ['stream', 'end'],
      describe: 'read the buffer all the while (default) or once at the end, which keeps the latest events',
    },
    'stock-events': { type: 'boolean', describe: 'do not use event probes, which add class keys and wait types' },
    'dry-run': { type: 'boolean', describe: 'make a script that only tells what it would do' },
  },
  examples: [
    ['lockvet record --duration 10 > record.sh', 'make a script that records 10 seconds'],
    ["lockvet record -- make test | ssh root@board 'cat > r.sh && sh r.sh'", 'record a command on another machine'],
    ['lockvet record --dry-run | sh', 'see what the script would do here'],
  ],
  async run(args, io) {
    const { recordScript } = await import('../trace/record/index.js');
    await io.stdout.write(recordScript(await settingsOf(args)));
    return Exit.Clean;
  },
};

async function settingsOf(args: Arguments) {
  const { DEFAULT_BUFFER_KB, DEFAULT_GROUPS, DEFAULT_OUTPUT, EVENT_GROUPS } = await import('../trace/record/index.js');
  const duration = optional(args, 'duration');
  const bufferSize = optional(args, 'buffer-size');
  if (duration !== undefined && !/^\d{1,6}$/.test(duration)) {
    throw new UsageError(`record: --duration ${duration} is not a whole number of seconds`);
  }
  if (Number(duration) === 0) throw new UsageError('record: --duration 0 records nothing');
  if (duration !== undefined && args.positionals.length > 0) {
    throw new UsageError('record: give --duration or a command, not both');
  }
  if (bufferSize !== undefined && !/^[1-9]\d{0,7}$/.test(bufferSize)) {
    throw new UsageError(`record: --buffer-size ${bufferSize} is not a size in KiB`);
  }
  const output = optional(args, 'output') ?? DEFAULT_OUTPUT;
  for (const word of [output, ...args.positionals]) {
    if (word.includes('\0')) throw new UsageError('record: an argument has a NUL character in it');
  }
  const known = Object.keys(EVENT_GROUPS) as (keyof typeof EVENT_GROUPS)[];
  const groups = strings(args, 'events')
    .flatMap((list) => list.split(','))
    .map((word) => {
      const group = known.find((name) => name === word.trim());
      if (group) return group;
      const hint = suggestion(word, known) || `; there are ${known.join(', ')}`;
      throw new UsageError(`record: unknown events ${word}${hint}`);
    });
  return {
    output,
    duration: duration === undefined ? undefined : Number(duration),
    command: args.positionals,
    bufferKb: bufferSize === undefined ? DEFAULT_BUFFER_KB : Number(bufferSize),
    read: optional(args, 'read') === 'end' ? ('end' as const) : ('stream' as const),
    groups: groups.length > 0 ? groups : DEFAULT_GROUPS,
    stockEvents: args.options['stock-events'] === true,
    dryRun: args.options['dry-run'] === true,
  };
}
