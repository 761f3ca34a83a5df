import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainTable } from '../../src/lockdep/chain-table.js';
import { Dep, DependencyGraph, depKind, depKindNames } from '../../src/lockdep/dependency-graph.js';
import { StrongPathSearch } from '../../src/lockdep/strong-path.js';
import { TripleTable } from '../../src/lockdep/triple-table.js';
import { Usage } from '../../src/lockdep/usage.js';

const CLASSES = 6;
const SITE = { ip: 0, line: 0, comm: 0, pid: 0, cpu: 0, time: 0 };
const SITES = { held: SITE, taken: SITE };

interface Arc {
  from: number;
  to: number;
  kinds: number;
}

const arc: fc.Arbitrary<Arc> = fc
  .record({ from: fc.nat(CLASSES - 1), to: fc.nat(CLASSES - 1), kinds: fc.integer({ min: 1, max: 15 }) })
  .filter(({ from, to }) => from !== to);
const arcs = fc.uniqueArray(arc, { maxLength: 14, selector: ({ from, to }) => `${from} ${to}` });

function graphOf(list: readonly Arc[]): DependencyGraph {
  const graph = new DependencyGraph();
  graph.reserveClasses(CLASSES);
  for (const { from, to, kinds } of list) graph.add(from, to, kinds, true, SITES);
  return graph;
}

/** Length of the shortest strong walk from start to target, every walk tried up to a length that passes each state once. */
function walk(
  list: readonly Arc[],
  start: number,
  last: string,
  target: number,
  accept: (last: string) => boolean,
): number {
  let ends: { at: number; last: string }[] = [{ at: start, last }];
  for (let length = 0; length <= CLASSES * 2; length++) {
    if (ends.some((end) => end.at === target && accept(end.last))) return length;
    const next = new Map<string, { at: number; last: string }>();
    for (const end of ends) {
      for (const { from, to, kinds } of list) {
        if (from !== end.at) continue;
        for (const kind of depKindNames(kinds)) {
          if (!(end.last[1] === 'R' && kind[0] === 'S')) next.set(`${to} ${kind}`, { at: to, last: kind });
        }
      }
    }
    ends = [...next.values()];
  }
  return -1;
}

const turned = (list: readonly Arc[]): Arc[] =>
  list.map(({ from, to, kinds }) => ({
    from: to,
    to: from,
    // Seen from the other end, a shared first end is what a recursive second end is forwards.
    kinds: (kinds & (Dep.EN | Dep.SR)) | (kinds & Dep.ER ? Dep.SN : 0) | (kinds & Dep.SN ? Dep.ER : 0),
  }));

describe('StrongPathSearch', () => {
  const searches = fc.record({
    list: arcs,
    start: fc.nat(CLASSES - 1),
    target: fc.nat(CLASSES - 1),
    weakly: fc.boolean(),
    strongOnly: fc.boolean(),
  });

  it('forwards finds a shortest strong walk exactly when there is one', () => {
    fc.assert(
      fc.property(searches, ({ list, start, target, weakly, strongOnly }) => {
        const graph = graphOf(list);
        const search = new StrongPathSearch(graph);
        const found = search.forwards(start, weakly, CLASSES, (cls, weak) => cls === target && !(weak && strongOnly));
        const length = walk(list, start, weakly ? 'ER' : 'EN', target, (last) => !(strongOnly && last[1] === 'R'));
        expect(found).toBe(length >= 0);
        if (!found) return;
        const path = search.path();
        expect(path).toHaveLength(length);
        expect(search.foundClass).toBe(target);
        expect([start, ...path.map((edge) => graph.toOf(edge))].at(-1)).toBe(target);
        path.forEach((edge, i) => {
          expect(graph.fromOf(edge)).toBe(i === 0 ? start : graph.toOf(path[i - 1] ?? -1));
        });
      }),
      { numRuns: 3000, seed: 3 },
    );
  });

  it('backwards is forwards in the graph with all dependencies turned round', () => {
    fc.assert(
      fc.property(searches, ({ list, start, target, weakly, strongOnly }) => {
        const graph = graphOf(list);
        const search = new StrongPathSearch(graph);
        const found = search.backwards(start, weakly, CLASSES, (cls, weak) => cls === target && !(weak && strongOnly));
        const length = walk(
          turned(list),
          start,
          weakly ? 'ER' : 'EN',
          target,
          (last) => !(strongOnly && last[1] === 'R'),
        );
        expect(found).toBe(length >= 0);
        if (found) expect(search.path()).toHaveLength(length);
      }),
      { numRuns: 3000, seed: 4 },
    );
  });

  it('a class reached weakly first and strongly later is followed in both states', () => {
    // A -(ER)-> B, A -(EN)-> C -(EN)-> B, B -(SN)-> D: only the longer way to B leads on to D.
    const graph = graphOf([
      { from: 0, to: 1, kinds: Dep.ER },
      { from: 0, to: 2, kinds: Dep.EN },
      { from: 2, to: 1, kinds: Dep.EN },
      { from: 1, to: 3, kinds: Dep.SN },
    ]);
    const search = new StrongPathSearch(graph);
    expect(search.forwards(0, false, CLASSES, (cls) => cls === 3)).toBe(true);
    expect(search.path().map((edge) => graph.toOf(edge))).toEqual([2, 1, 3]);
  });

  it('classes that are left out are not walked through', () => {
    const graph = graphOf([
      { from: 0, to: 1, kinds: Dep.EN },
      { from: 1, to: 2, kinds: Dep.EN },
    ]);
    const search = new StrongPathSearch(graph);
    const leaveOut = (left: number) =>
      search.forwards(
        0,
        false,
        CLASSES,
        (cls) => cls === 2,
        (cls) => cls !== left,
      );
    expect([leaveOut(0), leaveOut(1), leaveOut(2), leaveOut(3)]).toEqual([false, false, false, true]);
    const backwards = (left: number) =>
      search.backwards(
        2,
        false,
        CLASSES,
        (cls) => cls === 0,
        (cls) => cls !== left,
      );
    expect([backwards(0), backwards(1), backwards(2), backwards(3)]).toEqual([false, false, false, true]);
  });
});

describe('DependencyGraph', () => {
  const reach = (list: readonly Arc[], from: number): Set<number> => {
    const seen = new Set([from]);
    const work = [from];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      for (const one of list) {
        if (one.from !== at || seen.has(one.to)) continue;
        seen.add(one.to);
        work.push(one.to);
      }
    }
    return seen;
  };

  it('mayReach never denies a path, and for an acyclic graph denies what its order forbids', () => {
    fc.assert(
      fc.property(arcs, fc.boolean(), (all, acyclic) => {
        const list = acyclic ? all.filter(({ from, to }) => (from * 5) % 7 < (to * 5) % 7) : all;
        const graph = new DependencyGraph();
        graph.reserveClasses(CLASSES);
        const added: Arc[] = [];
        for (const one of list) {
          added.push(one);
          graph.add(one.from, one.to, one.kinds, true, SITES);
          for (let from = 0; from < CLASSES; from++) {
            for (const to of reach(added, from)) expect(graph.mayReach(from, to)).toBe(true);
          }
          // The new dependency points upwards: its reverse is known to be impossible without a search.
          if (acyclic) expect(graph.mayReach(one.to, one.from)).toBe(false);
        }
      }),
      { numRuns: 1500, seed: 5 },
    );
  });

  it('keeps for each class the usages before and behind it on any path', () => {
    const marks = fc.array(fc.record({ cls: fc.nat(CLASSES - 1), bits: fc.integer({ min: 1, max: 255 }) }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(arcs, marks, fc.nat(20), (list, usages, early) => {
        const graph = new DependencyGraph();
        graph.reserveClasses(CLASSES);
        for (const { cls, bits } of usages.slice(0, early)) graph.noteUsage(cls, bits);
        for (const { from, to, kinds } of list) graph.add(from, to, kinds, true, SITES);
        for (const { cls, bits } of usages.slice(early)) graph.noteUsage(cls, bits);
        const of = (cls: number): number => usages.reduce((mask, one) => (one.cls === cls ? mask | one.bits : mask), 0);
        for (let cls = 0; cls < CLASSES; cls++) {
          const behind = [...reach(list, cls)].reduce((mask, other) => mask | of(other), 0);
          const before = [...reach(turned(list), cls)].reduce((mask, other) => mask | of(other), 0);
          expect(graph.enabledBehind(cls)).toBe(behind & Usage.Enabled);
          expect(graph.usedInBefore(cls)).toBe(before & Usage.UsedIn);
        }
      }),
      { numRuns: 1000, seed: 6 },
    );
  });

  it('a withdrawn dependency is gone until it is seen again', () => {
    const graph = graphOf([{ from: 0, to: 1, kinds: Dep.EN }]);
    const edge = graph.find(0, 1);
    graph.remove(edge);
    graph.remove(edge);
    expect([graph.find(0, 1), graph.count, graph.kindsOf(edge), graph.isDirect(edge)]).toEqual([-1, 0, 0, false]);
    expect(graph.add(0, 1, Dep.SR, false, SITES)).toBe(edge);
    expect([graph.count, graph.kindsOf(edge), graph.isDirect(edge), graph.edgeLimit]).toEqual([1, Dep.SR, false, 1]);
    graph.strengthen(edge, Dep.EN, true);
    expect([graph.kindsOf(edge), graph.isDirect(edge)]).toEqual([Dep.SR | Dep.EN, true]);
    graph.removeClass(1);
    expect(graph.count).toBe(0);
  });

  it('names the kinds by how the ends were taken', () => {
    const kinds = [0, 1, 2].flatMap((prev) => [0, 1, 2].map((next) => depKindNames(depKind(prev, next)).join()));
    expect(kinds).toEqual(['EN', 'EN', 'ER', 'SN', 'SN', 'SR', 'SN', 'SN', 'SR']);
  });
});

describe('TripleTable and ChainTable', () => {
  const int = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));

  it('TripleTable is a Map of triples', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(int, int, int), { maxLength: 2000, size: 'max' }), (triples) => {
        const table = new TripleTable();
        const map = new Map<string, number>();
        for (const [a, b, c] of triples) {
          const key = `${a} ${b} ${c}`;
          expect(table.find(a, b, c)).toBe(map.get(key) ?? -1);
          if (!map.has(key)) map.set(key, map.size);
          const id = table.intern(a, b, c);
          expect(id).toBe(map.get(key));
          expect([table.first(id), table.second(id)]).toEqual([a, b]);
        }
        expect(table.size).toBe(map.size);
      }),
      { numRuns: 30, seed: 8 },
    );
  });

  it('two chains are the same exactly when their steps are', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(4), { maxLength: 6 }), { maxLength: 400, size: 'max' }), (chains) => {
        const table = new ChainTable();
        const ids = new Map<string, number>();
        const hits = new Map<string, number>();
        for (const steps of chains) {
          let chain = ChainTable.Empty;
          let key = '';
          for (const step of steps) {
            const parent = chain;
            chain = table.extend(chain, step);
            key += ` ${step}`;
            hits.set(key, (hits.get(key) ?? 0) + 1);
            expect([table.parentOf(chain), table.stepOf(chain)]).toEqual([parent, step]);
            expect(ids.get(key) ?? chain).toBe(chain);
            ids.set(key, chain);
          }
        }
        expect(new Set(ids.values()).size).toBe(ids.size);
        expect(table.size).toBe(ids.size);
        for (const [key, id] of ids) expect(table.hits(id)).toBe(hits.get(key));
      }),
      { numRuns: 60, seed: 9 },
    );
  });

  it('validations are remembered until they are forgotten', () => {
    const table = new ChainTable();
    const [a, b] = [table.extend(0, 1), table.extend(0, 2)];
    table.setValidated(a);
    expect([table.isNew(a), table.isNew(b), table.count]).toEqual([false, true, 1]);
    table.forgetValidations();
    expect([table.isNew(a), table.isNew(b), table.count]).toEqual([true, true, 1]);
    table.setValidated(a);
    expect([table.isNew(a), table.count]).toEqual([false, 1]);
  });
});
