import { readFileSync, statSync } from 'node:fs';
import { IR_VERSION, type PackedUnit, type UnitHead } from '../ir/packed.js';
import { writeAside } from '../keep.js';

/** Share of new units from which the file is written anew: for fewer, looking them up one by one costs less. */
const WORTH_WRITING = 0.03;

interface Index {
  readonly version: number;
  /** Digest of the tables that the units were made with. */
  readonly tables: string;
  readonly entries: readonly (readonly [file: string, stamp: string, head: UnitHead, bytes: number])[];
}

interface Entry {
  readonly stamp: string;
  readonly unit: PackedUnit;
}

/**
 * All units of one set of sources in one file, found again by what the file system tells of each source, as git's index
 * does it: a source whose size, inode and times are as they were is not even read. Never fails.
 */
export class Shelf {
  readonly #path: string;
  readonly #tables: string;
  readonly #known = new Map<string, Entry>();
  readonly #now = new Map<string, Entry>();
  #fresh = 0;

  constructor(path: string, tables: string) {
    this.#path = path;
    this.#tables = tables;
    try {
      const bytes = readFileSync(path);
      const headLength = bytes.readUInt32LE(0);
      const index = JSON.parse(bytes.toString('utf8', 4, 4 + headLength)) as Index;
      if (index.version !== IR_VERSION || index.tables !== tables) return;
      let at = 4 + headLength;
      for (const [file, stamp, head, length] of index.entries) {
        this.#known.set(file, { stamp, unit: { head, body: bytes.subarray(at, at + length) } });
        at += length;
      }
    } catch {
      // No file, or not ours: begin anew.
    }
  }

  /** The unit of a source that has not changed since it was put here. */
  find(name: string, path: string): PackedUnit | undefined {
    const entry = this.#known.get(name);
    if (entry === undefined || entry.stamp === '' || entry.stamp !== stampOf(path)) return undefined;
    this.#now.set(name, entry);
    return entry.unit;
  }

  /** The unit of a source as it was when it was put here, whatever has become of the source. */
  earlier(name: string): PackedUnit | undefined {
    return this.#known.get(name)?.unit;
  }

  /** @param stamp of the source before it was read: see {@link stampOf} */
  put(name: string, stamp: string, unit: PackedUnit): void {
    this.#now.set(name, { stamp, unit });
    this.#fresh++;
  }

  /** Writes what this run found or put here. */
  save(): void {
    if (this.#fresh === 0 || this.#fresh < this.#now.size * WORTH_WRITING) return;
    const entries = [...this.#now].map(
      ([file, { stamp, unit }]) => [file, stamp, unit.head, unit.body.length] as const,
    );
    const index: Index = { version: IR_VERSION, tables: this.#tables, entries };
    const head = Buffer.from(JSON.stringify(index));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    writeAside(this.#path, [length, head, ...[...this.#now.values()].map(({ unit }) => unit.body)]);
  }
}

/** What changes whenever a file's content does: size, inode, times of content and of status; '' where it cannot be told. */
export function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.size} ${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
