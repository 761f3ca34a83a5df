import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../model/report.js';
import type { PolicyFacts } from './facts.js';
import { readYaml } from './yaml-file.js';

/** A policy: what conditions may let through. */
export interface Policy extends PolicyFacts {
  readonly description: string;
  readonly file: string;
}

const word = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'is not of small letters, digits and single dashes');
const policySchema = z.strictObject({
  name: word,
  description: z.string().trim().min(1, 'is empty'),
  allows: z.array(word),
});

/** Adds the policies of `folder` (`NAME.yaml`, none if there is no such folder) to `known`. Throws InputError. */
export function loadPolicies(folder: string, known: Map<string, Policy>): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const entry of readdirSync(folder).sort()) {
    if (!entry.endsWith('.yaml')) continue;
    const file = readYaml(path.join(folder, entry), policySchema);
    const { name, description, allows } = file.value;
    if (`${name}.yaml` !== entry) {
      throw new InputError(file.path, file.line('name'), `policy '${name}' is not named like its file`);
    }
    const other = known.get(name);
    if (other) {
      throw new InputError(file.path, file.line('name'), `policy '${name}' is already defined in ${other.file}`);
    }
    known.set(name, { name, description: description.replace(/\s*\n\s*/g, ' '), allows, file: file.path });
  }
}
