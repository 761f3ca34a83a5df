import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Validator } from '../../src/lockdep/index.js';
import type { Finding } from '../../src/model/finding.js';
import { openSource } from '../../src/trace/open.js';
import { isEventSource } from '../../src/trace/source.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/**
 * Faults that leave nothing in the lock events: one spoils the acquire context's count of mutexes, the other the mutex's pointer
 * to its context. Only the checks inside ww_mutex_lock() and its unlock (DEBUG_WW_MUTEXES) see them.
 */
const INVISIBLE = ['ww_test_object_lock_stale_context', 'ww_test_object_lock_unbalanced'];

/** Rules that the validator judges; the others are the rule engine's. */
const VALIDATOR_RULES =
  /^(invalid-wait-context|lock-order-cycle|recursive-lock|inconsistent-lock-state|irq-lock-inversion|unlock-not-held|held-lock-freed|held-at-exit|nest-lock-not-held)$/;

async function judge(path: string): Promise<Finding[]> {
  const source = await openSource(path);
  if (!isEventSource(source)) throw new Error(`${path} is no recording of events`);
  const { names, ticksPerSecond, noValidateKey } = source;
  const validator = new Validator({ names, file: path, ticksPerSecond, ...(noValidateKey && { noValidateKey }) });
  await source.pump(validator);
  return validator.findings();
}

function table(path: string): string[][] {
  const [, ...lines] = readFileSync(`${FIXTURES}${path}`, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split('\t'));
}

function errors(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, locks }) => `${rule}:${locks.join(',')}`)
    .sort();
}

describe("the kernel's own locking selftest", () => {
  it('is judged as the kernel judged it', async () => {
    const wrong: string[] = [];
    const verdicts = table('selftest/verdicts.tsv');
    for (const [file, name, verdict] of verdicts) {
      const found = errors(await judge(`${FIXTURES}selftest/${file}`));
      if (found.length > 0 !== (verdict === 'violation')) wrong.push(name ?? '');
    }
    expect(verdicts).toHaveLength(94);
    expect(wrong.sort()).toEqual(INVISIBLE);
  });
});

describe('situations made in a running kernel', () => {
  const cases = table('cases/expected.tsv').map(([name, expected]) => ({ name, expected: expected ?? '' }));

  it('are all there', () => {
    expect(cases).toHaveLength(23);
    expect(readdirSync(`${FIXTURES}cases`).filter((file) => file.endsWith('.trace.txt.xz'))).toHaveLength(23);
  });

  it.each(cases)('$name', async ({ name, expected }) => {
    const findings = await judge(`${FIXTURES}cases/${name}.trace.txt.xz`);
    const found = errors(findings);
    const wanted = expected.split(';').filter((text) => VALIDATOR_RULES.test(text.split(':')[0] ?? ''));
    const inOrder = (text: string): string =>
      text.replace(/:(.*)$/, (_, locks: string) => `:${locks.split(',').sort().join()}`);
    for (const text of wanted) {
      const same = text.startsWith('lock-order-cycle')
        ? found.map(inOrder).includes(inOrder(text))
        : found.includes(text);
      expect(same, `${text} among ${found.join(' ')}`).toBe(true);
    }
    // Where the kernel's lockdep was silent, so is the validator.
    if (wanted.length === 0) expect(found).toEqual([]);
  });
});
