import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingsIn, reported, wanted } from './want.js';

const FOLDER = 'fixtures/c';

describe('findings in C fixtures stand where their comments want them', () => {
  for (const name of readdirSync(FOLDER).sort()) {
    it(name, async () => {
      const file = join(FOLDER, name);
      expect(reported(await findingsIn(file))).toEqual(wanted(file));
    });
  }
});

describe('findings in C fixtures of several files', () => {
  it('a raw lock in one file, a spinlock in the other, helpers in a header', async () => {
    const files = ['hard.c', 'ring.h', 'soft.c'].map((name) => join('fixtures/c-files', name));
    const findings = await findingsIn(...files);
    for (const file of files) {
      expect(reported(findings.filter((finding) => finding.where.file === file))).toEqual(wanted(file));
    }
  });
});
