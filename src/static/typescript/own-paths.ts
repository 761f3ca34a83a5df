import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from './store.js';

/** The configuration of the project that a file is in: the nearest `tsconfig.json` above it; undefined: there is none. */
export function configAbove(path: string): string | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    const config = join(at, 'tsconfig.json');
    if (existsSync(config)) return config;
    if (at === dirname(at)) return undefined;
  }
}

/** Tells one configuration from another where an import may hang on it; '' for none. */
export function configDigest(path: string): string {
  const config = configAbove(path);
  try {
    return config === undefined ? '' : digestOf(config, readFileSync(config));
  } catch {
    return '';
  }
}
