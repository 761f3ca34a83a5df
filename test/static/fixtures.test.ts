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
