import { describe, expect, it } from 'vitest';
import { MergedClasses } from '../../src/judge/merged-classes.js';

const NAME = 7;
const OTHER = 8;

describe('classes of several recordings', () => {
  it('are matched by name, whatever their keys, and keep the key they were first seen with', () => {
    const classes = new MergedClasses();
    classes.begin(undefined);
    expect(classes.keyOf(-1, 100, NAME)).toEqual({ hi: -1, lo: 100 });
    classes.begin(undefined);
    expect(classes.keyOf(-1, 900, NAME)).toEqual({ hi: -1, lo: 100 });
  });

  it('of one name in one recording stay apart, and are matched in their order', () => {
    const classes = new MergedClasses();
    classes.begin(undefined);
    const [first, second] = [classes.keyOf(-1, 100, NAME), classes.keyOf(-1, 200, NAME)];
    expect(first).not.toEqual(second);
    classes.begin(undefined);
    expect(classes.keyOf(-1, 11, NAME)).toEqual(first);
    expect(classes.keyOf(-1, 22, NAME)).toEqual(second);
    expect(classes.keyOf(-1, 11, NAME)).toEqual(first);
  });

  it('of different names do not fall together where their recordings use one key for both', () => {
    const classes = new MergedClasses();
    classes.begin(undefined);
    const first = classes.keyOf(-1, 100, NAME);
    classes.begin(undefined);
    expect(classes.keyOf(-1, 100, OTHER)).not.toEqual(first);
    expect(classes.keyOf(-1, 200, NAME)).toEqual(first);
  });

  it('that share a key within a recording go on sharing it: that is how classes without validation are known', () => {
    const classes = new MergedClasses();
    classes.begin(undefined);
    expect(classes.keyOf(-1, 100, OTHER)).toEqual(classes.keyOf(-1, 100, NAME));
  });

  it('have one key without validation, that of the first recording that tells it', () => {
    const classes = new MergedClasses();
    classes.begin({ hi: -1, lo: 5 });
    classes.begin({ hi: -1, lo: 6 });
    expect(classes.keyOf(-1, 6, NAME)).toEqual({ hi: -1, lo: 5 });
  });
});
