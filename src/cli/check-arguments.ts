import type { Arguments, Command } from './command.js';
import { suggestion, UsageError } from './usage.js';

const GLOBAL_OPTIONS = ['help', 'version'];

/** What yargs lets through: too many or too few positionals, options given twice, empty or surplus values. Throws UsageError. */
export function checkArguments(command: Command, args: Arguments, argv: readonly string[]): void {
  const fail = (problem: string): never => {
    throw new UsageError(`${command.name}: ${problem}`);
  };
  const { min, max } = allowedPositionals(command.positionals);
  if (args.positionals.length < min) fail(`nothing given for ${command.positionals}`);
  if (args.positionals.length > max) fail(`unexpected argument ${args.positionals[max]}`);
  if (args.positionals.includes('')) fail(`an empty argument given for ${command.positionals}`);
  for (const [name, option] of Object.entries(command.options)) {
    const value = args.options[name];
    const repeatable = option.describe?.includes('repeated') === true;
    const once = option.nargs ?? 1;
    if (Array.isArray(value) && value.length !== once && !repeatable) fail(`--${name} is given more than once`);
    if ((Array.isArray(value) ? value : [value]).includes('')) fail(`--${name} needs a value`);
    if (option.type === 'boolean' && argv.some((argument) => argument.startsWith(`--${name}=`))) {
      fail(`--${name} takes no value`);
    }
  }
}

function allowedPositionals(spec: string): { min: number; max: number } {
  if (spec === '') return { min: 0, max: 0 };
  return { min: spec.startsWith('[') ? 0 : 1, max: spec.includes('...') ? Number.POSITIVE_INFINITY : 1 };
}

/** yargs' words for a wrong command line as one line of our own, with a suggestion for what is misspelt. */
export function optionProblem(message: string, command: Command | undefined): string {
  const prefix = command ? `${command.name}: ` : '';
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]?.split(', ')[0];
  if (unknown !== undefined) {
    const known = [...Object.keys(command?.options ?? {}), ...GLOBAL_OPTIONS];
    const dashes = unknown.length === 1 ? '-' : '--';
    return `${prefix}unknown option ${dashes}${unknown}${suggestion(unknown, known, '--')}`;
  }
  const valueless = /^Not enough arguments following: (.*)$/s.exec(message)?.[1];
  if (valueless !== undefined) return `${prefix}--${valueless} needs a value`;
  const [, option = '', given = ''] = /Argument: (\S+), Given: "?(.*?)"?, Choices: /s.exec(message) ?? [];
  const choices = (command?.options[option]?.choices ?? []).map(String);
  if (choices.length > 0) {
    return `${prefix}--${option} ${given} is not one of ${choices.join(', ')}${suggestion(given, choices)}`;
  }
  return `${prefix}${message.trim().replace(/\s*\n\s*/g, ' ')}`;
}
