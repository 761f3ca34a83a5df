import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Candidate, Edge } from './found.js';
import type { Site } from './state.js';
import type { Effect, Summary } from './summary.js';

/** What is found of a function beside its summary. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly edges: readonly Edge[];
  readonly uses: readonly Effect[];
}

/** What was found of one function, kept under a key that tells all it depends on. */
export interface MemoEntry {
  /** Digest of the summary: callers depend on it. */
  readonly digest: string;
  /** Decodes it when it is first asked for. */
  getSummary(): Summary;
  getFound(): Found;
}

/** Remembers functions' results from run to run. */
export interface Memo {
  find(key: string): MemoEntry | undefined;
  /** Keeps an entry; an entry that is neither found nor kept again in a run is forgotten by it. */
  keep(key: string, entry: MemoEntry): void;
}

/** No memory. */
export const NO_MEMO: Memo = { find: () => undefined, keep: () => {} };

export const NOTHING_FOUND: Found = { candidates: [], edges: [], uses: [] };

/** Digest of a summary's content. */
export function digestOf(summary: Summary): string {
  return createHash('sha1').update(JSON.stringify(summary)).digest('base64').slice(0, 20);
}

/** Share of new entries from which the file is written anew. */
const WORTH_WRITING = 0.03;

/** Changes when what is kept here does. */
const VERSION = 9;

interface Index {
  readonly version: number;
  readonly sites: readonly (readonly [file: string, line: number, name: string])[];
  /** Key, digest, offset, bytes of the summary and bytes of what else was found, of each entry. */
  readonly entries: readonly (readonly [key: string, digest: string, offset: number, summary: number, found: number])[];
}

/** Where an entry is in the file. */
interface Place {
  readonly digest: string;
  readonly offset: number;
  readonly summary: number;
  readonly found: number;
}

/** An entry as text; '' for a part in which nothing is. */
interface Encoded {
  readonly digest: string;
  readonly summary: string;
  readonly found: string;
}

const PLAIN: Summary = { exits: [{ held: [], dropped: [], returns: 7, guards: [] }], effects: [], partial: false };
const PLAIN_TEXT = JSON.stringify(PLAIN);

/**
 * A memo in one file: an index that is read at once, and entries that are decoded when something asks for them, since
 * after a small change hardly any is needed. Sites, which are most of an entry, are numbers into a table.
 */
export class FileMemo implements Memo {
  readonly #path: string;
  readonly #known = new Map<string, Place>();
  readonly #text: Buffer;
  readonly #sites: Site[] = [];
  readonly #siteNumbers = new Map<string, number>();
  readonly #found = new Set<string>();
  readonly #kept = new Map<string, Encoded>();

  constructor(path: string) {
    this.#path = path;
    let text: Buffer = Buffer.alloc(0);
    try {
      const bytes = readFileSync(path);
      const headLength = bytes.readUInt32LE(0);
      const index = JSON.parse(bytes.toString('utf8', 4, 4 + headLength)) as Index;
      if (index.version === VERSION) {
        text = bytes.subarray(4 + headLength);
        for (const [file, line, name] of index.sites) this.#sites.push({ file, line, function: name });
        for (const [key, digest, offset, summary, found] of index.entries) {
          this.#known.set(key, { digest, offset, summary, found });
        }
      }
    } catch {
      // No file, or not ours: begin anew.
    }
    this.#text = text;
  }

  find(key: string): MemoEntry | undefined {
    const place = this.#known.get(key);
    if (place === undefined) return undefined;
    this.#found.add(key);
    let summary: Summary | undefined = place.summary === 0 ? PLAIN : undefined;
    let found: Found | undefined = place.found === 0 ? NOTHING_FOUND : undefined;
    return {
      digest: place.digest,
      getSummary: () => {
        summary ??= this.#decode(place.offset, place.summary) as Summary;
        return summary;
      },
      getFound: () => {
        found ??= this.#decode(place.offset + place.summary, place.found) as Found;
        return found;
      },
    };
  }

  keep(key: string, entry: MemoEntry): void {
    const summary = entry.getSummary();
    const found = entry.getFound();
    const isEmpty = found.candidates.length + found.edges.length + found.uses.length === 0;
    this.#kept.set(key, {
      digest: entry.digest,
      summary: JSON.stringify(summary) === PLAIN_TEXT ? '' : this.#encode(summary),
      found: isEmpty ? '' : this.#encode(found),
    });
  }

  /**
   * Writes what this run found or kept. Never fails. Not for a few new entries: writing all takes longer than working
   * those out again.
   */
  save(): void {
    if (this.#kept.size === 0 || this.#kept.size < this.#found.size * WORTH_WRITING) return;
    const entries: [string, string, number, number, number][] = [];
    const parts: Buffer[] = [];
    let offset = 0;
    const add = (key: string, digest: string, summary: Buffer, found: Buffer): void => {
      entries.push([key, digest, offset, summary.length, found.length]);
      parts.push(summary, found);
      offset += summary.length + found.length;
    };
    for (const key of this.#found) {
      const place = this.#known.get(key);
      if (place === undefined) continue;
      const middle = place.offset + place.summary;
      add(
        key,
        place.digest,
        this.#text.subarray(place.offset, middle),
        this.#text.subarray(middle, middle + place.found),
      );
    }
    for (const [key, { digest, summary, found }] of this.#kept) {
      add(key, digest, Buffer.from(summary), Buffer.from(found));
    }
    const sites = this.#sites.map((site): [string, number, string] => [site.file, site.line, site.function]);
    const index: Index = { version: VERSION, sites, entries };
    const head = Buffer.from(JSON.stringify(index));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(`${this.#path}.${process.pid}`, Buffer.concat([length, head, ...parts]));
      renameSync(`${this.#path}.${process.pid}`, this.#path);
    } catch {
      // A memory that cannot be written only costs time.
    }
  }

  #siteNumber(site: Site): number {
    if (this.#siteNumbers.size === 0) {
      for (const [i, known] of this.#sites.entries()) this.#siteNumbers.set(siteKey(known), i);
    }
    const key = siteKey(site);
    let number = this.#siteNumbers.get(key);
    if (number === undefined) {
      number = this.#sites.length;
      this.#sites.push(site);
      this.#siteNumbers.set(key, number);
    }
    return number;
  }

  #encode(content: Summary | Found): string {
    return JSON.stringify(content, (_key, value: unknown) => (isSite(value) ? { $: this.#siteNumber(value) } : value));
  }

  #decode(from: number, length: number): unknown {
    const text = this.#text.toString('utf8', from, from + length);
    return JSON.parse(text, (_key, value: unknown) => (isReference(value) ? this.#sites[value.$] : value));
  }
}

function siteKey(site: Site): string {
  return `${site.file}\0${site.line}\0${site.function}`;
}

function isSite(value: unknown): value is Site {
  return typeof value === 'object' && value !== null && 'function' in value && 'file' in value && 'line' in value;
}

function isReference(value: unknown): value is { $: number } {
  return typeof value === 'object' && value !== null && '$' in value;
}
