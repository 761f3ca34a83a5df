import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SIGNATURE_LENGTH, VerdictTable } from '../../src/rules/verdict-table.js';

describe('the verdict table', () => {
  it('answers like a map of strings', () => {
    const part = fc.oneof(fc.integer({ min: -1, max: 2 }), fc.integer());
    const signature = fc.array(part, { minLength: SIGNATURE_LENGTH, maxLength: SIGNATURE_LENGTH });
    const steps = fc.array(fc.tuple(signature, fc.nat(9)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, (entries) => {
        const table = new VerdictTable(2);
        const map = new Map<string, number>();
        for (const [numbers, verdict] of entries) {
          table.set(Int32Array.from(numbers), verdict);
          map.set(numbers.join(), verdict);
        }
        expect(table.size).toBe(map.size);
        for (const [numbers] of entries) expect(table.get(Int32Array.from(numbers))).toBe(map.get(numbers.join()));
        expect(table.get(new Int32Array(SIGNATURE_LENGTH).fill(77))).toBe(-1);
      }),
    );
  });
});
