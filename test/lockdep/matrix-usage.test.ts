import { describe, expect, it } from 'vitest';
import { MODES, type Mode } from './kinds.js';
import { blocks, canInterrupt } from './oracle.js';
import { type Lock, Trial } from './script.js';

const IRQS = ['hard', 'soft'] as const;
type Irq = (typeof IRQS)[number];
/** Readers in interrupts recurse (read_lock_is_recursive()). */
const IRQ_MODES: readonly Mode[] = ['W', 'R'];
const GUARDS = ['none', 'irqs off', 'bh off', 'switched on while held'] as const;
type Guard = (typeof GUARDS)[number];

function inInterrupt(trial: Trial, irq: Irq, body: () => void): void {
  if (irq === 'hard') trial.hardirq(body);
  else trial.softirq(body);
}

/** Holds the lock in task context under a guard against interrupts. */
function guarded(trial: Trial, guard: Guard, body: () => void): void {
  if (guard === 'irqs off') {
    trial.irqsOff();
    body();
    trial.irqsOn();
  } else if (guard === 'bh off') {
    trial.bhOff();
    body();
    trial.bhOn();
  } else {
    body();
  }
}

/** Whether the interrupt can come while a lock is held under the guard. */
function comes(irq: Irq, guard: Guard): boolean {
  return canInterrupt(irq, { hard: guard !== 'irqs off', soft: guard !== 'bh off' });
}

describe('one lock, in an interrupt and outside', () => {
  const cells = IRQS.flatMap((irq) =>
    MODES.flatMap((held) =>
      IRQ_MODES.flatMap((taken) =>
        GUARDS.flatMap((guard) =>
          ['irq first', 'task first'].flatMap((order) =>
            [undefined, 'irq', 'task'].map((trylock) => ({ irq, held, taken, guard, order, trylock })),
          ),
        ),
      ),
    ),
  );
  it.each(cells)('$irq irq takes $taken, held $held, guard $guard, $order, trylock $trylock', (cell) => {
    const { irq, held, taken, guard, order, trylock } = cell;
    const trial = new Trial();
    const a = trial.lock('A', 'rwlock');
    const parts = [
      () => inInterrupt(trial, irq, () => trial.nested([a, { mode: taken, trylock: trylock === 'irq' }])),
      () => {
        if (guard === 'switched on while held') {
          trial
            .irqsOff()
            .take(a, { mode: held, trylock: trylock === 'task' })
            .irqsOn()
            .release(a);
        } else {
          guarded(trial, guard, () => trial.nested([a, { mode: held, trylock: trylock === 'task' }]));
        }
      },
    ];
    for (const part of order === 'irq first' ? parts : parts.reverse()) part();
    // Who only tries in the interrupt does not wait; how the holder got it does not matter.
    const deadlock = comes(irq, guard) && blocks(held, taken) && trylock !== 'irq';
    expect(trial.verdict()).toEqual(deadlock ? ['inconsistent-lock-state: A'] : []);
  });

  it.each([
    ['bottom halves on while held', true],
    ['bottom halves on, interrupts still off', false],
  ])('softirq lock, %s', (_, reported) => {
    const trial = new Trial();
    const a = trial.lock('A', 'spinlock');
    trial.softirq(() => trial.nested(a));
    if (!reported) trial.irqsOff();
    trial.bhOff().take(a).bhOn().release(a);
    if (!reported) trial.irqsOn();
    // With interrupts off the softirq must wait, until they are switched on: then the lock is gone.
    expect(trial.verdict()).toEqual(reported ? ['inconsistent-lock-state: A'] : []);
  });

  it('bottom halves switched on with interrupts on count at once', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'spinlock');
    trial
      .softirq(() => trial.nested(a))
      .bhOff()
      .take(a);
    trial.sink.softirqsOn(trial.h, 0);
    trial.release(a);
    expect(trial.verdict()).toEqual(['inconsistent-lock-state: A']);
  });

  it('under a nest lock an interrupt takes a lock of its own, not a reference to the one of the interrupted task', () => {
    const trial = new Trial();
    const [n, a] = [trial.lock('N', 'raw_spinlock'), trial.lock('A', 'raw_spinlock')];
    const other = trial.sibling(a);
    trial
      .take(n)
      .take(a)
      .hardirq(() => trial.take(other, { nest: n }).release(other))
      .release(a)
      .release(n);
    expect(trial.verdict()).toEqual(['inconsistent-lock-state: A']);
  });

  it('a softirq takes what a hard interrupt takes, with interrupts on', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'spinlock');
    trial.softirq(() => trial.nested(a)).hardirq(() => trial.nested(a));
    expect(trial.verdict()).toEqual(['inconsistent-lock-state: A']);
  });
});

describe('two locks: one taken in the interrupt, one held with it enabled, the first before the second', () => {
  const ORDERS = ['012', '021', '102', '120', '201', '210'] as const;
  const cells = IRQS.flatMap((irq) =>
    IRQ_MODES.flatMap((inIrq) =>
      MODES.flatMap((safe) =>
        MODES.flatMap((wanted) =>
          MODES.flatMap((unsafe) => ORDERS.map((order) => ({ irq, inIrq, safe, wanted, unsafe, order }))),
        ),
      ),
    ),
  );

  /** The three facts that make the scenario. */
  function facts(trial: Trial, s: Lock, u: Lock, cell: (typeof cells)[number]): (() => void)[] {
    const { irq, inIrq, safe, wanted, unsafe } = cell;
    return [
      () => inInterrupt(trial, irq, () => trial.nested([s, { mode: inIrq }])),
      () =>
        guarded(trial, irq === 'hard' ? 'irqs off' : 'bh off', () =>
          trial.nested([s, { mode: safe }], [u, { mode: wanted }]),
        ),
      () => trial.nested([u, { mode: unsafe }]),
    ];
  }

  it.each(cells)('$irq irq takes S($inIrq), S($safe) then U($wanted), U($unsafe) open, order $order', (cell) => {
    const trial = new Trial();
    const [s, u] = [trial.lock('S', 'rwlock'), trial.lock('U', 'rwlock')];
    const todo = facts(trial, s, u, cell);
    for (const digit of cell.order) todo[Number(digit)]?.();
    // CPU 0 holds U and is interrupted by one who wants S; CPU 1 holds S and wants U.
    const deadlock = blocks(cell.safe, cell.inIrq) && blocks(cell.unsafe, cell.wanted);
    expect(trial.verdict()).toEqual(deadlock ? ['irq-lock-inversion: S, U'] : []);
  });

  const broken = ['S never in irq', 'U never open', 'no dependency', 'S only tried in irq', 'U only tried', 'U local'];
  const brokenCells = IRQS.flatMap((irq) => broken.flatMap((what) => ORDERS.map((order) => ({ irq, what, order }))));
  it.each(brokenCells)('$irq: $what, order $order: nothing', ({ irq, what, order }) => {
    const trial = new Trial();
    const s = trial.lock('S', 'spinlock');
    const u = trial.lock('U', what === 'U local' ? 'local_lock' : 'spinlock');
    const guard = irq === 'hard' ? 'irqs off' : 'bh off';
    const todo = [
      () => {
        if (what !== 'S never in irq') {
          inInterrupt(trial, irq, () => trial.nested([s, { trylock: what === 'S only tried in irq' }]));
        }
      },
      () =>
        guarded(trial, guard, () => {
          if (what === 'no dependency') trial.nested(s).nested(u);
          else trial.nested(s, [u, { trylock: what === 'U only tried' }]);
        }),
      () => {
        if (what === 'U never open') guarded(trial, guard, () => trial.nested(u));
        else trial.nested(u);
      },
    ];
    for (const digit of order) todo[Number(digit)]?.();
    expect(trial.verdict()).toEqual([]);
  });

  it.each(IRQS)('%s: the path may be long, and the locks of the finding are those of the path', (irq) => {
    const trial = new Trial();
    const [s, a, b, u] = ['S', 'A', 'B', 'U'].map((name) => trial.lock(name, 'spinlock')) as [Lock, Lock, Lock, Lock];
    const guard = irq === 'hard' ? 'irqs off' : 'bh off';
    inInterrupt(trial, irq, () => trial.nested(s));
    trial.nested(u);
    guarded(trial, guard, () => trial.nested(s, a).nested(b, u).nested(a, b));
    expect(trial.verdict()).toEqual(['irq-lock-inversion: S, A, B, U']);
  });
});
