import { describe, expect, it } from 'vitest';
import { WaitType } from '../../src/model/wait-type.js';
import { ALL_KINDS, CONTEXTS, type Context, type Kind } from './kinds.js';
import { waitViolation } from './oracle.js';
import { Trial } from './script.js';

const HELD = [undefined, ...ALL_KINDS] as const;

interface Cell {
  held: Kind | undefined;
  taken: Kind;
  context: Context;
  trylock: boolean;
}

const cells: Cell[] = HELD.flatMap((held) =>
  ALL_KINDS.flatMap((taken) =>
    CONTEXTS.flatMap((context) => [false, true].map((trylock) => ({ held, taken, context, trylock }))),
  ),
);

describe('wait context: held kind x taken kind x context x trylock', () => {
  it.each(cells)('$taken (trylock $trylock) under $held in $context', ({ held, taken, context, trylock }) => {
    const trial = new Trial();
    const outer = held === undefined ? undefined : trial.lock('outer', held);
    const inner = trial.lock('inner', taken);
    trial.within(context, () => {
      if (outer !== undefined) trial.take(outer, { trylock: true });
      trial.take(inner, { trylock }).release(inner);
      if (outer !== undefined) trial.release(outer);
    });
    const locks = waitViolation(outer === undefined ? [] : [outer], inner, context, trylock);
    expect(trial.verdict()).toEqual(locks === undefined ? [] : [`invalid-wait-context: ${locks.join(', ')}`]);
  });
});

describe('wait context of deep stacks', () => {
  const kinds: Kind[] = ['raw_spinlock', 'spinlock', 'mutex', 'seqcount', 'rcu_read_lock'];
  const triples = kinds.flatMap((a) => kinds.flatMap((b) => kinds.map((c) => ({ a, b, c }))));
  it.each(triples)('$c under $b under $a: every lock that forbids it is named', ({ a, b, c }) => {
    const trial = new Trial();
    const [x, y, z] = [trial.lock('x', a), trial.lock('y', b), trial.lock('z', c)];
    // Only the innermost is a blocking acquisition, so only it is judged.
    trial.nested([x, { trylock: true }], [y, { trylock: true }], z);
    const locks = waitViolation([x, y], z, 'task', false);
    expect(trial.verdict()).toEqual(locks === undefined ? [] : [`invalid-wait-context: ${locks.join(', ')}`]);
  });

  it('a lock without an inner type is not checked, whatever its outer one', () => {
    const trial = new Trial();
    trial.nested(trial.lock('raw', 'raw_spinlock'), [
      trial.lock('odd', 'work'),
      { wait: [WaitType.Sleep, WaitType.Unchecked] },
    ]);
    expect(trial.verdict()).toEqual([]);
  });

  it('an interrupt is not blamed on what it interrupted', () => {
    const trial = new Trial();
    const [raw, mutex] = [trial.lock('raw', 'raw_spinlock'), trial.lock('mutex', 'mutex')];
    trial
      .take(raw)
      .hardirq(() => trial.nested(mutex))
      .release(raw);
    expect(trial.verdict()).toEqual(['invalid-wait-context: mutex']);
  });

  it('what the interrupted code holds does not forbid anything to the interrupt', () => {
    const trial = new Trial();
    const raw = trial.lock('raw', 'raw_spinlock');
    const [soft, hard] = [trial.lock('soft', 'spinlock'), trial.lock('hard', 'spinlock')];
    trial.take(raw).softirq(() => trial.nested(soft));
    trial.hardirq(() => trial.nested(hard)).release(raw);
    expect(trial.verdict()).toEqual([]);
  });
});
