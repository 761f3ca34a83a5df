import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { InputError, verdictOf } from '../model/report.js';
import type { SourceFile } from './c/front.js';
import { type Checked, type CheckOptions, checkFiles } from './check.js';
import { cFiles, contextHeaders, isCFile } from './files.js';

/**
 * Findings that a change brings in: both sides are analysed whole, since what a change breaks may be in a file that it
 * does not touch, and findings of the new side that the old side has, too, are left out.
 * @param revision a git revision that the files on disk are compared with, or `-`: a patch on standard input that is
 *   compared with the files on disk. Throws InputError where git cannot say.
 */
export async function checkDiff(paths: readonly string[], revision: string, options: CheckOptions): Promise<Checked> {
  const files = cFiles(paths).map((path): SourceFile => ({ path, name: path }));
  const context = contextHeaders(files.map((file) => file.path));
  const names = new Map([...files, ...context].map((file) => [resolve(file.path), file.name]));
  const other = revision === '-' ? patched(readFileSync(0, 'latin1')) : revised(paths, revision, names);
  const replaced = replace([...files, ...context], other);
  const input = paths.join(' ');
  const disk = await checkFiles(files, context, input, options);
  const changed = await checkFiles(replaced, [], input, options);
  const [before, after] = revision === '-' ? [disk, changed] : [changed, disk];
  const known = new Set(before.run.findings.map((finding) => finding.fingerprint));
  const findings = after.run.findings.filter((finding) => !known.has(finding.fingerprint));
  return { ...after, run: { ...after.run, findings, verdict: verdictOf(findings) } };
}

/** Texts of the other side by path; undefined for a file that it does not have. */
type Texts = ReadonlyMap<string, string | undefined>;

function replace(files: readonly SourceFile[], other: Texts): SourceFile[] {
  const out: SourceFile[] = [];
  const known = new Set<string>();
  for (const file of files) {
    known.add(file.name);
    const text = other.get(file.name);
    if (!other.has(file.name)) out.push(file);
    else if (text !== undefined) out.push({ ...file, text });
  }
  for (const [name, text] of other) {
    if (!known.has(name) && text !== undefined) out.push({ path: name, name, text });
  }
  return out;
}

function git(folder: string, args: readonly string[], subject: string, input?: string): string {
  try {
    return execFileSync('git', args, {
      cwd: folder,
      encoding: 'latin1',
      maxBuffer: 1 << 30,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input === undefined ? {} : { input: Buffer.from(input, 'latin1') }),
    });
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const line = stderr.split('\n').find((text) => text.trim() !== '') ?? 'git cannot be run';
    throw new InputError(subject, undefined, line.replace(/^(?:fatal|error): /, ''));
  }
}

/** What files that differ from a revision were in it. */
function revised(paths: readonly string[], revision: string, names: ReadonlyMap<string, string>): Texts {
  if (revision.startsWith('-')) throw new InputError('--diff', undefined, `'${revision}' is no revision`);
  // Where the sources are, which need not be the repository of the working directory.
  const [first = '.'] = paths;
  const within = statSync(first, { throwIfNoEntry: false })?.isDirectory() === true ? first : dirname(first);
  const top = git(within, ['rev-parse', '--show-toplevel'], '--diff').trim();
  const absolute = paths.map((path) => realpathSync(path));
  const listed = git(top, ['diff', '--name-only', '--no-renames', '-z', revision, '--', ...absolute], '--diff');
  const texts = new Map<string, string | undefined>();
  for (const name of listed.split('\0')) {
    if (!isCFile(name)) continue;
    const path = resolve(top, name);
    texts.set(names.get(path) ?? relative(process.cwd(), path), textAt(top, revision, name));
  }
  return texts;
}

function textAt(top: string, revision: string, name: string): string | undefined {
  const listed = git(top, ['ls-tree', '--name-only', revision, '--', name], '--diff').trim();
  return listed === '' ? undefined : git(top, ['show', `${revision}:${name}`], '--diff');
}

/** What files become when a patch is applied to them. */
function patched(patch: string): Texts {
  const names = new Set<string>();
  for (const match of patch.matchAll(/^(?:---|\+\+\+) [ab]\/([^\t\n]+)/gm))
    if (match[1] !== undefined) names.add(match[1]);
  if (names.size === 0) throw new InputError('standard input', undefined, 'no patch (no line --- a/FILE)');
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-'));
  try {
    for (const name of names) {
      const text = readMaybe(name);
      if (text === undefined) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text, 'latin1');
    }
    git(folder, ['apply', '--whitespace=nowarn', '-'], 'standard input', patch);
    const texts = new Map<string, string | undefined>();
    for (const name of names) if (isCFile(name)) texts.set(name, readMaybe(join(folder, name)));
    return texts;
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
