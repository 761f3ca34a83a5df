import type { PageData, PageGraph } from '../report/page/data.js';
import { GraphModel } from './graph-model.js';
import type { Kind } from './kinds.js';

/** The page's data, with its graphs indexed when they are asked for. */
export class Page {
  readonly data: PageData;
  readonly #models = new Map<number, GraphModel>();

  constructor(data: PageData) {
    this.data = data;
  }

  /** The graph with this number, or the first. undefined where there is none. */
  graph(index: number): GraphModel | undefined {
    const data = this.data.graphs[index] ?? this.data.graphs[0];
    if (data === undefined) return undefined;
    const model = this.#models.get(index) ?? new GraphModel(data, this.inputOf(data));
    this.#models.set(index, model);
    return model;
  }

  /** The name of the input that a graph is of. */
  inputOf({ run }: PageGraph): string {
    return this.data.runs[run]?.input ?? '';
  }

  /** The number of the graph of a run's input that has this class. */
  graphWith(name: string, run: number): number | undefined {
    const index = this.data.graphs.findIndex((graph) => graph.run === run);
    return index >= 0 && this.graph(index)?.find(name) !== undefined ? index : undefined;
  }

  kindOfLock(name: string, run: number): Kind | undefined {
    const index = this.graphWith(name, run);
    const model = index === undefined ? undefined : this.graph(index);
    const cls = model?.find(name);
    return cls === undefined ? undefined : model?.kind(cls);
  }
}
