import { describe, expect, it } from 'vitest';
import { diffOf, lockGraphOf } from '../../src/graph/index.js';
import { readGraph } from '../../src/graph/read.js';
import { WaitKind } from '../../src/model/events.js';
import type { LockGraph } from '../../src/model/lock-graph.js';
import { nested, recordingOf } from '../judge/recording.js';
import { Trial } from '../lockdep/script.js';

/** `from -> to kinds xCOUNT`, with what is special about a dependency. */
function edgesOf({ classes, dependencies }: LockGraph): string[] {
  return dependencies.map(({ from, to, kinds, count, direct, closesCycle }) => {
    const marks = `${direct ? '' : ' indirect'}${closesCycle ? ' cycle' : ''}`;
    return `${classes[from]?.name} -> ${classes[to]?.name} ${kinds.join('+')} x${count}${marks}`;
  });
}

function graphOf(trial: Trial): LockGraph {
  trial.end();
  return lockGraphOf(trial.validator);
}

describe('lockGraphOf', () => {
  it('counts how often a dependency occurred, over all chains that it is part of', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('a', 'spinlock'), trial.lock('b', 'spinlock'), trial.lock('c', 'raw_spinlock')];
    trial.nested(a, b).nested(a, b, c).nested(b, c).nested(c);
    expect(edgesOf(graphOf(trial))).toEqual(['a -> b EN x2', 'b -> c EN x2']);
  });

  it('tells a dependency over a trylock from a direct one, until it is one', () => {
    const trial = new Trial();
    const [a, b, c] = [trial.lock('a', 'spinlock'), trial.lock('b', 'spinlock'), trial.lock('c', 'spinlock')];
    trial.nested(a, [b, { trylock: true }], c);
    expect(edgesOf(graphOf(trial))).toEqual(['b -> c EN x1', 'a -> c EN x1 indirect']);
    trial.nested(a, c);
    expect(edgesOf(graphOf(trial))).toContain('a -> c EN x2');
  });

  it('knows kinds, keys with subclasses, wait types and usage', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('a', 'rwlock'), trial.lock('b/x', 'raw_spinlock')];
    trial.nested([a, { mode: 'r' }], [b, { subclass: 2 }]).hardirq(() => trial.nested(b));
    const graph = graphOf(trial);
    expect(edgesOf(graph)).toEqual(['a -> b/x/2 SN x1']);
    const [, nestedClass, own] = graph.classes;
    expect(nestedClass).toMatchObject({ name: 'b/x/2', subclass: 2, waitOuter: 2, waitInner: 2, usage: '+.+.' });
    expect(own).toMatchObject({ name: 'b/x', subclass: 0, usage: '-...', acquisitions: 1 });
    expect(BigInt(`0x${nestedClass?.key}`) - BigInt(`0x${own?.key}`)).toBe(2n);
  });

  it('shows what closes a cycle, which the validator itself keeps out', () => {
    const trial = new Trial();
    const [a, b] = [trial.lock('a', 'mutex'), trial.lock('b', 'mutex')];
    trial.nested(a, b).nested(b, a);
    const graph = graphOf(trial);
    expect(edgesOf(graph)).toEqual(['a -> b EN x1', 'b -> a EN x1 cycle']);
    expect(graph.dependencies[1]?.taken).toMatchObject({ function: 'a_user+0x10/0x40', file: 'trial.txt' });
  });

  it('shows what closes a cycle of locks and waits', () => {
    const trial = new Trial();
    const m = trial.lock('m', 'mutex');
    const [done, ip] = [trial.names.intern('done'), trial.names.intern('f+0x1')];
    const event = { hi: 1, lo: 2 };
    const wait = (begin: () => void): void => {
      begin();
      trial.h.time += 1000;
    };
    // Task 1 waits for the completion under the mutex; task 2 takes the mutex before it completes.
    trial.as(1).take(m);
    wait(() => trial.sink.waitBegin(trial.h, event.hi, event.lo, done, WaitKind.Completion, ip));
    trial.as(2, 1).take(m);
    wait(() => trial.sink.wakeUp(trial.h, event.hi, event.lo, done, WaitKind.Completion, ip));
    const cycles = graphOf(trial).dependencies.filter(({ closesCycle }) => closesCycle);
    expect(cycles.map(({ kinds }) => kinds)).toEqual([['EN']]);
  });

  it('counts reach as lockdep does: along strong paths, the class itself included', () => {
    const trial = new Trial();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => trial.lock(name, 'rwlock')) as [
      ReturnType<Trial['lock']>,
      ReturnType<Trial['lock']>,
      ReturnType<Trial['lock']>,
      ReturnType<Trial['lock']>,
    ];
    // A recursive reader behind a: the way on to c begins with a reader, so it is not strong.
    trial
      .nested(a, [b, { mode: 'R' }])
      .nested([b, { mode: 'r' }], c)
      .nested(c, d);
    const reach = Object.fromEntries(graphOf(trial).classes.map(({ name, reach }) => [name, reach]));
    expect(reach).toEqual({
      a: { forward: 2, backward: 1 },
      b: { forward: 3, backward: 2 },
      c: { forward: 2, backward: 2 },
      d: { forward: 1, backward: 3 },
    });
  });
});

describe('readGraph', () => {
  const open = (sources: Record<string, ReturnType<typeof recordingOf>>) => async (path: string) =>
    sources[path] ?? recordingOf(path, []);

  it('makes one graph of several recordings, classes matched by name', async () => {
    const sources = {
      one: recordingOf('one', nested(1, 'A', 'B')),
      two: recordingOf('two', [...nested(1, 'A', 'B'), ...nested(1, 'B', 'C')], { base: 0x9000, otherNames: ['x'] }),
    };
    const { graph, notes } = await readGraph(['one', 'two'], open(sources));
    expect(edgesOf(graph)).toEqual(['A -> B EN x2', 'B -> C EN x1']);
    expect(graph.dependencies[1]?.taken).toMatchObject({ file: 'two', line: 6 });
    expect(notes).toEqual(['one: 4 steps', 'two: 8 steps']);
  });

  it('has no use for a kernel log', async () => {
    const log = { kind: 'dmesg', path: 'log', read: async () => ({ findings: [], notes: [] }) } as const;
    await expect(readGraph(['log'], async () => log)).rejects.toThrow(/^log: is a kernel log/);
  });
});

describe('diffOf', () => {
  it('matches classes by name and kind, not by key or order', () => {
    const made = (steps: readonly (readonly string[])[], kind: 'mutex' | 'spinlock'): LockGraph => {
      const trial = new Trial();
      for (const filler of steps.length > 1 ? ['x'] : []) trial.nested(trial.lock(filler, 'mutex'));
      const locks = new Map<string, ReturnType<Trial['lock']>>();
      const lock = (name: string) => {
        const known = locks.get(name) ?? trial.lock(name, name === 'k' ? kind : 'mutex');
        locks.set(name, known);
        return known;
      };
      for (const names of steps) trial.nested(...names.map(lock));
      return graphOf(trial);
    };
    const before = made(
      [
        ['a', 'b'],
        ['a', 'c'],
        ['a', 'k'],
      ],
      'mutex',
    );
    const now = made(
      [
        ['a', 'b'],
        ['b', 'd'],
        ['a', 'k'],
      ],
      'spinlock',
    );
    const { added, vanished, kept } = diffOf(now, before);
    const names = ({ from, to, unknownEnds }: (typeof added)[number]) => [from.name, to.name, ...unknownEnds];
    expect(kept).toBe(1);
    expect(added.map(names)).toEqual([
      ['b', 'd', 'to'],
      ['a', 'k', 'to'],
    ]);
    expect(vanished.map(names)).toEqual([
      ['a', 'c', 'to'],
      ['a', 'k', 'to'],
    ]);
    expect(diffOf(now, now)).toEqual({ added: [], vanished: [], kept: 3 });
  });
});
