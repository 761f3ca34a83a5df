import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingsIn } from './want.js';

/** Folder with kernel-c/examples.tsv and cases.c (GPL-2.0, not part of lockvet). */
const DATA = process.env.LOCKVET_KERNEL_DATA ?? '';
/** An unpacked tree of Debian's linux-source-6.1. */
const TREE = process.env.LOCKVET_LINUX ?? '';

const EXAMPLES = join(DATA, 'kernel-c', 'examples.tsv');
const CASES = join(DATA, 'kernel-c', 'cases.c');
const EXPECTED = join(DATA, 'cases', 'expected.tsv');

interface Example {
  readonly file: string;
  readonly function: string;
  readonly line: number;
  readonly verdict: string;
}

function examples(): Example[] {
  return readFileSync(EXAMPLES, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => {
      const [file = '', name = '', line = '', , , verdict = ''] = row.split('\t');
      return { file, function: name, line: Number(line), verdict };
    });
}

describe.skipIf(!existsSync(EXAMPLES) || !existsSync(TREE))('examples from a released kernel', () => {
  const rules = new Set(['alloc-under-raw-spinlock', 'free-under-raw-spinlock']);
  for (const example of existsSync(EXAMPLES) ? examples() : []) {
    it(`${example.verdict} ${example.file}:${example.line}`, async () => {
      const file = join(TREE, example.file);
      const hits = (await findingsIn(file)).filter(
        (finding) =>
          rules.has(finding.rule) &&
          [finding.where, ...finding.evidence.map((step) => step.where)].some(
            (where) => where.file === file && where.line === example.line,
          ),
      );
      if (example.verdict === 'TP') expect(hits.map((finding) => finding.confidence)).toContain('certain');
      else expect(hits).toEqual([]);
    });
  }
});

/** Cases whose finding needs what the sources cannot tell, and why. */
const BEYOND_SOURCES: Readonly<Record<string, string>> = {
  'alloc_pages_drain_pcp_raw invalid-wait-context': 'the lists run dry at run time',
  'rcu_deref_unlocked rcu-usage': 'callers may be inside a reader',
};

describe.skipIf(!existsSync(CASES))('the driver of the recorded cases', () => {
  it('has per function what its recording has', async () => {
    const findings = await findingsIn(CASES);
    const missing: string[] = [];
    for (const row of readFileSync(EXPECTED, 'utf8').trim().split('\n').slice(1)) {
      const [name = '', must = ''] = row.split('\t');
      const own = findings.filter((finding) =>
        [finding.where, ...finding.evidence.map((step) => step.where)].some((where) => where.function === `c_${name}`),
      );
      for (const want of must === '-' ? [] : must.split(';')) {
        const rule = want.replace(/^\(\w+\)/, '').replace(/:.*/, '');
        if (BEYOND_SOURCES[`${name} ${rule}`] !== undefined) continue;
        if (!own.some((finding) => finding.rule === rule)) missing.push(`${name}: ${rule}`);
      }
      // Taken as one file, an interrupt's use of a lock makes its other users wrong: right, and no case's own fault.
      const surplus = own.filter((finding) => !/^inconsistent-lock-state$|^irq-lock-inversion$/.test(finding.rule));
      if (must === '-') expect(surplus, name).toEqual([]);
    }
    expect(missing).toEqual([]);
  });
});
