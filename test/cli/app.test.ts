import { describe, expect, it } from 'vitest';
import { runApp } from '../../src/cli/app.js';
import type { Arguments, Command } from '../../src/cli/command.js';
import { report } from '../../src/cli/failure.js';
import { Exit } from '../../src/cli/io.js';
import { reportOptions, ruleOptions } from '../../src/cli/options.js';
import { InputError } from '../../src/model/report.js';
import { fakeIo } from './fake-io.js';

const commandOf = (name: string, positionals: string, run: Command['run']): Command => ({
  name,
  positionals,
  summary: `does ${name}`,
  options: { ...reportOptions, ...ruleOptions },
  examples: [[`lockvet ${name} x`, 'an example']],
  run,
});

/** Runs a line against commands that note what they were given; `throws` is what they throw then. */
async function run(argv: string[], throws?: unknown) {
  const io = fakeIo();
  const seen: Arguments[] = [];
  const note: Command['run'] = async (args) => {
    seen.push(args);
    if (throws !== undefined) throw throws;
    return Exit.Findings;
  };
  const commands = [commandOf('lint', 'INPUT...', note), commandOf('explain', '[RULE]', note)];
  let exit: Exit;
  try {
    exit = await runApp(argv, commands, io);
  } catch (error) {
    exit = await report(error, io);
  }
  return { exit, args: seen[0], out: io.out(), err: io.err() };
}

describe('a wrong command line is one line on standard error and exit code 2', () => {
  it.each([
    { argv: [], err: 'no command given' },
    { argv: ['--fomat'], err: 'no command given' },
    { argv: ['lnit', 'x'], err: 'unknown command lnit; did you mean lint?' },
    { argv: ['frobnicate'], err: 'unknown command frobnicate; lockvet --help lists them' },
    { argv: ['constructor'], err: 'unknown command constructor' },
    { argv: ['lint'], err: 'lint: nothing given for INPUT...' },
    { argv: ['lint', ''], err: 'lint: an empty argument given for INPUT...' },
    { argv: ['explain', 'a', 'b'], err: 'explain: unexpected argument b' },
    { argv: ['lint', 'x', '--fomat', 'json'], err: 'lint: unknown option --fomat; did you mean --format?' },
    { argv: ['lint', 'x', '--outptu=y'], err: 'lint: unknown option --outptu; did you mean --output?' },
    { argv: ['lint', 'x', '--no-progres'], err: 'did you mean --no-progress?' },
    { argv: ['lint', 'x', '--zzz'], err: 'lint: unknown option --zzz\n' },
    { argv: ['lint', 'x', '-z'], err: 'lint: unknown option -z\n' },
    {
      argv: ['lint', 'x', '--format', 'jsn'],
      err: '--format jsn is not one of text, json, sarif, junit, github, gitlab; did you mean json?',
    },
    { argv: ['lint', 'x', '--fail-on=bug'], err: '--fail-on bug is not one of error, warning, note, never' },
    { argv: ['lint', 'x', '--format'], err: 'lint: --format needs a value' },
    { argv: ['lint', 'x', '--output='], err: 'lint: --output needs a value' },
    { argv: ['lint', 'x', '--policy', 'a', '--policy', 'b'], err: 'lint: --policy is given more than once' },
    { argv: ['lint', 'x', '--quiet=yes'], err: 'lint: --quiet takes no value' },
  ])('$argv', async ({ argv, err }) => {
    const result = await run(argv);
    expect(result).toMatchObject({ exit: 2, out: '', args: undefined });
    expect(result.err).toContain(err);
    expect(result.err).toMatch(/^lockvet: [^\n]+\n$/);
  });
});

describe('a right one', () => {
  it('gives the command its positionals as they are written', async () => {
    const { args, exit } = await run(['lint', '-', '007', '--quiet', '1e3', '--', '--odd-name']);
    expect(exit).toBe(Exit.Findings);
    expect(args?.positionals).toEqual(['-', '007', '1e3', '--odd-name']);
  });

  it('gives it options with their defaults, and repeatable ones as a list', async () => {
    const { args } = await run(['lint', '--rules', 'a', 'x', '--rules', 'b', '--no-progress']);
    expect(args?.positionals).toEqual(['x']);
    expect(args?.options).toMatchObject({
      rules: ['a', 'b'],
      format: 'text',
      'no-progress': true,
    });
  });
});

describe('what lockvet tells about itself', () => {
  it('lists every command with what it does', async () => {
    const { out, exit } = await run(['--help']);
    expect(exit).toBe(0);
    for (const name of ['lint', 'explain']) expect(out).toMatch(new RegExp(`lockvet ${name} +does ${name}`));
  });

  it('shows options and an example in the help of a command', async () => {
    const { out, exit, args } = await run(['lint', '--help']);
    expect({ exit, args }).toEqual({ exit: 0, args: undefined });
    expect(out).toMatch(/^lockvet lint INPUT\.\.\.\n/);
    expect(out).toMatch(/--fail-on .*\n.*choices: "error", "warning", "note", "never"/);
    expect(out).toContain('lockvet lint x');
  });

  it('prints a version number', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('completes commands and options', async () => {
    expect((await run(['completion'])).out).toContain('lockvet');
    expect((await run(['--get-yargs-completions', 'lockvet', 'l'])).out.split('\n')).toContain('lint');
    const options = (await run(['--get-yargs-completions', 'lockvet', 'lint', '--f'])).out.split('\n');
    expect(options).toEqual(expect.arrayContaining(['--format', '--fail-on']));
  });
});

describe('what a command throws', () => {
  it('is one line FILE:LINE: for bad input', async () => {
    const { err, exit } = await run(['lint', 'x'], new InputError('dir/a\u001b.txt', 12, 'not a trace'));
    expect({ err, exit }).toEqual({ err: 'dir/a\\x1b.txt:12: not a trace\n', exit: 2 });
  });

  it('is called an internal error with a hint when nobody expected it, without a stack', async () => {
    const { err, exit } = await run(['lint', 'x'], new TypeError('x is\nundefined'));
    expect(exit).toBe(2);
    expect(err).toMatch(/^lockvet: internal error: x is\\nundefined \(.*LOCKVET_DEBUG=1.*\)\n$/);
  });

  it('comes with its stack for LOCKVET_DEBUG', async () => {
    const io = fakeIo({ env: { LOCKVET_DEBUG: '1' } });
    await report(new Error('boom'), io);
    expect(io.err()).toMatch(/internal error: boom[^\n]*\nError: boom\n +at /);
  });
});
