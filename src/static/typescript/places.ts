import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the simulated kernel: `src/sim`, or `dist/sim` of an installed lockvet. */
const SIM = resolve(fileURLToPath(new URL('../../sim', import.meta.url)));
/** What `lockvet/sim` means, wherever the sources lie. */
export const SIM_ENTRY = [join(SIM, 'index.ts'), join(SIM, 'index.d.ts')].find((path) => existsSync(path)) ?? '';
/** The simulated kernel and what it is made of, as sources and compiled: code that is known by table, not by its bodies. */
const KNOWN = ['src', 'dist'].flatMap((form) =>
  ['sim', 'model', 'explore'].map((part) => join(dirname(dirname(SIM)), form, part)),
);
/** RCU is code that runs on the simulated kernel: it is followed by its bodies, compiled ones in an installed lockvet. */
export const RCU = join(dirname(SIM), 'rcu');
export const RCU_ENTRY = [join(RCU, 'index.ts'), join(RCU, 'index.js')].find((path) => existsSync(path)) ?? '';
export const IS_COMPILED = RCU_ENTRY.endsWith('.js');

/** Whether an absolute path is part of the simulated kernel. */
export function isKnown(path: string): boolean {
  return KNOWN.some((folder) => path.startsWith(folder + sep));
}

/** Whether an absolute path is a source whose functions are followed. */
export function isFollowed(path: string): boolean {
  return !/\.d\.[mc]?ts$/.test(path) && !isKnown(path) && !path.includes(`${sep}node_modules${sep}`);
}
