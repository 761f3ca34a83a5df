import { describe, expect, it } from 'vitest';
import type { LockGraph } from '../../src/model/lock-graph.js';
import { graphsOfSources } from '../../src/static/check.js';
import { testOptions } from './want.js';

const SOURCE = 'fixtures/c-graph/order.c';

async function graphOf(path: string): Promise<LockGraph> {
  const { graph } = await graphsOfSources([path], testOptions());
  if (graph === undefined) throw new Error('no graph of C sources');
  return graph;
}

function edges({ classes, dependencies }: LockGraph): string[] {
  const nameOf = new Map(classes.map(({ id, name }) => [id, name]));
  return dependencies.map(({ from, to, kinds }) => `${nameOf.get(from)} ${nameOf.get(to)} ${kinds.join('+')}`).sort();
}

describe('the lock graph of sources', () => {
  it('has what lockdep would keep: nearest locks, and those behind a lock that did not wait', async () => {
    const graph = await graphOf(SOURCE);
    expect(edges(graph)).toEqual(['middle inner EN', 'outer inner EN', 'outer middle EN']);
    const through = graph.dependencies.find(({ taken }) => taken.line === 9 && taken.function === 'take_inner');
    expect(through?.taken.file).toBe(SOURCE);
  });

  it('has classes that nothing depends on, with their wait types, uses and reach', async () => {
    const { classes } = await graphOf(SOURCE);
    const facts = classes.map(({ name, waitInner, usage, acquisitions, reach }) => {
      return [name, waitInner, usage, acquisitions, reach.forward, reach.backward];
    });
    expect(facts.sort()).toEqual([
      ['inner', 2, '+.+.', 1, 1, 3],
      ['middle', 2, '+.+.', 2, 2, 2],
      ['never', 3, '+.+.', 1, 1, 1],
      ['outer', 2, '+.+.', 2, 3, 1],
    ]);
  });
});
