import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { verdictOf } from '../model/report.js';
import type { SourceFile } from './c/front.js';
import { oneKindEach } from './catalogue.js';
import { type Change, ofPatch, sinceRevision } from './change.js';
import { type Checked, type CheckOptions, together } from './check.js';
import { contextHeaders, isCFile, isTypescriptFile, noSource, sourceFiles } from './files.js';

/**
 * Findings that a change brings in: both sides are analysed whole, since what a change breaks may be in a file that it
 * does not touch, and findings of the new side that the old side has, too, are left out.
 * @param revision a git revision that the files on disk are compared with, or `-`: a patch on standard input that is
 *   compared with the files on disk, which may have it already. Throws InputError where git cannot say.
 */
export async function checkDiff(paths: readonly string[], revision: string, options: CheckOptions): Promise<Checked> {
  const { c, typescript, problems } = sourceFiles(paths);
  const headers = contextHeaders(c);
  const files = [...c, ...headers.map(({ name }) => name), ...typescript];
  const scope = { paths, names: new Map(files.map((file) => [resolve(file), file])) };
  const change = revision === '-' ? ofPatch(readFileSync(0, 'latin1'), scope) : sinceRevision(revision, scope);
  const input = paths.join(' ');
  const sides = [
    await cSides(c, headers, change, input, options),
    await typescriptSides(typescript, change, input, options),
  ].filter((side) => side !== undefined);
  const [first, second] = sides.map(({ disk, changed }) => (change.isAfter ? changed : disk));
  if (first === undefined) throw noSource(paths, problems);
  const run = second === undefined ? first.run : together(first.run, second.run);
  const before = sides.flatMap(({ disk, changed }) => (change.isAfter ? disk : changed).run.findings);
  const known = new Set(before.map((finding) => finding.fingerprint));
  const findings = run.findings.filter((finding) => !known.has(finding.fingerprint));
  const notes = [...problems.map(({ message }) => message), ...run.notes, ...outsideNotes(change)];
  const catalogue = oneKindEach([...first.catalogue, ...(second?.catalogue ?? [])]);
  return { run: { ...run, findings, notes, verdict: verdictOf(findings) }, catalogue };
}

/** What files are judged to be on disk and on the other side of a change. */
interface Sides {
  readonly disk: Checked;
  readonly changed: Checked;
}

async function cSides(
  paths: readonly string[],
  context: readonly SourceFile[],
  { texts }: Change,
  input: string,
  options: CheckOptions,
): Promise<Sides | undefined> {
  const files = paths.map((path): SourceFile => ({ path, name: path }));
  const headers = new Set(context.map((file) => file.name));
  const other = replaced([...files, ...context], only(texts, isCFile));
  if (files.length + other.length === 0) return undefined;
  const { checkFiles } = await import('./kernel.js');
  const disk = await checkFiles(files, context, input, options);
  const changed = await checkFiles(
    other.filter((file) => !headers.has(file.name)),
    other.filter((file) => headers.has(file.name)),
    input,
    options,
  );
  return { disk, changed };
}

async function typescriptSides(
  files: readonly string[],
  change: Change,
  input: string,
  options: CheckOptions,
): Promise<Sides | undefined> {
  const texts = only(change.texts, (name) => !isCFile(name));
  const own = files.map((path): SourceFile => ({ path, name: path }));
  const other = replaced(own, only(texts, isTypescriptFile)).map(({ name }) => name);
  if (files.length + other.length === 0) return undefined;
  const { checkTypescript } = await import('./typescript/check.js');
  const disk = await checkTypescript(files, input, options);
  return { disk, changed: texts.size === 0 ? disk : await checkTypescript(other.sort(), input, options, texts) };
}

function only(texts: Change['texts'], isWanted: (name: string) => boolean): Change['texts'] {
  return new Map([...texts].filter(([name]) => isWanted(name)));
}

/** Files named in the note on what is not looked at. */
const MOST_NAMED = 3;

function outsideNotes({ outside }: Change): string[] {
  if (outside.length === 0) return [];
  const more = outside.length - MOST_NAMED;
  const named = outside.slice(0, MOST_NAMED).join(', ');
  return [
    `the change touches sources outside the given paths, not looked at: ${named}${more > 0 ? ` and ${more} more` : ''}`,
  ];
}

function replaced(files: readonly SourceFile[], texts: Change['texts']): SourceFile[] {
  const out: SourceFile[] = [];
  const known = new Set<string>();
  for (const file of files) {
    known.add(file.name);
    const text = texts.get(file.name);
    if (!texts.has(file.name)) out.push(file);
    else if (text !== undefined) out.push({ ...file, text });
  }
  for (const [name, text] of texts) {
    if (!known.has(name) && text !== undefined) out.push({ path: name, name, text });
  }
  return out;
}
