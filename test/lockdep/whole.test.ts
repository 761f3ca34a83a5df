import { describe, expect, it } from 'vitest';
import { edges, Trial } from './script.js';

/** Simulated kernels lose no event: what would be a lost release in a recording is what the code does. */
const whole = () => new Trial({}, { whole: true });

describe('where no event is missing', () => {
  it('a lock that is taken twice is held twice', () => {
    const trial = whole();
    const a = trial.lock('A', 'local_lock');
    trial.take(a).take(a).release(a).release(a);
    expect(trial.verdict()).toEqual(['recursive-lock: A']);
  });

  it('each function that takes it twice is told of', () => {
    const trial = whole();
    const a = trial.lock('A', 'local_lock');
    for (const by of ['one', 'other']) trial.take(a).take(a, { by }).release(a).release(a);
    expect(trial.verdict()).toEqual(['recursive-lock: A', 'recursive-lock: A']);
  });

  it('each release of what is not held is a fault', () => {
    const trial = whole();
    const [a, b] = [trial.lock('A', 'mutex'), trial.lock('B', 'mutex')];
    trial.release(a).release(b);
    expect(trial.verdict()).toEqual(['unlock-not-held: A', 'unlock-not-held: B']);
  });

  it('a spinning lock stays held when preemption is switched on by hand', () => {
    const trial = whole();
    const [a, m] = [trial.lock('A', 'raw_spinlock'), trial.lock('M', 'rt_mutex')];
    trial.take(a).preemptOn().nested(m).preemptOff().release(a);
    expect(trial.verdict()).toEqual(['invalid-wait-context: A, M']);
    expect(edges(trial)).toEqual(['A>M']);
  });

  it('and across a switch that the task asked for, which rules judge', () => {
    const trial = whole();
    const [a, b, rq] = [
      trial.lock('A', 'spinlock'),
      trial.lock('B', 'spinlock'),
      trial.lock('&rq->__lock', 'raw_spinlock'),
    ];
    trial.take(a).preemptOn().take(rq).switchTo(2).as(1).release(rq).preemptOff().nested(b).release(a);
    expect(trial.verdict()).toEqual([]);
    expect(edges(trial)).toContain('A>B');
  });

  it('unless the recorder says that it lost some', () => {
    const trial = whole();
    const a = trial.lock('A', 'mutex');
    trial.lose(0, 1).release(a);
    expect(trial.verdict()).toEqual([]);
  });
});
