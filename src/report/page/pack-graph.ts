import type { Where } from '../../model/finding.js';
import type { LockGraph } from '../../model/lock-graph.js';
import { DependencyFlag, type PageGraph, type PlaceColumns } from './data.js';

/** Where the classes of a graph lie on a map, and which of them can reach each other; both in the order of its classes. */
export interface Placement {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** See {@link PageGraph.classes}. */
  readonly loop: readonly number[];
}

/** A lock graph in the columns of the page; `run` is the index of the run that it is of. */
export function packGraph({ classes, dependencies }: LockGraph, placement: Placement, run: number): PageGraph {
  const texts = new Texts();
  const index = new Map(classes.map((cls, at) => [cls.id, at]));
  const ends = (pick: (one: LockGraph['dependencies'][number]) => number): number[] =>
    dependencies.map((one) => index.get(pick(one)) ?? -1);
  return {
    run,
    classes: {
      name: classes.map((cls) => texts.at(cls.name)),
      waitOuter: classes.map((cls) => cls.waitOuter),
      waitInner: classes.map((cls) => cls.waitInner),
      usage: classes.map((cls) => texts.at(cls.usage)),
      acquisitions: classes.map((cls) => cls.acquisitions),
      x: placement.x.map(Math.round),
      y: placement.y.map(Math.round),
      loop: placement.loop,
    },
    dependencies: {
      from: ends((one) => one.from),
      to: ends((one) => one.to),
      kinds: dependencies.map((one) => texts.at(one.kinds.join(' '))),
      count: dependencies.map((one) => one.count),
      flags: dependencies.map(
        (one) => (one.direct ? DependencyFlag.Direct : 0) | (one.closesCycle ? DependencyFlag.Closes : 0),
      ),
      held: places(
        dependencies.map((one) => one.held),
        texts,
      ),
      taken: places(
        dependencies.map((one) => one.taken),
        texts,
      ),
    },
    texts: texts.all,
  };
}

function places(all: readonly Where[], texts: Texts): PlaceColumns {
  return {
    file: all.map((where) => texts.at(where.file)),
    line: all.map((where) => where.line ?? -1),
    function: all.map((where) => texts.at(where.function)),
    task: all.map((where) => texts.at(where.task)),
    cpu: all.map((where) => where.cpu ?? -1),
    // Microseconds: no reader needs more of when a dependency was first seen.
    time: all.map((where) => (where.time === undefined ? -1 : Math.round(where.time * 1e6) / 1e6)),
  };
}

/** Each text once. */
class Texts {
  readonly all: string[] = [''];
  readonly #indices = new Map<string, number>([['', 0]]);

  at(text = ''): number {
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    const index = this.all.push(text) - 1;
    this.#indices.set(text, index);
    return index;
  }
}
