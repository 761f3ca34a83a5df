import { relative, resolve } from 'node:path';
import type { Disk } from './disk.js';
import { isFollowed } from './places.js';
import type { Resolved } from './project.js';
import type { Outline } from './shape.js';
import { digestOf } from './store.js';

/** An import and where it leads. */
export interface Import extends Resolved {
  readonly specifier: string;
}

/** What is known of a file from its text alone, and where its imports lead. */
export interface FileFacts {
  /** Digest of the text. */
  readonly digest: string;
  readonly shape: string;
  readonly ambient: boolean;
  readonly imports: readonly Import[];
}

/** A file of the sources, or one that they import. */
export interface FileNode {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly facts: FileFacts;
  readonly text: () => string;
}

export interface FileGraph {
  /** By absolute path, in the order of their names. */
  readonly files: ReadonlyMap<string, FileNode>;
  /** What is wrong with files that were given, by name. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** The compiler and what is read off its trees: loaded where a file has to be parsed. */
export interface Parser {
  /** undefined: what it says is nested too deeply to be followed. */
  outline(path: string, text: () => string): Outline | undefined;
  resolve(specifier: string, containing: string): Resolved;
}

/** What is wrong with a source that the compiler cannot follow. */
const TOO_DEEP = 'not read: its code is nested too deeply';

/** How reports name a path. */
export function namesOf(given: readonly string[]): (path: string) => string {
  const known = new Map(given.map((file) => [resolve(file), file]));
  return (path) => known.get(path) ?? relative(process.cwd(), path);
}

/**
 * Reads files and what they import. A file that is as it was when `known` was put down, and whose imports lead where they
 * led, is not parsed.
 */
export async function readGraph(
  given: readonly string[],
  disk: Disk,
  known: ReadonlyMap<string, FileFacts>,
  parser: () => Promise<Parser>,
): Promise<FileGraph> {
  const nameOf = namesOf(given);
  const unreadable = new Map<string, string>();
  const files: FileNode[] = [];
  const asked = new Set(given.map((file) => resolve(file)));
  const wanted = new Set(asked);
  const seen = new Set<string>();
  for (const path of wanted) {
    const name = nameOf(path);
    const bytes = disk.read(path);
    if (typeof bytes === 'string') {
      if (asked.has(path)) unreadable.set(name, bytes);
      continue;
    }
    const text = (): string => bytes.toString('utf8').replace(/^\uFEFF/, '');
    const facts = await factsOf(path, text, digestOf(bytes), known.get(name), disk, parser);
    if (facts === undefined) {
      if (asked.has(path)) unreadable.set(name, TOO_DEEP);
      continue;
    }
    files.push({ path, name, facts, text });
    for (const { to } of facts.imports) {
      if (to === '' || seen.has(to)) continue;
      seen.add(to);
      if (isRead(to, disk)) wanted.add(to);
    }
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files: new Map(files.map((file) => [file.path, file])), unreadable };
}

async function factsOf(
  path: string,
  text: () => string,
  digest: string,
  known: FileFacts | undefined,
  disk: Disk,
  parser: () => Promise<Parser>,
): Promise<FileFacts | undefined> {
  if (known?.digest === digest && known.imports.every((one) => leads(one, path, disk))) return known;
  const compiler = await parser();
  const outline = compiler.outline(path, text);
  if (outline === undefined) return undefined;
  const { shape, ambient, specifiers } = outline;
  const imports = specifiers.map((specifier) => ({ specifier, ...compiler.resolve(specifier, path) }));
  return { digest, shape, ambient, imports };
}

/** Whether an import leads where it led. */
function leads({ to, missed, config }: Import, path: string, disk: Disk): boolean {
  if (config !== undefined && config !== disk.configDigest(path)) return false;
  return (to === '' || disk.exists(to)) && !missed.some((path) => disk.exists(path));
}

/** Whether a file is one of the sources: what comes with packages, and the simulated kernel, stays as it is. */
function isRead(path: string, disk: Disk): boolean {
  return isFollowed(path.replace(/\.d(\.[mc]?ts)$/, '$1'), disk.packageOf);
}
