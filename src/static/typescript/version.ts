import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Policy, RuleSet } from '../../rules/index.js';
import { SIM_TABLES } from './places.js';
import { digestOf } from './store.js';

/** What comes with lockvet and decides what is found in sources. */
const PARTS = ['model', 'lockdep', 'rules', 'trace', 'judge', 'explore', 'sim', 'static'];
const TOP = fileURLToPath(new URL('../../', import.meta.url));

/** Digest of the program itself, as its files' sizes and times tell, and of its tables: what another version kept is of no use. */
export function programVersion(): string {
  const parts: string[] = [process.version];
  for (const part of PARTS) {
    const folder = join(TOP, part);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/\.[jt]s$/.test(name)) continue;
      const { size, mtimeMs } = statSync(join(folder, name));
      parts.push(`${part}/${name} ${size} ${mtimeMs}`);
    }
  }
  for (const name of readdirSync(SIM_TABLES).sort()) parts.push(name, readFileSync(join(SIM_TABLES, name), 'utf8'));
  return digestOf(...parts);
}

/** Digest of what judges. */
export function lawVersion(rules: RuleSet, policy: Policy): string {
  const parts = rules.rules.flatMap((rule) => [rule.id, readFileSync(join(rule.folder, 'rule.yaml'))]);
  return digestOf(JSON.stringify(policy), ...parts);
}
