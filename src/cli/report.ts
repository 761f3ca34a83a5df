import type { LockGraph } from '../model/lock-graph.js';
import type { Run } from '../model/report.js';
import type { PageGraph } from '../report/page/index.js';
import { type Arguments, type Command, flag, optional } from './command.js';
import { deliverText, failsGate, sayNotes, sourceReader } from './deliver.js';
import { Exit, type Io } from './io.js';
import { type ReportSettings, reportOptions, reportSettings, ruleOptions, ruleSettings } from './options.js';
import { ruleDocs } from './rule-docs.js';
import { UsageError } from './usage.js';
import { version } from './version.js';

const text = { type: 'string', requiresArg: true } as const;
const {
  format: _format,
  output: _output,
  'update-baseline': _update,
  store: _store,
  'store-wait': _wait,
  ...gateOptions
} = reportOptions;

/** `lockvet report INPUT... --html FILE`: judge inputs of any kind and write a page that shows the findings and the lock graph. */
export const report: Command = {
  name: 'report',
  positionals: 'INPUT...',
  summary: 'write findings and lock graphs as one HTML page',
  options: {
    html: { ...text, describe: 'file to write the page to; - is standard output' },
    ...gateOptions,
    ...ruleOptions,
    merge: { type: 'boolean', describe: 'one lock graph over all recordings, classes matched by name' },
    catalog: { ...text, describe: 'file that tells the kinds of locks by name' },
    'strict-input': { type: 'boolean', describe: 'a line that cannot be read is an error' },
  },
  examples: [
    ['lockvet report trace.dat --html page.html', 'show what a recording holds'],
    ['lockvet report boot.trace.xz boot.dmesg mm abba.ts --html page.html', 'recordings, logs, sources and scenarios'],
  ],
  async run(args, io) {
    const html = optional(args, 'html');
    if (html === undefined) throw new UsageError('report: --html FILE is missing');
    const settings = reportSettings(args);
    const { runs, graphs } = await judged(args, settings, io);
    const [{ applyGate }, page] = await Promise.all([import('../gate/index.js'), import('../report/page/index.js')]);
    const read = sourceReader(io.cwd);
    const gated = applyGate(runs, settings.gate, read);
    const data = page.pageData({
      version: version(),
      runs: gated.runs,
      gate: gated.isActive ? { summary: gated.summary, notes: gated.notes } : undefined,
      rules: await ruleDocs(settings),
      graphs,
      read,
    });
    await deliverText(page.renderPage(data, await page.pageAssets()), html === '-' ? undefined : html, io);
    const { printable } = await import('../report/escape.js');
    await sayNotes(gated, async (line) => {
      if (!settings.quiet) await io.stderr.write(`${printable(line)}\n`);
    });
    const news = gated.runs.flatMap((run) => run.findings).filter(({ known }) => known === undefined);
    return failsGate(news, settings.failOn) ? Exit.Findings : Exit.Clean;
  },
};

async function judged(
  args: Arguments,
  settings: ReportSettings,
  io: Io,
): Promise<{ runs: Run[]; graphs: PageGraph[] }> {
  const [{ lawOf }, { judgeInputs }, { progressFor }, { lockGraphOf }, packed] = await Promise.all([
    import('./law.js'),
    import('./judge-inputs.js'),
    import('./progress.js'),
    import('../graph/index.js'),
    graphPacker(),
  ]);
  const law = lawOf(ruleSettings(args), optional(args, 'catalog'));
  const progress = progressFor(io, settings.progress);
  const met: PackedGraph[] = [];
  const graphs = new Map<Run, PackedGraph>();
  try {
    const runs = await judgeInputs(args.positionals, {
      ...{ law, io, progress, ruleFolders: ruleSettings(args).ruleFolders },
      merge: flag(args, 'merge'),
      strict: flag(args, 'strict-input'),
      watch: {
        // Packed at once: the engines of one input need not outlive it.
        onJudged: ({ engines, place }) => void met.push(packed(lockGraphOf(engines.validator, place))),
        onRun: (run) => {
          const graph = met.pop();
          if (graph !== undefined) graphs.set(run, graph);
        },
      },
      onSources: (run, graph) => void graphs.set(run, packed(graph)),
    });
    return { runs, graphs: runs.flatMap((run, index) => graphs.get(run)?.(index) ?? []) };
  } finally {
    progress.stop();
  }
}

/** A lock graph as the page has it, once it is known which run it is of. */
type PackedGraph = (run: number) => PageGraph;

/** Makes lock graphs ready for the page. */
async function graphPacker(): Promise<(graph: LockGraph) => PackedGraph> {
  const [{ mapLayout }, { MAP_SIZE, packGraph }] = await Promise.all([
    import('../graph/layout.js'),
    import('../report/page/index.js'),
  ]);
  return (graph) => {
    const placement = mapLayout(graph, MAP_SIZE);
    return (run) => packGraph(graph, placement, run);
  };
}
