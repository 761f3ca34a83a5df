import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file of a cache: aside, then renamed, so that another process never reads half of it. Never fails: what cannot be
 * kept only costs time.
 */
export function writeAside(path: string, parts: readonly Uint8Array[]): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, Buffer.concat(parts));
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // See above.
  }
}
