import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { depKindNames, Validator } from '../../src/lockdep/index.js';
import { TeeSink } from '../../src/model/tee.js';
import type { Kind } from './kinds.js';
import { makeLocks, play, type Step, step } from './random-script.js';
import { Reference } from './reference.js';
import { type Columns, Script, verdictOf } from './script.js';

const KIND_SETS: readonly (readonly Kind[])[] = [
  ['spinlock', 'spinlock', 'spinlock', 'spinlock'],
  ['rwlock', 'rwlock', 'rwlock', 'rwlock', 'rwlock'],
  ['raw_spinlock', 'spinlock', 'rwlock', 'local_lock', 'mutex', 'rwsem'],
  ['rwlock', 'rwlock', 'rwsem', 'local_lock', 'seqcount', 'work'],
  ['spinlock', 'rwlock', 'rwlock', 'rcu_read_lock', 'rwsem', 'rcu_read_lock_sched'],
];

interface Outcome {
  validator: Validator;
  reference: Reference;
}

function run(kinds: readonly Kind[], steps: readonly Step[], columns: Columns): Outcome {
  const made: Outcome[] = [];
  const script = new Script((names) => {
    // Only simulations know waits, and only they have no second judge.
    const validator = new Validator({ names, file: 'x', simulated: !kinds.includes('rcu_read_lock') });
    const reference = new Reference(names);
    made.push({ validator, reference });
    return new TeeSink(validator, reference);
  }, columns);
  play(script, makeLocks(script, kinds), steps);
  script.end();
  const [outcome] = made;
  if (outcome === undefined) throw new Error('nothing ran');
  return outcome;
}

function dependencies({ state }: Validator): string[] {
  const { graph, classes } = state;
  const lines: string[] = [];
  for (let edge = 0; edge < graph.edgeLimit; edge++) {
    if (graph.kindsOf(edge) === 0) continue;
    const ends = `${classes.displayName(graph.fromOf(edge))} ${classes.displayName(graph.toOf(edge))}`;
    lines.push(`${ends} ${depKindNames(graph.kindsOf(edge)).sort().join()} ${graph.isDirect(edge)}`);
  }
  return lines.sort();
}

function usages({ state }: Validator, mask: (cls: number) => number): string[] {
  const lines: string[] = [];
  for (let cls = 0; cls < state.classes.size; cls++) {
    for (let bit = 0; bit < 8; bit++) {
      if (!(mask(cls) & (1 << bit))) continue;
      const words = [bit & 4 ? 'soft' : 'hard', bit & 2 ? 1 : 0, bit & 1 ? 'R' : 'W'];
      lines.push(`${state.classes.displayName(cls)} ${words.join(' ')}`);
    }
  }
  return lines.sort();
}

function compare({ validator, reference }: Outcome): void {
  const found = verdictOf(validator.findings());
  expect(found.filter((text) => !reference.possible.has(text))).toEqual([]);
  expect(reference.required.filter(({ options }) => !found.some((text) => options.has(text)))).toEqual([]);
  expect(dependencies(validator)).toEqual(
    [...reference.edges.values()].map((e) => `${e.from} ${e.to} ${[...e.kinds].sort().join()} ${e.direct}`).sort(),
  );
  expect(usages(validator, (cls) => validator.state.classes.usage(cls))).toEqual([...reference.usage].sort());
  expect(usages(validator, (cls) => validator.state.classes.observedUsage(cls))).toEqual(
    [...reference.observed].sort(),
  );
}

const steps = fc.array(step, { minLength: 5, maxLength: 90, size: 'max' });

describe('the validator against a slow and obvious one', () => {
  it.each(KIND_SETS.map((kinds) => ({ kinds })))('random scripts over $kinds', ({ kinds }) => {
    const columns: Columns = kinds.includes('rcu_read_lock') ? { lockdep: false } : {};
    fc.assert(
      fc.property(steps, (script) => compare(run(kinds, script, columns))),
      { numRuns: 400, seed: 7 },
    );
  });
});
