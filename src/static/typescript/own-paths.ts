import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { digestOf } from './store.js';

/** The configuration of the project that a file is in: the nearest `tsconfig.json` above it; undefined: there is none. */
export function configAbove(path: string): string | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    const config = join(at, 'tsconfig.json');
    if (existsSync(config)) return config;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * Tells one configuration from another where an import may hang on it, with all that it extends; '' for none. Does without the compiler, which
 * takes long to load.
 */
export function configDigest(path: string): string {
  const config = configAbove(path);
  if (config === undefined) return '';
  const parts: string[] = [];
  addTexts(config, parts);
  return parts.length === 0 ? '' : digestOf(...parts);
}

/** Adds the path and the text of a configuration, and of those that it extends. */
function addTexts(config: string, parts: string[]): void {
  if (parts.includes(config)) return;
  let text: string;
  try {
    text = readFileSync(config, 'utf8');
  } catch {
    return;
  }
  parts.push(config, text);
  for (const name of extended(text)) {
    const base = baseConfig(config, name);
    if (base === undefined) parts.push(name);
    else addTexts(base, parts);
  }
}

/** What `extends` names: one or several. In a comment it counts, too, which does no harm. */
function extended(text: string): string[] {
  const values = [...text.matchAll(/"extends"\s*:\s*("(?:[^"\\]|\\.)*"|\[[^\]]*\])/g)].map((match) => match[1] ?? '');
  return values.flatMap((value) => [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? ''));
}

/** The file that a configuration extends by a path, or by the name of a package above it; undefined: it is not there. */
function baseConfig(config: string, name: string): string | undefined {
  const folder = dirname(config);
  if (isAbsolute(name) || /^\.\.?(?:\/|$)/.test(name)) return firstFile(resolve(folder, name));
  for (let at = folder; ; at = dirname(at)) {
    const found = firstFile(join(at, 'node_modules', name));
    if (found !== undefined || at === dirname(at)) return found;
  }
}

function firstFile(path: string): string | undefined {
  return [path, `${path}.json`, join(path, 'tsconfig.json')].find(
    (one) => statSync(one, { throwIfNoEntry: false })?.isFile() === true,
  );
}
