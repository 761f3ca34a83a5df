import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { verdictOf } from '../model/report.js';
import type { SourceFile } from './c/front.js';
import { type Change, ofPatch, sinceRevision } from './change.js';
import { type Checked, type CheckOptions, checkFiles } from './check.js';
import { cFiles, contextHeaders } from './files.js';

/**
 * Findings that a change brings in: both sides are analysed whole, since what a change breaks may be in a file that it
 * does not touch, and findings of the new side that the old side has, too, are left out.
 * @param revision a git revision that the files on disk are compared with, or `-`: a patch on standard input that is
 *   compared with the files on disk, which may have it already. Throws InputError where git cannot say.
 */
export async function checkDiff(paths: readonly string[], revision: string, options: CheckOptions): Promise<Checked> {
  const files = cFiles(paths).map((path): SourceFile => ({ path, name: path }));
  const context = contextHeaders(files.map((file) => file.path));
  const names = new Map([...files, ...context].map((file) => [resolve(file.path), file.name]));
  const scope = { paths, names };
  const change = revision === '-' ? ofPatch(readFileSync(0, 'latin1'), scope) : sinceRevision(revision, scope);
  const headers = new Set(context.map((file) => file.name));
  const other = replaced([...files, ...context], change.texts);
  const input = paths.join(' ');
  const disk = await checkFiles(files, context, input, options);
  const changed = await checkFiles(
    other.filter((file) => !headers.has(file.name)),
    other.filter((file) => headers.has(file.name)),
    input,
    options,
  );
  const [before, after] = change.isAfter ? [disk, changed] : [changed, disk];
  const known = new Set(before.run.findings.map((finding) => finding.fingerprint));
  const findings = after.run.findings.filter((finding) => !known.has(finding.fingerprint));
  const notes = [...after.run.notes, ...outsideNotes(change)];
  return { ...after, run: { ...after.run, findings, notes, verdict: verdictOf(findings) } };
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
