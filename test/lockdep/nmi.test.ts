import { describe, expect, it } from 'vitest';
import type { Kind, Mode } from './kinds.js';
import { Trial } from './script.js';

/** What is a sleeping lock on PREEMPT_RT is none for an NMI, whoever else takes it. */
const SLEEPS = 'invalid-wait-context: A';

/**
 * verify_lock_unused(): whoever holds a lock may be interrupted by an NMI, so an NMI must not wait for a class that is taken
 * outside of NMIs; a reader waits for writers only.
 */
describe('a lock taken in an NMI', () => {
  const cells: { kind: Kind; outside: Mode; inside: Mode; trylock: boolean; verdict: string[] }[] = [
    { kind: 'raw_spinlock', outside: 'W', inside: 'W', trylock: false, verdict: ['inconsistent-lock-state: A'] },
    { kind: 'raw_spinlock', outside: 'W', inside: 'W', trylock: true, verdict: [] },
    { kind: 'rwlock', outside: 'W', inside: 'R', trylock: false, verdict: ['inconsistent-lock-state: A', SLEEPS] },
    { kind: 'rwlock', outside: 'R', inside: 'W', trylock: false, verdict: ['inconsistent-lock-state: A', SLEEPS] },
    { kind: 'rwlock', outside: 'R', inside: 'R', trylock: false, verdict: [SLEEPS] },
    { kind: 'rwlock', outside: 'R', inside: 'R', trylock: true, verdict: [] },
  ];

  it.each(cells)('$kind: $outside outside, $inside inside, trylock $trylock', (cell) => {
    const trial = new Trial();
    const a = trial.lock('A', cell.kind);
    trial.take(a, { mode: cell.outside }).release(a);
    trial.nmi(() => trial.take(a, { mode: cell.inside, trylock: cell.trylock }).release(a));
    expect(trial.verdict()).toEqual(cell.verdict);
  });

  it('and nowhere else is fine', () => {
    const trial = new Trial();
    const a = trial.lock('A', 'raw_spinlock');
    trial.nmi(() => trial.take(a).release(a)).nmi(() => trial.take(a).release(a));
    expect(trial.verdict()).toEqual([]);
  });
});
