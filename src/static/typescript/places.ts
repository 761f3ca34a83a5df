import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the simulated kernel: `src/sim`, or `dist/sim` of an installed lockvet. */
const SIM = resolve(fileURLToPath(new URL('../../sim', import.meta.url)));
/** The package's own folder. */
const ROOT = dirname(dirname(SIM));
/** What `lockvet/sim` means, wherever the sources lie. */
export const SIM_ENTRY = [join(SIM, 'index.ts'), join(SIM, 'index.d.ts')].find((path) => existsSync(path)) ?? '';
/** What the simulated kernel's classes and functions mean: tables, see `src/static/walk/table.ts`. */
export const SIM_TABLES = join(ROOT, 'rules', 'sim');
/** RCU is code that runs on the simulated kernel: it is followed by its bodies, whose sources come with an installed lockvet. */
const RCU = join(ROOT, 'src', 'rcu');
export const RCU_ENTRY = join(RCU, 'index.ts');

/** The simulated kernel and what it is made of, as sources and compiled: code that is known by table, not by its bodies. */
const KNOWN = /^(?:src|dist)[\\/](?:sim|model|explore)[\\/]/;
/** What a specifier says of a file of the simulated kernel. */
const KNOWN_IMPORT = /^(?:\.\.\/)+((?:sim|model|explore)\/.+)$/;

/** Tells which package a file is part of: its folder, where its name is this; undefined: it is another's, or nobody's. */
export type PackageOf = (path: string, name: string) => string | undefined;

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

/**
 * What lockvet's own name means in a copy of lockvet's sources, such as one with a change to try: that copy. `lockvet/sim` and
 * `lockvet/rcu` elsewhere mean the lockvet that runs.
 */
export function importInCopy(specifier: string, containing: string, packageOf: PackageOf): string | undefined {
  const [, part] = /^lockvet\/(sim|rcu)$/.exec(specifier) ?? [];
  const root = part === undefined ? undefined : packageOf(containing, 'lockvet');
  if (root === undefined || root === ROOT) return undefined;
  const entry = join(root, 'src', part ?? '', 'index.ts');
  return existsSync(entry) ? entry : undefined;
}

/** Where RCU's sources were copied without the simulated kernel beside them, the one of the lockvet that runs is meant. */
export function importOfSimulator(specifier: string): string | undefined {
  const [, file] = KNOWN_IMPORT.exec(specifier) ?? [];
  if (file === undefined) return undefined;
  const isCompiled = !SIM_ENTRY.endsWith('index.ts');
  const path = join(ROOT, isCompiled ? 'dist' : 'src', file).replace(/\.js$/, isCompiled ? '.d.ts' : '.ts');
  return existsSync(path) ? path : undefined;
}

/** Whether an absolute path is part of the simulated kernel: of the lockvet that runs, or of another copy. */
export function isKnown(path: string, packageOf: PackageOf): boolean {
  const root = path.startsWith(ROOT + sep) ? ROOT : packageOf(path, 'lockvet');
  return root !== undefined && KNOWN.test(relative(root, path));
}

/** Whether an absolute path is a source whose functions are followed. */
export function isFollowed(path: string, packageOf: PackageOf): boolean {
  if (/\.d\.[mc]?ts$/.test(path) || isKnown(path, packageOf)) return false;
  return path.startsWith(RCU + sep) || !path.includes(`${sep}node_modules${sep}`);
}
