import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { InputError } from '../model/report.js';
import { isCFile, isTypescriptFile, SKIPPED } from './files.js';

/** One side of a change of sources; the other is on disk. */
export interface Change {
  /** Texts by path; undefined for a file that this side does not have. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** Whether this side is the one after the change. */
  readonly isAfter: boolean;
  /** Sources that the change touches outside the given paths, as the change names them, sorted. */
  readonly outside: readonly string[];
}

/** The sources that are looked at: the paths that were given, and the names that files under them go by. */
export interface Scope {
  readonly paths: readonly string[];
  /** By absolute path. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * What files on disk that differ from a revision were in it. Files that git does not know yet were not there.
 * Throws InputError where git cannot say.
 */
export function sinceRevision(revision: string, scope: Scope): Change {
  if (revision.startsWith('-')) throw new InputError('--diff', undefined, `'${revision}' is no revision`);
  const top = topOf(scope.paths);
  if (top === undefined) throw new InputError('--diff', undefined, `no git repository holds ${scope.paths[0] ?? '.'}`);
  const changed = git(top, ['diff', '--name-only', '--no-renames', '-z', revision], '--diff').split('\0');
  const absolute = scope.paths.map((path) => realpathSync(path));
  const others = ['ls-files', '--others', '--exclude-standard', '-z', '--', ...absolute];
  const unknown = git(top, others, '--diff').split('\0');
  const texts = new Map<string, string | undefined>();
  const outside: string[] = [];
  for (const name of changed.filter(canMatter)) {
    const own = ownName(top, name, scope);
    if (own !== undefined) texts.set(own, textAt(top, revision, name));
    else if (isSource(name)) outside.push(name);
  }
  for (const name of unknown.filter(canMatter)) {
    const own = ownName(top, name, scope);
    if (own !== undefined) texts.set(own, undefined);
  }
  return { texts, isAfter: false, outside: outside.sort() };
}

function isSource(name: string): boolean {
  return isCFile(name) || isTypescriptFile(name);
}

/** Whether a file of a change is a source, or something that sources may import. */
function canMatter(name: string): boolean {
  return (isCFile(name) || /\.[cm]?[jt]sx?$/.test(name)) && !name.split('/').some((part) => SKIPPED.has(part));
}

/** The top of the repository that holds the sources, which need not be that of the working directory. */
function topOf([first = '.']: readonly string[]): string | undefined {
  const within = statSync(first, { throwIfNoEntry: false })?.isDirectory() === true ? first : dirname(first);
  try {
    return git(within, ['rev-parse', '--show-toplevel'], '--diff').trim();
  } catch {
    return undefined;
  }
}

/** What a file of a change goes by here; undefined where it is not under the given paths. */
function ownName(top: string, name: string, scope: Scope): string | undefined {
  const path = resolve(top, name);
  const known = scope.names.get(path);
  if (known !== undefined) return known;
  const isGiven = scope.paths.some((given) => {
    const folder = resolve(given);
    const real = existsSync(given) ? realpathSync(given) : folder;
    return [folder, real].some((start) => path === start || path.startsWith(start.endsWith(sep) ? start : start + sep));
  });
  return isGiven ? relative(process.cwd(), path) : undefined;
}

/** A repository around the folder for temporary files has no say in what a patch is applied to. */
const APART = { ...process.env, GIT_CEILING_DIRECTORIES: realpathSync(tmpdir()) };

function git(folder: string, args: readonly string[], subject: string, input?: string): string {
  try {
    return execFileSync('git', args, {
      cwd: folder,
      encoding: 'latin1',
      maxBuffer: 1 << 30,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input === undefined ? {} : { input: Buffer.from(input, 'latin1'), env: APART }),
    });
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const line = stderr.split('\n').find((text) => text.trim() !== '') ?? 'git cannot be run';
    throw new InputError(subject, undefined, line.replace(/^(?:fatal|error): /, ''));
  }
}

function textAt(top: string, revision: string, name: string): string | undefined {
  const listed = git(top, ['ls-tree', '--name-only', revision, '--', name], '--diff').trim();
  return listed === '' ? undefined : git(top, ['show', `${revision}:${name}`], '--diff');
}

/**
 * What files on disk become when a patch is applied to them, or were where they have it already (`git diff` of them).
 * Names in a patch are counted from the top of the repository, or from the working directory.
 * @throws InputError for a text that is no patch, or one that fits the files neither way
 */
export function ofPatch(patch: string, scope: Scope): Change {
  // Git's prefixes differ from side to side; where there are none both sides go by one name.
  const isBare = /^--- ([^\t\n\r]+).*\r?\n\+\+\+ \1(?=[\t\n\r])/m.test(patch);
  const strip = !isBare && /^(?:---|\+\+\+) [abciow]\//m.test(patch) ? 1 : 0;
  const names = new Set<string>();
  for (const [, name = ''] of patch.matchAll(/^(?:---|\+\+\+) ([^\t\n\r]+)/gm)) {
    if (name !== '/dev/null') names.add(strip === 1 ? name.replace(/^[^/]*\//, '') : name);
  }
  if (names.size === 0 || !/^@@ /m.test(patch)) {
    throw new InputError('standard input', undefined, 'no patch (no lines --- a/FILE and @@)');
  }
  const top = [topOf(scope.paths), process.cwd()]
    .filter((folder) => folder !== undefined)
    .find((folder) => [...names].some((name) => existsSync(join(folder, name))));
  const base = top ?? process.cwd();
  const forward = applied(patch, [`-p${strip}`], base, names);
  const backward = forward instanceof InputError ? applied(patch, [`-p${strip}`, '-R'], base, names) : forward;
  if (backward instanceof InputError) throw forward;
  const texts = new Map<string, string | undefined>();
  const outside: string[] = [];
  for (const [name, text] of backward) {
    const own = ownName(base, name, scope);
    if (own !== undefined) texts.set(own, text);
    else if (isSource(name)) outside.push(name);
  }
  return { texts, isAfter: backward === forward, outside: outside.sort() };
}

/** Sources of a patch with it applied, by the names that it gives them, or why it cannot be. */
function applied(
  patch: string,
  how: readonly string[],
  base: string,
  names: ReadonlySet<string>,
): Map<string, string | undefined> | InputError {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-'));
  try {
    for (const name of names) {
      const text = readMaybe(join(base, name));
      if (text === undefined) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text, 'latin1');
    }
    git(folder, ['apply', '--whitespace=nowarn', ...how, '-'], 'standard input', patch);
    return new Map([...names].filter(canMatter).map((name) => [name, readMaybe(join(folder, name))]));
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readMaybe(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
