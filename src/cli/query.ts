import type { Asked, Inquiry, Question, TypedAnswer } from '../store/index.js';
import { type Arguments, type Command, flag, optional } from './command.js';
import { deliverText } from './deliver.js';
import { Exit, type Io } from './io.js';
import { storeWait } from './options.js';
import { QUESTION_NAMES, questionHelp } from './question-help.js';
import { suggestion, UsageError } from './usage.js';

const string = { type: 'string', requiresArg: true } as const;
const FORMATS = ['table', 'json', 'csv', 'parquet'] as const;
const DEFAULT_LIMIT = 50;

/** `lockvet query QUESTION`: ask the store. */
export const query: Command = {
  name: 'query',
  positionals: '[QUESTION...]',
  summary: 'ask the store: canned questions and SQL',
  options: {
    store: {
      ...string,
      describe: 'database that --store of other commands filled (default: store of the configuration)',
    },
    'store-wait': { ...string, describe: 'seconds to wait for a store that another process writes (default 10)' },
    run: { ...string, describe: 'only what this run saw' },
    since: { ...string, describe: 'new: the last run that does not count' },
    under: { ...string, describe: 'allocs: the lock class or kind that was held' },
    rule: { ...string, describe: 'findings: only of this rule' },
    lock: { ...string, describe: 'findings: only those about this lock class' },
    format: { ...string, choices: FORMATS, default: 'table', describe: 'layout of the answer' },
    output: { ...string, describe: 'write the answer to this file instead of standard output' },
    limit: { ...string, describe: `rows of a table (default ${DEFAULT_LIMIT})` },
    config: { ...string, describe: 'configuration file (default: lockvet.config.{ts,js,json}, here or above)' },
    'no-config': { type: 'boolean', describe: 'read no configuration file' },
    quiet: { type: 'boolean', describe: 'the answer only: no notes' },
  },
  examples: [
    ['lockvet query', 'list the questions'],
    ['lockvet query held-under raw_spinlock_t --store lockvet.db', 'what is taken while a raw_spinlock_t is held'],
    ["lockvet query allocs --under '&rq->__lock'", 'what is allocated under a lock'],
    ['lockvet query new --since 41 --format json', 'what came up after run 41'],
    ['lockvet query sql "SELECT rule, count(*) FROM findings GROUP BY rule"', 'ask anything (docs/store.md)'],
  ],
  epilogue: () => `Questions:\n${questionHelp()}`,
  complete: async (words, args, io) => {
    const [name, ...rest] = words;
    if (name === undefined || words.length < 2) return [...QUESTION_NAMES, 'sql'];
    const { QUESTIONS, Inquiry: Asking } = await import('../store/index.js');
    const question = QUESTIONS.find((one) => one.name === name);
    const places = question?.words.split(' ').filter((word) => word !== '').length ?? 0;
    if (question?.names === undefined || rest.length > places) return [];
    const inquiry = await Asking.open(await storeOf(args, io), { waitSeconds: 0 });
    try {
      return await inquiry.names(question.names);
    } finally {
      inquiry.close();
    }
  },
  async run(args, io) {
    const [name, ...words] = args.positionals;
    if (name === undefined) {
      await io.stdout.write(questionHelp());
      return Exit.Clean;
    }
    const format = FORMATS.find((one) => one === args.options.format) ?? 'table';
    const output = optional(args, 'output');
    if (format === 'parquet' && output === undefined)
      throw new UsageError('query: --format parquet needs --output FILE');
    const limit = wholeOf(args, 'limit') ?? DEFAULT_LIMIT;
    const ask = await askerFor(name, words, args);
    const answer = await asked(ask, args, io);
    if (!flag(args, 'quiet')) {
      const { printable } = await import('../report/escape.js');
      for (const note of answer.notes) await io.stderr.write(`${printable(note)}\n`);
    }
    await deliverAnswer(answer, { format, output, limit }, io);
    return Exit.Clean;
  },
};

type Ask = (inquiry: Inquiry) => Promise<TypedAnswer>;

/** What asks the question that the command line means. Throws UsageError where it is none, or not asked as it must be. */
async function askerFor(name: string, words: readonly string[], args: Arguments): Promise<Ask> {
  if (name === 'sql') {
    const [text, more] = words;
    if (text === undefined) throw new UsageError('query: sql needs a query');
    if (more !== undefined) throw new UsageError(`query: unexpected argument ${more}; quote the query`);
    checkOptions('sql', [], args);
    return (inquiry) => inquiry.sql(text);
  }
  const { QUESTIONS } = await import('../store/index.js');
  const question = QUESTIONS.find((one) => one.name === name);
  if (question === undefined) {
    const problem = suggestion(name, [...QUESTION_NAMES, 'sql']) || '; lockvet query lists them';
    throw new UsageError(`query: unknown question ${name}${problem}`);
  }
  const wanted = question.words === '' ? [] : question.words.split(' ');
  if (words.length < wanted.length) throw new UsageError(`query: ${name} needs ${question.words}`);
  if (words.length > wanted.length) throw new UsageError(`query: unexpected argument ${words[wanted.length]}`);
  checkOptions(name, question.options, args);
  const what: Asked = {
    words,
    run: wholeOf(args, 'run'),
    since: wholeOf(args, 'since'),
    under: optional(args, 'under'),
    rule: optional(args, 'rule'),
    lock: optional(args, 'lock'),
  };
  return (inquiry) => inquiry.ask(question, what);
}

/** An option that a question does not know would be taken for a filter that it is not. */
function checkOptions(name: string, options: Question['options'], args: Arguments): void {
  const known = options.map((option) => option.replace('!', ''));
  for (const option of ['run', 'since', 'under', 'rule', 'lock']) {
    if (args.options[option] !== undefined && !known.includes(option)) {
      throw new UsageError(`query: ${name} does not take --${option}`);
    }
  }
  for (const option of options) {
    const needed = option.endsWith('!') ? option.slice(0, -1) : undefined;
    if (needed !== undefined && args.options[needed] === undefined)
      throw new UsageError(`query: ${name} needs --${needed}`);
  }
}

async function asked(ask: Ask, args: Arguments, io: Io): Promise<TypedAnswer> {
  const [{ Inquiry: Asking, UnknownName }, { printable }] = await Promise.all([
    import('../store/index.js'),
    import('../report/escape.js'),
  ]);
  const file = await storeOf(args, io);
  const said: Promise<void>[] = [];
  const onWait = (problem: string) => void said.push(io.stderr.write(`${printable(problem)}\n`));
  const inquiry = await Asking.open(file, { waitSeconds: storeWait(args), onWait });
  try {
    return await ask(inquiry);
  } catch (error) {
    if (!(error instanceof UnknownName)) throw error;
    throw new UsageError(`query: ${error.message}${suggestion(error.given, error.known)}`);
  } finally {
    inquiry.close();
    await Promise.all(said);
  }
}

/** The store that the command line names, or else the configuration. Throws UsageError where neither does. */
async function storeOf(args: Arguments, io: Io): Promise<string> {
  const given = optional(args, 'store');
  if (given !== undefined) return given;
  const config = optional(args, 'config');
  if (config !== undefined && flag(args, 'no-config')) throw new UsageError('query: give --config or --no-config');
  if (!flag(args, 'no-config')) {
    const [{ configurationFor }, path] = await Promise.all([import('../gate/index.js'), import('node:path')]);
    const found = await configurationFor(io.cwd, config);
    if (found?.value.store !== undefined) return path.relative(io.cwd, path.resolve(found.folder, found.value.store));
  }
  throw new UsageError('query: --store FILE is needed, or store in the configuration');
}

interface Layout {
  readonly format: (typeof FORMATS)[number];
  readonly output: string | undefined;
  readonly limit: number;
}

async function deliverAnswer(answer: TypedAnswer, { format, output, limit }: Layout, io: Io): Promise<void> {
  if (format === 'parquet') {
    const { writeParquet } = await import('../store/index.js');
    await writeParquet(answer, output ?? '');
    return;
  }
  const { answerCsv, answerJson, answerTable } = await import('../report/answer.js');
  const text =
    format === 'json' ? answerJson(answer) : format === 'csv' ? answerCsv(answer) : answerTable(answer, limit);
  await deliverText(text, output, io);
}

function wholeOf(args: Arguments, name: string): number | undefined {
  const given = optional(args, name);
  if (given === undefined) return undefined;
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`query: --${name}: "${given}" is no whole number`);
  return Number(given);
}
