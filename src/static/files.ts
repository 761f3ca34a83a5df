import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { InputError } from '../model/report.js';
import type { SourceFile } from './c/front.js';

/** Folders that hold no sources of the project. */
export const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '.git', 'dist', 'coverage']);

/** The sources under the paths by language, sorted, each once. Throws InputError for a path that is not there or no source. */
export function sourceFiles(paths: readonly string[]): Sources {
  const isSource = (path: string): boolean => isCFile(path) || isTypescriptFile(path);
  const { files, problems } = filesUnder(paths, isSource, 'neither a source (.c, .h, .ts) nor a folder');
  return { c: files.filter(isCFile), typescript: files.filter(isTypescriptFile), problems };
}

/** What is under the paths that are given to a command. */
export interface Sources {
  readonly c: string[];
  readonly typescript: string[];
  /** Of folders that cannot be read. */
  readonly problems: readonly InputError[];
}

function filesUnder(
  paths: readonly string[],
  wanted: (path: string) => boolean,
  problem: string,
): { readonly files: string[]; readonly problems: readonly InputError[] } {
  const found = new Set<string>();
  const problems: InputError[] = [];
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new InputError(path, undefined, 'no such file or folder');
    if (stat.isDirectory()) walk(normalize(path), wanted, found, problems);
    else if (wanted(path)) found.add(normalize(path));
    else throw new InputError(path, undefined, problem);
  }
  return { files: [...found].sort(), problems };
}

export function isTypescriptFile(path: string): boolean {
  return /\.[mc]?ts$/.test(path) && !/\.d\.[mc]?ts$/.test(path);
}

export function isCFile(path: string): boolean {
  return path.endsWith('.c') || path.endsWith('.h');
}

/** Whether a path given to a command is for sources: a folder, or a file named as sources are. */
export function isSource(path: string): boolean {
  return /\.(?:[ch]|[mc]?ts)$/.test(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The error for paths without a source. */
export function noSource([only]: readonly string[], [denied]: readonly InputError[]): InputError {
  return denied ?? new InputError(only ?? '.', undefined, 'no source (.c, .h, .ts) in it');
}

function walk(folder: string, wanted: (path: string) => boolean, into: Set<string>, problems: InputError[]): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const isDenied = error instanceof Error && 'code' in error && error.code === 'EACCES';
    problems.push(new InputError(folder, undefined, isDenied ? 'permission denied' : 'cannot be read'));
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) walk(path, wanted, into, problems);
    } else if (entry.isFile() && wanted(path)) into.add(path);
  }
}

const INCLUDE = /^#[ \t]*include[ \t]*"([^"\n]+)"/gm;
/** Headers of headers are followed this far. */
const MAX_DEPTH = 3;

/**
 * Headers beside the sources that they include with quotes and that are not checked themselves: their inline functions
 * and types tell what the sources do.
 */
export function contextHeaders(files: readonly string[]): SourceFile[] {
  const known = new Set(files);
  const headers: string[] = [];
  let wave: readonly string[] = files;
  for (let depth = 0; depth < MAX_DEPTH && wave.length > 0; depth++) {
    const next: string[] = [];
    for (const file of wave) {
      for (const header of includesOf(file)) {
        if (known.has(header)) continue;
        known.add(header);
        if (statSync(header, { throwIfNoEntry: false })?.isFile() === true) next.push(header);
      }
    }
    headers.push(...next);
    wave = next;
  }
  return headers.sort().map((path) => ({ path, name: path }));
}

function includesOf(file: string): string[] {
  const text = headOf(file);
  if (!text.includes('include "')) return [];
  return [...text.matchAll(INCLUDE)]
    .map((match) => normalize(join(dirname(file), match[1] ?? '')))
    .filter((header) => header.endsWith('.h'));
}

/** Includes stand at a file's top: no more of it is read. */
const TOP = 16 * 1024;

function headOf(file: string): string {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(TOP);
    return buffer.toString('latin1', 0, readSync(handle, buffer, 0, TOP, 0));
  } catch {
    return '';
  } finally {
    closeSync(handle);
  }
}
