import type { Arguments, Command } from './command.js';
import type { Io } from './io.js';

const ASKS = '--get-yargs-completions';

/**
 * What a shell's completion asks for, where a command knows better than the option parser: the words of its own that the last one of
 * the line can be. undefined: the parser is to answer.
 */
export async function ownCompletions(
  argv: readonly string[],
  commands: readonly Command[],
  io: Io,
): Promise<string[] | undefined> {
  const at = argv.indexOf(ASKS);
  if (at < 0) return undefined;
  // The line as it stands: `lockvet COMMAND WORD... LAST`.
  const [, name, ...line] = argv.slice(at + 1);
  const command = commands.find((one) => one.name === name);
  const last = line.at(-1);
  if (command?.complete === undefined || last === undefined || last.startsWith('-')) return undefined;
  const { words, options } = partsOf(command, line);
  // The last word is the value of an option.
  if (words.at(-1) !== last) return undefined;
  try {
    const found = await command.complete(words, { options, positionals: words }, io);
    const typed = last.replace(/^['"]/, '');
    return found.filter((word) => word.startsWith(typed)).map((word) => (isPlain(word) ? word : quotedFor(word, io)));
  } catch {
    // A store that cannot be had: there is nowhere to say so.
    return [];
  }
}

function partsOf(command: Command, line: readonly string[]): { words: string[]; options: Arguments['options'] } {
  const words: string[] = [];
  const options: Record<string, unknown> = {};
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? '';
    const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) words.push(word);
    else if (value !== undefined || command.options[name]?.type === 'boolean') options[name] = value ?? true;
    else options[name] = line[++at];
  }
  return { words, options };
}

function isPlain(word: string): boolean {
  return /^[\w./:-]+$/.test(word);
}

/** bash takes one level of quotes off the words that are offered; zsh quotes by itself. */
function quotedFor(word: string, io: Io): string {
  const isZsh = /zsh/.test(`${io.env.SHELL ?? ''}${io.env.ZSH_NAME ?? ''}`);
  if (isZsh || /['"\\$`]/.test(word)) return word;
  return `"'${word}'"`;
}
