import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeAside } from '../keep.js';
import type { Candidate, Edge } from './found.js';
import type { Leak } from './returns.js';
import type { Site } from './state.js';
import type { Effect, Summary } from './summary.js';

/** What is found of a function beside its summary. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly edges: readonly Edge[];
  readonly leaks: readonly Leak[];
}

/** What was found of one function, kept under a key that tells all it depends on. */
export interface MemoEntry {
  /** Digest of the summary: callers depend on it. */
  readonly digest: string;
  /** Decodes it when it is first asked for. */
  getSummary(): Summary;
  getFound(): Found;
  /** Variables that are locks and are taken, here or in callees. */
  getUses(): readonly Effect[];
}

/** Remembers functions' results from run to run. */
export interface Memo {
  find(key: string): MemoEntry | undefined;
  /** Keeps an entry; an entry that is neither found nor kept again in a run is forgotten by it. */
  keep(key: string, entry: MemoEntry): void;
}

/** No memory. */
export const NO_MEMO: Memo = { find: () => undefined, keep: () => {} };

export const NOTHING_FOUND: Found = { candidates: [], edges: [], leaks: [] };

/** Characters of keys and of digests: 120 bits. */
const DIGITS = 20;

/** A key for what a text tells. */
export function keyOf(text: string): string {
  return hash('sha1', text, 'base64').slice(0, DIGITS);
}

/** Digest of a summary's content. */
export function digestOf(summary: Summary): string {
  return keyOf(JSON.stringify(summary));
}

/** Share of new entries from which the file is written anew. */
const WORTH_WRITING = 0.03;

/** Changes when what is kept here does. */
const VERSION = 20;

interface Index {
  readonly version: number;
  readonly count: number;
  readonly files: readonly string[];
  readonly names: readonly string[];
  /** File, line, name and which one of that name, of each site. */
  readonly sites: readonly number[];
}

/** Parts of an entry, as they follow each other in the file. */
const PARTS = 3;

/** Where an entry is in the file. */
interface Place {
  readonly digest: string;
  readonly offset: number;
  /** Number of the first of its parts' sizes. */
  readonly sizes: number;
  isUsed: boolean;
}

/** An entry as text; '' for a part in which nothing is. */
interface Encoded {
  readonly digest: string;
  readonly parts: readonly string[];
}

const PLAIN: Summary = { exits: [{ held: [], dropped: [], returns: 7, guards: [] }], effects: [], partial: false };
const PLAIN_TEXT = JSON.stringify(PLAIN);
const NO_USES: readonly Effect[] = [];

/**
 * A memo in one file: an index that is read at once, and entries that are decoded when something asks for them, since
 * after a small change hardly any is needed. Sites, which are most of an entry, are numbers into a table.
 */
export class FileMemo implements Memo {
  readonly #path: string;
  readonly #known = new Map<string, Place>();
  readonly #sizes: Int32Array = new Int32Array(0);
  readonly #text: Buffer = Buffer.alloc(0);
  readonly #sites: SiteTable;
  readonly #kept = new Map<string, Encoded>();
  #used = 0;

  constructor(path: string) {
    this.#path = path;
    let sites = new SiteTable();
    try {
      const bytes = readFileSync(path);
      let at = 4 + bytes.readUInt32LE(0);
      const index = JSON.parse(bytes.toString('utf8', 4, at)) as Index;
      if (index.version === VERSION) {
        const { count } = index;
        const keys = bytes.toString('latin1', at, at + count * DIGITS);
        at += count * DIGITS;
        const digests = bytes.toString('latin1', at, at + count * DIGITS);
        at += count * DIGITS;
        const sizes = new Int32Array(count * PARTS);
        Buffer.from(sizes.buffer).set(bytes.subarray(at, at + sizes.byteLength));
        at += sizes.byteLength;
        this.#text = bytes.subarray(at);
        this.#sizes = sizes;
        let offset = 0;
        for (let i = 0; i < count; i++) {
          const from = i * DIGITS;
          const digest = digests.slice(from, from + DIGITS);
          this.#known.set(keys.slice(from, from + DIGITS), { digest, offset, sizes: i * PARTS, isUsed: false });
          for (let part = 0; part < PARTS; part++) offset += sizes[i * PARTS + part] as number;
        }
        sites = new SiteTable(index);
      }
    } catch {
      // No file, or not ours: begin anew.
    }
    this.#sites = sites;
  }

  find(key: string): MemoEntry | undefined {
    const place = this.#known.get(key);
    if (place === undefined) return undefined;
    if (!place.isUsed) this.#used++;
    place.isUsed = true;
    return new KeptEntry(place.digest, (part) => this.#part(place, part));
  }

  keep(key: string, entry: MemoEntry): void {
    const summary = entry.getSummary();
    const found = entry.getFound();
    const uses = entry.getUses();
    this.#kept.set(key, {
      digest: entry.digest,
      parts: [
        JSON.stringify(summary) === PLAIN_TEXT ? '' : this.#encode(summary),
        found.candidates.length + found.edges.length + found.leaks.length === 0 ? '' : this.#encode(found),
        uses.length === 0 ? '' : this.#encode(uses),
      ],
    });
  }

  /**
   * Writes what this run found or kept. Never fails. Not for a few new entries: writing all takes longer than working
   * those out again.
   */
  save(): void {
    if (this.#kept.size === 0 || this.#kept.size < this.#used * WORTH_WRITING) return;
    const parts: Buffer[] = [];
    const sizes: number[] = [];
    let keys = '';
    let digests = '';
    for (const [key, place] of this.#known) {
      if (!place.isUsed || this.#kept.has(key)) continue;
      keys += key;
      digests += place.digest;
      let at = place.offset;
      for (let part = 0; part < PARTS; part++) {
        const size = this.#sizes[place.sizes + part] as number;
        sizes.push(size);
        if (size > 0) parts.push(this.#text.subarray(at, at + size));
        at += size;
      }
    }
    for (const [key, encoded] of this.#kept) {
      keys += key;
      digests += encoded.digest;
      for (const text of encoded.parts) {
        const bytes = Buffer.from(text);
        sizes.push(bytes.length);
        if (bytes.length > 0) parts.push(bytes);
      }
    }
    const index: Index = { version: VERSION, count: sizes.length / PARTS, ...this.#sites.tables() };
    const head = Buffer.from(JSON.stringify(index));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    const numbers = Buffer.from(Int32Array.from(sizes).buffer);
    writeAside(this.#path, [
      length,
      head,
      Buffer.from(keys, 'latin1'),
      Buffer.from(digests, 'latin1'),
      numbers,
      ...parts,
    ]);
  }

  #part(place: Place, number: number): unknown {
    let from = place.offset;
    for (let part = 0; part < number; part++) from += this.#sizes[place.sizes + part] as number;
    const size = this.#sizes[place.sizes + number] as number;
    if (size === 0) return undefined;
    return this.#restored(JSON.parse(this.#text.toString('utf8', from, from + size)));
  }

  #encode(content: unknown): string {
    return JSON.stringify(content, (_key, value: unknown) =>
      isSite(value) ? { $: this.#sites.number(value) } : value,
    );
  }

  /** Puts sites back in place of their numbers. */
  #restored(value: unknown): unknown {
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = this.#restored(value[i]);
    } else if (typeof value === 'object' && value !== null) {
      if (isReference(value)) return this.#sites.at(value.$);
      const record = value as Record<string, unknown>;
      for (const key in record) if (typeof record[key] === 'object') record[key] = this.#restored(record[key]);
    }
    return value;
  }
}

/** An entry of the file. */
class KeptEntry implements MemoEntry {
  readonly digest: string;
  readonly #decode: (part: number) => unknown;
  #summary: Summary | undefined;

  constructor(digest: string, decode: (part: number) => unknown) {
    this.digest = digest;
    this.#decode = decode;
  }

  getSummary(): Summary {
    this.#summary ??= (this.#decode(0) as Summary | undefined) ?? PLAIN;
    return this.#summary;
  }

  getFound(): Found {
    return (this.#decode(1) as Found | undefined) ?? NOTHING_FOUND;
  }

  getUses(): readonly Effect[] {
    return (this.#decode(2) as readonly Effect[] | undefined) ?? NO_USES;
  }
}

/** Sites by number. */
class SiteTable {
  readonly #files: Names;
  readonly #names: Names;
  readonly #rows: number[];
  readonly #made: (Site | undefined)[] = [];
  #numbers: Map<string, number> | undefined;

  constructor({ files, names, sites }: Pick<Index, 'files' | 'names' | 'sites'> = { files: [], names: [], sites: [] }) {
    this.#files = new Names(files);
    this.#names = new Names(names);
    this.#rows = [...sites];
  }

  at(number: number): Site {
    let site = this.#made[number];
    if (site === undefined) {
      const [file = 0, line = 0, name = 0, nth = 0] = this.#rows.slice(4 * number, 4 * number + 4);
      site = { file: this.#files.at(file), line, function: this.#names.at(name), ...(nth === 0 ? {} : { nth }) };
      this.#made[number] = site;
    }
    return site;
  }

  number(site: Site): number {
    if (this.#numbers === undefined) {
      this.#numbers = new Map();
      for (let i = 0; i < this.#rows.length; i += 4) this.#numbers.set(this.#rows.slice(i, i + 4).join(), i / 4);
    }
    const row = [this.#files.number(site.file), site.line, this.#names.number(site.function), site.nth ?? 0];
    const key = row.join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#rows.length / 4;
      this.#rows.push(...row);
      this.#numbers.set(key, number);
    }
    return number;
  }

  tables(): Pick<Index, 'files' | 'names' | 'sites'> {
    return { files: this.#files.list, names: this.#names.list, sites: this.#rows };
  }
}

/** Texts by number. */
class Names {
  readonly list: string[];
  #numbers: Map<string, number> | undefined;

  constructor(list: readonly string[]) {
    this.list = [...list];
  }

  at(number: number): string {
    return this.list[number] ?? '';
  }

  number(name: string): number {
    this.#numbers ??= new Map(this.list.map((known, i) => [known, i]));
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.list.length;
      this.list.push(name);
      this.#numbers.set(name, number);
    }
    return number;
  }
}

function isSite(value: unknown): value is Site {
  return typeof value === 'object' && value !== null && 'function' in value && 'file' in value && 'line' in value;
}

function isReference(value: object): value is { $: number } {
  return '$' in value;
}
