import type { LockClass, LockGraph } from '../model/lock-graph.js';
import { type Arguments, type Command, flag, optional, strings } from './command.js';
import { deliverText } from './deliver.js';
import { Exit, type Io } from './io.js';
import { suggestion, UsageError } from './usage.js';

const string = { type: 'string', requiresArg: true } as const;
const FORMATS = ['json', 'lockdep', 'dot', 'svg', 'text'] as const;
type Format = (typeof FORMATS)[number];
const DEFAULT_DEPTH = 1;

/** `lockvet graph INPUT...`: the lock dependency graph of recordings, or the one that sources allow. */
export const graph: Command = {
  name: 'graph',
  positionals: 'INPUT...',
  summary: 'print the lock dependency graph of recordings or sources',
  options: {
    format: { ...string, choices: FORMATS, describe: 'layout (json, or text for --path and --diff)' },
    output: { ...string, describe: 'write the graph to this file instead of standard output' },
    match: { ...string, describe: 'only classes named so (part, glob or /regex/); may be repeated' },
    raw: { type: 'boolean', describe: 'only dependencies into or out of raw locks' },
    scc: { type: 'boolean', describe: 'only strongly connected parts: where cycles are' },
    around: { ...string, describe: 'only what is near this class' },
    depth: { ...string, describe: `how near, in dependencies (default ${DEFAULT_DEPTH})` },
    path: { ...string, nargs: 2, describe: 'shortest path of dependencies from one class to another' },
    diff: { ...string, describe: 'what is new, and what is gone, compared with this recording or these sources' },
    catalog: { ...string, describe: 'file that tells the kinds of locks by name' },
    quiet: { type: 'boolean', describe: 'no progress and notes' },
    'no-progress': { type: 'boolean', describe: 'no progress bar on standard error' },
  },
  examples: [
    ['lockvet graph --format lockdep trace.dat', 'print what /proc/lockdep would'],
    ["lockvet graph --around '&zone->lock' --depth 2 --format svg t.dat > zone.svg", 'draw what is near a lock'],
    ["lockvet graph --path '&rq->__lock' '&zone->lock' trace.dat", 'tell how one lock comes under another'],
    ['lockvet graph --diff before.dat after.dat', 'list dependencies that are new since before.dat'],
    ['lockvet graph --diff boot.dat kernel/sched', 'list what the code allows and the recording does not show'],
  ],
  async run(args, io) {
    const format = formatOf(args);
    const depth = depthOf(args);
    const matches = await matchersOf(args);
    const path = strings(args, 'path');
    const other = optional(args, 'diff');
    const centre = optional(args, 'around');
    const narrow = async (whole: LockGraph, middle: LockClass | undefined): Promise<LockGraph> => {
      const { around, aroundRaw, matching, stronglyConnected } = await import('../graph/index.js');
      let part = whole;
      if (matches.length > 0) part = matching(part, (name) => matches.some((match) => match(name)));
      if (flag(args, 'raw')) part = aroundRaw(part);
      if (flag(args, 'scc')) part = stronglyConnected(part);
      if (centre === undefined) return part;
      return middle === undefined ? { classes: [], dependencies: [] } : around(part, middle, depth);
    };
    const read = readerOf(args, io);
    const whole = await read(args.positionals);
    const part = await narrow(whole, centre === undefined ? undefined : await classNamed(whole, centre, '--around'));
    const narrowOther = async (before: LockGraph): Promise<LockGraph> => {
      const { findClass } = await import('../graph/index.js');
      return narrow(before, findClass(before, centre ?? ''));
    };
    const text =
      other !== undefined
        ? await diffOutput(part, await narrowOther(await read([other])), format)
        : path.length > 0
          ? await pathOutput(whole, part, path, format)
          : await graphOutput(part, format ?? 'json');
    await deliverText(text, optional(args, 'output'), io);
    return Exit.Clean;
  },
};

function formatOf(args: Arguments): Format | undefined {
  const format = FORMATS.find((choice) => choice === args.options.format);
  const hasPath = args.options.path !== undefined;
  const hasDiff = args.options.diff !== undefined;
  if (hasPath && hasDiff) throw new UsageError('graph: give --path or --diff, not both');
  if (format === 'text' && !hasPath && !hasDiff) throw new UsageError('graph: --format text is for --path and --diff');
  if (hasDiff && format !== undefined && format !== 'text' && format !== 'json') {
    throw new UsageError(`graph: --diff has the formats text and json, not ${format}`);
  }
  return format;
}

function depthOf(args: Arguments): number {
  const given = optional(args, 'depth');
  if (given === undefined) return DEFAULT_DEPTH;
  if (args.options.around === undefined) throw new UsageError('graph: --depth needs --around CLASS');
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`graph: --depth: "${given}" is no whole number`);
  return Number(given);
}

async function matchersOf(args: Arguments): Promise<((name: string) => boolean)[]> {
  const { nameMatcher } = await import('../graph/index.js');
  return strings(args, 'match').map((pattern) => {
    try {
      return nameMatcher(pattern);
    } catch {
      throw new UsageError(`graph: --match: ${pattern} is no regular expression`);
    }
  });
}

/** What reads inputs as one graph: recordings, or sources. */
function readerOf(args: Arguments, io: Io): (paths: readonly string[]) => Promise<LockGraph> {
  return async (paths) => {
    const { isSource } = await import('../static/files.js');
    const sources = paths.filter(isSource);
    if (sources.length === 0) return (await readerFor(args, io))(paths);
    const [recording] = paths.filter((path) => !isSource(path));
    if (recording !== undefined) {
      throw new UsageError(
        `graph: ${recording} is a recording and ${sources[0]} is not: compare them with graph --diff ${recording} ${sources[0]}`,
      );
    }
    const [
      { graphsOfSources },
      { lockGraphOf, together },
      { cacheFolder },
      { availableParallelism },
      { loadRuleSet },
      { printable },
    ] = await Promise.all([
      import('../static/check.js'),
      import('../graph/index.js'),
      import('../static/c/cache.js'),
      import('node:os'),
      import('../rules/index.js'),
      import('../report/escape.js'),
    ]);
    const rules = loadRuleSet();
    const { graph, validators, notes } = await graphsOfSources(paths, {
      rules,
      policy: rules.policy('strict'),
      tables: [],
      cache: cacheFolder(io.env),
      workers: availableParallelism(),
      explainUnknown: false,
      preemptRt: undefined,
      progress: () => {},
    });
    if (!flag(args, 'quiet')) for (const note of notes) await io.stderr.write(`${printable(note)}\n`);
    return together([...(graph === undefined ? [] : [graph]), ...validators.map((one) => lockGraphOf(one))]);
  };
}

/** What reads recordings as one graph and says what is to be said of them. */
async function readerFor(args: Arguments, io: Io): Promise<(paths: readonly string[]) => Promise<LockGraph>> {
  const [{ readGraph }, { openSource }, { catalogueOf }, { progressFor }, { printable }] = await Promise.all([
    import('../graph/index.js'),
    import('../trace/open.js'),
    import('./law.js'),
    import('./progress.js'),
    import('../report/escape.js'),
  ]);
  const quiet = flag(args, 'quiet');
  const catalogue = catalogueOf(optional(args, 'catalog'));
  return async (paths) => {
    const progress = progressFor(io, !quiet && !flag(args, 'no-progress'));
    try {
      const { graph, notes } = await readGraph(paths, (path) => openSource(path, { progress }), catalogue);
      progress.stop();
      const label = paths.join(' + ');
      if (!quiet) for (const note of notes) await io.stderr.write(`${printable(`${label}: ${note}`)}\n`);
      return graph;
    } finally {
      progress.stop();
    }
  };
}

/** The class of that name or key. Throws UsageError with the nearest name there is. */
async function classNamed(whole: LockGraph, text: string, option: string): Promise<LockClass> {
  const { findClass } = await import('../graph/index.js');
  const found = findClass(whole, text);
  if (found) return found;
  const names = whole.classes.map((cls) => cls.name);
  throw new UsageError(`graph: ${option}: no lock class ${text}${suggestion(text, names)}`);
}

async function pathOutput(
  whole: LockGraph,
  part: LockGraph,
  [from = '', to = '']: readonly string[],
  format: Format | undefined,
): Promise<string> {
  const { pathPart, shortestPath } = await import('../graph/index.js');
  const [start, goal] = [await classNamed(whole, from, '--path'), await classNamed(whole, to, '--path')];
  const path = shortestPath(part, start, goal);
  const names = new Map(whole.classes.map((cls) => [cls.id, cls.name]));
  const nameOf = (id: number): string => names.get(id) ?? '';
  if (format === undefined || format === 'text')
    return (await import('../report/graph-text.js')).pathText(path, nameOf);
  if (format === 'json') return (await import('../report/graph-json.js')).pathJson(path, nameOf);
  return graphOutput(pathPart(whole, path), format);
}

async function diffOutput(now: LockGraph, before: LockGraph, format: Format | undefined): Promise<string> {
  const { diffOf } = await import('../graph/index.js');
  const diff = diffOf(now, before);
  if (format === 'json') return (await import('../report/graph-json.js')).diffJson(diff);
  return (await import('../report/graph-text.js')).diffText(diff);
}

async function graphOutput(part: LockGraph, format: Format): Promise<string> {
  switch (format) {
    case 'lockdep':
      return (await import('../report/graph-lockdep.js')).graphLockdep(part);
    case 'dot':
      return (await import('../report/graph-dot.js')).graphDot(part);
    case 'svg':
      return svgOutput(part);
    default:
      return (await import('../report/graph-json.js')).graphJson(part);
  }
}

async function svgOutput(part: LockGraph): Promise<string> {
  const { fitsSvg, graphSvg, SVG_LIMITS } = await import('../report/graph-svg.js');
  if (!fitsSvg(part)) {
    const size = `${part.classes.length} classes and ${part.dependencies.length} dependencies`;
    const limit = `${SVG_LIMITS.classes} and ${SVG_LIMITS.dependencies}`;
    const filters = '--around CLASS --depth N, --match PATTERN, --raw, --scc or --path A B';
    throw new UsageError(`graph: ${size} are too many to lay out (at most ${limit}); narrow them with ${filters}`);
  }
  return graphSvg(part);
}
