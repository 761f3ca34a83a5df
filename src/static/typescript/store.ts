import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';

/**
 * JSON on disk under keys that tell what it was made from. Never fails: what cannot be read, or is not as it was written, is not there;
 * what cannot be written is not kept. Whatever processes do at a time, each reads one writer's text whole.
 */
export class Store {
  /** undefined: no store. */
  readonly folder: string | undefined;

  constructor(folder: string | undefined) {
    this.folder = folder;
  }

  /** What was put under the key, with the shape that its writer gave it. */
  load(key: string): unknown {
    if (this.folder === undefined) return undefined;
    try {
      const text = readFileSync(this.#path(key), 'utf8');
      const end = text.indexOf('\n');
      const body = text.slice(end + 1);
      return text.slice(0, end) === digestOf(body) ? JSON.parse(body) : undefined;
    } catch {
      return undefined;
    }
  }

  save(key: string, content: unknown): void {
    if (this.folder === undefined) return;
    const path = this.#path(key);
    const body = JSON.stringify(content);
    try {
      mkdirSync(dirname(path), { recursive: true });
      // Written aside and renamed, so that another process never reads half a file.
      const aside = `${path}.${process.pid}.${threadId}`;
      writeFileSync(aside, `${digestOf(body)}\n${body}`);
      renameSync(aside, path);
    } catch {
      // A store that cannot be written only costs time.
    }
  }

  #path(key: string): string {
    return join(this.folder ?? '', 'trees', key.slice(0, 2), key.slice(2));
  }
}

/** Digest of texts, one after the other; texts that are cut differently differ. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(`${part.length}\0`).update(part);
  return hash.digest('hex');
}
