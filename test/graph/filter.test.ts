import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  around,
  aroundRaw,
  findClass,
  matching,
  nameMatcher,
  pathPart,
  shortestPath,
  stronglyConnected,
} from '../../src/graph/index.js';
import type { LockGraph } from '../../src/model/lock-graph.js';
import { sampleClass, sampleDependency, sampleGraph, shape } from './sample.js';

const graphs = fc.integer({ min: 1, max: 9 }).chain((size) => {
  const id = fc.integer({ min: 0, max: size - 1 });
  const edges = fc.uniqueArray(fc.tuple(id, id), { maxLength: 24, selector: ([from, to]) => from * 16 + to });
  return fc.tuple(edges, id, id).map(([list, a, b]) => ({ graph: sampleGraph(size, list), a, b }));
});

/** Fewest steps between all pairs, by relaxing every edge until nothing changes; infinity where there is no way. */
function distances({ classes, dependencies }: LockGraph): number[][] {
  const table = classes.map((_, a) => classes.map((_, b) => (a === b ? 0 : Number.POSITIVE_INFINITY)));
  for (const _ of classes) {
    for (const row of table) {
      for (const { from, to } of dependencies) row[to] = Math.min(row[to] ?? 0, (row[from] ?? 0) + 1);
    }
  }
  return table;
}

const at = (graph: LockGraph, id: number) => graph.classes[id] ?? sampleClass(id);

describe('shortestPath', () => {
  it('is as short as any way there is, and a way', () => {
    fc.assert(
      fc.property(graphs, ({ graph, a, b }) => {
        const { steps } = shortestPath(graph, at(graph, a), at(graph, b));
        const far = distances(graph);
        const around = graph.dependencies.filter(({ from }) => from === a).map(({ to }) => 1 + (far[to]?.[a] ?? 0));
        expect(steps?.length ?? Number.POSITIVE_INFINITY).toBe(a === b ? Math.min(...around) : far[a]?.[b]);
        let here = a;
        for (const step of steps ?? []) {
          expect(step.from).toBe(here);
          expect(graph.dependencies).toContain(step);
          here = step.to;
        }
        if (steps) expect(here).toBe(b);
      }),
      { numRuns: 200 },
    );
  });

  it('finds its way through a chain longer than the call stack is deep', () => {
    const length = 20_000;
    const graph = sampleGraph(
      length,
      Array.from({ length: length - 1 }, (_, i) => [i, i + 1] as const),
    );
    expect(shortestPath(graph, at(graph, 0), at(graph, length - 1)).steps).toHaveLength(length - 1);
    expect(stronglyConnected(graph).classes).toEqual([]);
  });

  it('leaves its own classes and dependencies as a part', () => {
    const graph = sampleGraph(5, [
      [0, 1],
      [1, 2],
      [0, 3],
      [3, 4],
    ]);
    expect(shape(pathPart(graph, shortestPath(graph, at(graph, 0), at(graph, 2))))).toEqual({
      classes: [0, 1, 2],
      edges: ['0>1', '1>2'],
    });
    expect(shape(pathPart(graph, shortestPath(graph, at(graph, 2), at(graph, 0))))).toEqual({
      classes: [0, 2],
      edges: [],
    });
  });
});

describe('stronglyConnected', () => {
  it('keeps two classes together exactly when each can be reached from the other', () => {
    fc.assert(
      fc.property(graphs, ({ graph }) => {
        const far = distances(graph);
        const mutual = (a: number, b: number) => Number.isFinite(far[a]?.[b]) && Number.isFinite(far[b]?.[a]);
        const part = shape(stronglyConnected(graph));
        const ids = graph.classes.map(({ id }) => id);
        expect(part.classes).toEqual(ids.filter((a) => ids.some((b) => a !== b && mutual(a, b))));
        const inside = graph.dependencies.filter(({ from, to }) => part.classes.includes(from) && mutual(from, to));
        expect(part.edges).toEqual(inside.map(({ from, to }) => `${from}>${to}`));
      }),
      { numRuns: 200 },
    );
  });
});

describe('around', () => {
  it('keeps what lies at most so many dependencies before or behind', () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 0, max: 4 }), ({ graph, a }, depth) => {
        const far = distances(graph);
        const near = (b: number) => Math.min(far[a]?.[b] ?? 0, far[b]?.[a] ?? 0) <= depth;
        expect(shape(around(graph, at(graph, a), depth)).classes).toEqual(
          graph.classes.map(({ id }) => id).filter(near),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('is empty where another filter has taken the class away', () => {
    expect(shape(around(sampleGraph(2, [[0, 1]]), sampleClass(7), 3))).toEqual({ classes: [], edges: [] });
  });
});

describe('aroundRaw', () => {
  it('keeps dependencies with a raw lock at an end; rcu_read_lock_sched is none', () => {
    const raw = { waitOuter: 2, waitInner: 2 };
    const graph: LockGraph = {
      classes: [
        sampleClass(0, raw),
        sampleClass(1),
        sampleClass(2),
        sampleClass(3, { waitOuter: 1, waitInner: 2 }),
        sampleClass(4, raw),
      ],
      dependencies: [sampleDependency(1, 0), sampleDependency(1, 2), sampleDependency(3, 2)],
    };
    expect(shape(aroundRaw(graph))).toEqual({ classes: [0, 1], edges: ['1>0'] });
  });
});

describe('nameMatcher', () => {
  it.each([
    ['zone', '&zone->lock', true],
    ['zone', '&pcp->lock', false],
    ['*zone*', '&zone->lock', true],
    ['zone*', '&zone->lock', false],
    ['&p?p->lock', '&pcp->lock', true],
    ['&p?p', '&pcp->lock', false],
    ['*[i]*', 'group[i]->sem', true],
    ['(work_completion)(*)', '(work_completion)(&w)', true],
    ['/^rcu|lock$/', 'rcu_node_0', true],
    ['/^rcu|lock$/', 'a_lock', true],
    ['/^rcu|lock$/', 'lock_a', false],
    ['/', 'a/b', true],
  ])('%s on %s: %s', (pattern, name, matches) => {
    expect(nameMatcher(pattern)(name)).toBe(matches);
  });

  it('throws for a wrong regular expression', () => {
    expect(() => nameMatcher('/(/')).toThrow(SyntaxError);
  });

  it('keeps classes and the dependencies among them', () => {
    const graph = sampleGraph(4, [
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(shape(matching(graph, (name) => name !== 'lock1'))).toEqual({ classes: [0, 2, 3], edges: ['2>3'] });
  });
});

describe('findClass', () => {
  it('takes a name as shown, a name without its number, or a key', () => {
    const graph: LockGraph = {
      classes: [
        sampleClass(0, { name: 'a#2', stableName: 'a' }),
        sampleClass(1, { name: 'a' }),
        sampleClass(2, { name: 'b#3', stableName: 'b' }),
      ],
      dependencies: [],
    };
    expect(['a', 'a#2', 'b', '0xffffffff82000010', 'c'].map((text) => findClass(graph, text)?.id)).toEqual([
      1,
      0,
      2,
      1,
      undefined,
    ]);
  });
});
