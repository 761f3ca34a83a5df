import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Histogram, RELATIVE_ERROR } from '../../src/stats/histogram.js';

const values = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.double({ min: 0, max: 2 ** 53, noNaN: true }).map(Math.floor),
    fc.integer({ min: 0, max: 50 }).map((exponent) => 2 ** exponent - 1),
  ),
  { minLength: 1, maxLength: 60 },
);

it('gives quantiles within the error that it promises, and the rest exactly', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
      const histogram = new Histogram();
      for (const value of list) histogram.add(value);
      const ordered = list.toSorted((a, b) => a - b);
      const exact = ordered[Math.max(1, Math.ceil(q * list.length)) - 1] ?? 0;
      expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR);
      expect([histogram.min, histogram.max, histogram.count]).toEqual([ordered[0], ordered.at(-1), list.length]);
    }),
    { numRuns: 500 },
  );
});

it('is exact for small values, and for one value however large', () => {
  const small = new Histogram();
  for (let value = 0; value < 16; value++) small.add(value);
  expect([small.quantile(0), small.quantile(0.5), small.quantile(1)]).toEqual([0, 7, 15]);
  const one = new Histogram();
  one.add(123_456_789_012);
  expect(one.quantile(0.99)).toBe(123_456_789_012);
});

it('takes a negative length, which a clock that steps back makes, for none; and is 0 when empty', () => {
  const histogram = new Histogram();
  expect([histogram.quantile(0.5), histogram.min, histogram.max]).toEqual([0, 0, 0]);
  histogram.add(-5);
  expect([histogram.quantile(0.5), histogram.min, histogram.max, histogram.total]).toEqual([0, 0, 0, 0]);
});
