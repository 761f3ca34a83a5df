import { describe, expect, it } from 'vitest';
import { machineFigures } from '../../../src/rcu/bench/machine.js';
import { Parameters } from '../../../src/rcu/bench/parameters.js';

describe('the walk over real memory', () => {
  it('divides the time of each walk by the callbacks on it', () => {
    let calls = 0;
    // A thousand nanoseconds between two looks at the clock.
    const clock = () => 1000 * calls++;
    const figures = machineFigures(new Parameters(['machine-mib=1', 'machine-rounds=2']), clock);
    expect(calls).toBe(3 * 2 * 2);
    expect(figures).toMatchObject({ workingSet: 2 ** 20, objectSize: 256, lineSize: 64 });
    expect(figures.list).toBe(1000 / (2 ** 20 / 256));
    expect(figures.arrayLinesApart).toBe(1000 / (2 ** 20 / 8));
    expect(figures.arrays).toBe(1000 / (2 ** 20 / 8));
  });
});
