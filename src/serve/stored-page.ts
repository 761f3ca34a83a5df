import { mapLayout } from '../graph/layout.js';
import type { LockGraph } from '../model/lock-graph.js';
import type { Run } from '../model/report.js';
import type { RuleDoc } from '../report/index.js';
import { MAP_SIZE, type PageGraph, packGraph, pageAssets, pageData, renderPage } from '../report/page/index.js';
import { type LoadedRun, Store, type StoredRun } from '../store/index.js';

/** Runs whose graphs are kept laid out. */
const KEPT = 4;
/** Runs that the page offers to go to. */
const LISTED = 200;

export interface StoredPageOptions {
  readonly store: string;
  /** How long to wait for a store that is being written, in seconds. */
  readonly waitSeconds: number;
  readonly version: string;
  readonly rules: readonly RuleDoc[];
  readonly read: (file: string) => string | undefined;
}

/** Makes pages of stored runs. The store is opened for each and closed at once: whoever writes it waits for no reader. */
export class StoredPages {
  readonly #options: StoredPageOptions;
  readonly #graphs = new Map<number, readonly PageGraph[]>();

  constructor(options: StoredPageOptions) {
    this.#options = options;
  }

  /** The page of a run, or of the latest, as of a change of the store; undefined where there is none. Throws InputError where the store cannot be had. */
  async page(id: number | undefined, change: number): Promise<string | undefined> {
    const { version, rules, read } = this.#options;
    const found = await this.#load(id);
    if (found === undefined) return undefined;
    const { all, loaded } = found;
    const runs = loaded.inputs.map(({ run }) => run);
    const data = pageData({
      ...{ version, runs, rules, read },
      gate: gateOf(runs),
      graphs: this.#graphsOf(loaded),
      store: { shown: loaded.about.id, runs: all.slice(-LISTED).reverse().map(listed) },
    });
    return renderPage(data, await pageAssets(), change);
  }

  async #load(id: number | undefined): Promise<{ all: StoredRun[]; loaded: LoadedRun } | undefined> {
    const { store: file, waitSeconds } = this.#options;
    const store = await Store.open(file, { access: 'read', waitSeconds });
    try {
      const all = await store.runs();
      const wanted = id ?? all.at(-1)?.id;
      const loaded = wanted === undefined ? undefined : await store.load(wanted);
      return loaded && { all, loaded };
    } finally {
      store.close();
    }
  }

  /** Laying out takes its time, and a stored run stays as it is. */
  #graphsOf({ about, inputs }: LoadedRun): readonly PageGraph[] {
    const known = this.#graphs.get(about.id);
    if (known !== undefined) return known;
    const graphs = inputs.flatMap(({ graph }, run) => (graph === undefined ? [] : [laidOut(graph, run)]));
    this.#graphs.set(about.id, graphs);
    const [oldest] = this.#graphs.keys();
    if (this.#graphs.size > KEPT && oldest !== undefined) this.#graphs.delete(oldest);
    return graphs;
  }
}

function laidOut(graph: LockGraph, run: number): PageGraph {
  return packGraph(graph, mapLayout(graph, MAP_SIZE), run);
}

/** What is known of the gate from the findings alone: which entries of a baseline were stale is not stored. */
function gateOf(runs: readonly Run[]):
  | {
      summary: { hasBaseline: boolean; new: number; known: number; fixed: number; suppressed: number };
      notes: string[];
    }
  | undefined {
  const findings = runs.flatMap((run) => run.findings);
  const known = findings.filter((finding) => finding.known !== undefined).length;
  const suppressed = runs.reduce((sum, run) => sum + (run.suppressed?.length ?? 0), 0);
  if (known + suppressed === 0) return undefined;
  return { summary: { hasBaseline: known > 0, new: findings.length - known, known, fixed: 0, suppressed }, notes: [] };
}

function listed({ id, command, time, gitRevision, new: news, known, suppressed }: StoredRun) {
  return { id, command, time: time.toISOString(), revision: gitRevision ?? '', new: news, known, suppressed };
}
