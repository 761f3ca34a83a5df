import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutated, RCU_MUTANTS } from './rcu-mutants.js';

// `npm run campaign:check-rcu-mutants` checks each of them.
describe('faults in the locking of the simulated RCU', () => {
  it.each(RCU_MUTANTS)('$name changes what is there once', (mutant) => {
    const text = readFileSync(mutant.file, 'utf8');
    expect(mutated(text, [mutant])).not.toBe(text);
  });
});
