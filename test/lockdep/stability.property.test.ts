import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.js';
import type { Kind } from './kinds.js';
import { makeLocks, play, type Step, step } from './random-script.js';
import { Trial } from './script.js';

const KINDS: readonly Kind[] = ['raw_spinlock', 'spinlock', 'rwlock', 'rwlock', 'mutex', 'rwsem'];
const steps = fc.array(step, { minLength: 5, maxLength: 70, size: 'max' });

/** Plays a script after other addresses were used up, with other pids. */
function judged(script: readonly Step[], shift: number, times = 1): { trial: Trial; findings: Finding[] } {
  const trial = new Trial();
  for (let i = 0; i < shift; i++) trial.lock('unused', 'mutex');
  const locks = makeLocks(trial, KINDS);
  for (let i = 0; i < times; i++) play(trial, locks, script, (task) => task + shift * 100);
  return { trial, findings: trial.findings() };
}

const plain = (findings: readonly Finding[]) =>
  findings.map(({ rule, locks, fingerprint }) => ({ rule, locks, fingerprint }));

describe('findings', () => {
  it('are the same each time', () => {
    fc.assert(
      fc.property(steps, (script) => {
        expect(judged(script, 0).findings).toEqual(judged(script, 0).findings);
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it('keep their fingerprints under other addresses and pids', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 50 }), (script, shift) => {
        expect(plain(judged(script, shift).findings)).toEqual(plain(judged(script, 0).findings));
      }),
      { numRuns: 150, seed: 12 },
    );
  });

  it('are for the eyes: a message of one line, a place, evidence, distinct fingerprints', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { findings } = judged(script, 0);
        expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(findings.length);
        for (const finding of findings) {
          expect(finding.message).toMatch(/^[^\n]{10,}$/);
          expect(finding.where.file).toBe('trial.txt');
          expect(finding.evidence.length).toBeGreaterThan(0);
          expect(finding.count).toBeGreaterThan(0);
          expect(finding.message).not.toContain('undefined');
          for (const lock of finding.locks) {
            expect([finding.message, ...finding.evidence.map(({ what }) => what)].join()).toContain(lock);
          }
        }
      }),
      { numRuns: 150, seed: 13 },
    );
  });
});

describe('chains seen before', () => {
  it('add neither chains nor dependencies nor findings', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const twice = judged(script, 0, 2);
        const thrice = judged(script, 0, 3);
        const facts = ({ trial, findings }: typeof twice) => ({
          findings: plain(findings),
          chains: trial.validator.state.chains.size,
          classes: trial.validator.state.classes.size,
          dependencies: trial.validator.state.graph.count,
        });
        expect(facts(thrice)).toEqual(facts(twice));
      }),
      { numRuns: 150, seed: 14 },
    );
  });
});
