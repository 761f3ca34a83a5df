import yargs, { type Argv } from 'yargs';
import { checkArguments, optionProblem } from './check-arguments.js';
import type { Arguments, Command } from './command.js';
import { ownCompletions } from './completion.js';
import { withConfiguration } from './configured.js';
import { Exit, type Io } from './io.js';
import { suggestion, UsageError } from './usage.js';
import { version } from './version.js';

const NO_COMMAND = 'no command given; lockvet --help lists them';

/**
 * Parses a command line, runs its command, and resolves to the exit code. Throws UsageError for a wrong command line and
 * whatever the command throws.
 */
export async function runApp(argv: readonly string[], commands: readonly Command[], io: Io): Promise<Exit> {
  const own = await ownCompletions(argv, commands, io);
  if (own !== undefined) {
    await io.stdout.write(own.map((word) => `${word}\n`).join(''));
    return Exit.Clean;
  }
  const current = selected(argv, commands);
  let exit: Exit = Exit.Clean;
  const parser = commandLine(commands, current, async (command, given) => {
    const args = await withConfiguration(command, given, io);
    checkArguments(command, args, argv);
    exit = await command.run(args, io);
  });
  // yargs hands help, version and completion scripts to this callback instead of printing them by itself.
  let printed = '';
  await parser.parseAsync([...argv], {}, (_error, _args, output) => {
    printed = output;
  });
  if (printed !== '') await io.stdout.write(`${printed}\n`);
  return exit;
}

/** The command that the line names; undefined where it asks for help or completion. Throws UsageError for any other. */
function selected(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  const word = argv.find((argument) => !argument.startsWith('-'));
  if (word === 'completion' || argv.includes('--get-yargs-completions')) return undefined;
  if (word === undefined) {
    if (argv.length === 0) throw new UsageError(NO_COMMAND);
    return undefined;
  }
  const found = commands.find((command) => command.name === word);
  if (found) return found;
  const names = [...commands.map((command) => command.name), 'completion'];
  throw new UsageError(`unknown command ${word}${suggestion(word, names) || '; lockvet --help lists them'}`);
}

function commandLine(
  commands: readonly Command[],
  current: Command | undefined,
  run: (command: Command, args: Arguments) => Promise<void>,
): Argv {
  const parser = yargs()
    .scriptName('lockvet')
    .locale('en')
    .usage('$0 COMMAND\n\nVets kernel locking rules in recorded traces, simulated kernels and sources.')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .strictOptions()
    .demandCommand(1, NO_COMMAND)
    .help()
    .alias('h', 'help')
    .version(version())
    .completion('completion', 'print a completion script for bash or zsh')
    .epilogue('Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 the command could not be carried out.')
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error && error.name !== 'YError' ? error : new UsageError(optionProblem(message ?? '', current));
    });
  for (const command of commands) {
    parser.command(
      command.name,
      command.summary,
      (builder: Argv) => {
        for (const [line, does] of command.examples) builder.example(line, does);
        if (command.epilogue !== undefined) builder.epilogue(command.epilogue());
        const usage = ['$0', command.name, command.positionals].join(' ').trimEnd();
        return builder.usage(`${usage}\n\n${command.summary}`).options(command.options);
      },
      // Positionals are taken as they are: yargs would lose `-` and whatever follows `--`.
      ({ _: [, ...rest], ...options }) => run(command, { options, positionals: rest.map(String) }),
    );
  }
  return parser;
}
