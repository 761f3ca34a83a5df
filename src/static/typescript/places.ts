import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the simulated kernel: `src/sim`, or `dist/sim` of an installed lockvet. */
const SIM = resolve(fileURLToPath(new URL('../../sim', import.meta.url)));
/** The package's own folder. */
const ROOT = dirname(dirname(SIM));
/** What `lockvet/sim` means, wherever the sources lie. */
export const SIM_ENTRY = [join(SIM, 'index.ts'), join(SIM, 'index.d.ts')].find((path) => existsSync(path)) ?? '';
/** The simulated kernel and what it is made of, as sources and compiled: code that is known by table, not by its bodies. */
const KNOWN = ['src', 'dist'].flatMap((form) => ['sim', 'model', 'explore'].map((part) => join(ROOT, form, part)));
/** RCU is code that runs on the simulated kernel: it is followed by its bodies, whose sources come with an installed lockvet. */
const RCU = join(ROOT, 'src', 'rcu');
export const RCU_ENTRY = join(RCU, 'index.ts');

/**
 * The declarations that an import of RCU's sources out of their own folder means where lockvet itself runs compiled; undefined for all
 * other imports. There is one simulated kernel to the types then, the one that `lockvet/sim` means.
 */
export function compiledImport(specifier: string, containing: string): string | undefined {
  if (SIM_ENTRY.endsWith('index.ts') || !specifier.startsWith('.') || !containing.startsWith(RCU + sep))
    return undefined;
  const path = resolve(dirname(containing), specifier);
  if (path.startsWith(RCU + sep)) return undefined;
  return join(ROOT, 'dist', relative(join(ROOT, 'src'), path)).replace(/\.js$/, '.d.ts');
}

/** Whether an absolute path is part of the simulated kernel. */
export function isKnown(path: string): boolean {
  return KNOWN.some((folder) => path.startsWith(folder + sep));
}

/** Whether an absolute path is a source whose functions are followed. */
export function isFollowed(path: string): boolean {
  if (/\.d\.[mc]?ts$/.test(path) || isKnown(path)) return false;
  return path.startsWith(RCU + sep) || !path.includes(`${sep}node_modules${sep}`);
}
