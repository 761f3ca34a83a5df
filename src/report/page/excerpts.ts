import type { Finding, Where } from '../../model/finding.js';
import type { InputKind, Run } from '../../model/report.js';
import type { PageSource } from './data.js';

/** Lines shown before and behind the line that a step is at. */
const AROUND = 3;
/** Larger files are no sources that anyone reads. */
const LARGEST = 4_000_000;
/** Characters of one line: what is generated may have no line ends. */
const WIDEST = 240;

/** Inputs whose places are lines of a text that is worth showing. */
const READABLE: ReadonlySet<InputKind> = new Set<InputKind>(['c', 'typescript', 'scenario', 'dmesg']);

/** Excerpts of the sources that findings name, where `read` finds them: a few lines around every step. */
export function excerptsOf(runs: readonly Run[], read: (file: string) => string | undefined): PageSource[] {
  const wanted = new Map<string, Set<number>>();
  for (const run of runs) {
    if (!READABLE.has(run.kind)) continue;
    const findings = [...run.findings, ...(run.suppressed ?? []).map(({ finding }) => finding)];
    for (const place of findings.flatMap(placesOf)) {
      if (place.line === undefined) continue;
      const file = place.file ?? run.input;
      wanted.set(file, (wanted.get(file) ?? new Set()).add(place.line));
    }
  }
  return [...wanted].flatMap(([file, lines]) => {
    const text = read(file);
    if (text === undefined || text.length > LARGEST || text.includes('\0')) return [];
    const parts = partsOf(text.split('\n'), lines);
    return parts.length === 0 ? [] : [{ file, parts }];
  });
}

/** Every place that a finding names. */
function placesOf({ where, evidence, detail }: Finding): Where[] {
  const { held = [], wanted } = detail ?? {};
  return [
    where,
    ...evidence.map((step) => step.where),
    ...held.map((lock) => lock.where),
    ...(wanted ? [wanted.where] : []),
  ];
}

function partsOf(all: readonly string[], lines: ReadonlySet<number>): PageSource['parts'] {
  const parts: { first: number; lines: string[] }[] = [];
  for (const line of [...lines].filter((one) => one >= 1 && one <= all.length).sort((a, b) => a - b)) {
    const last = parts.at(-1);
    const shown = last === undefined ? 0 : last.first + last.lines.length - 1;
    const end = Math.min(line + AROUND, all.length);
    const first = Math.max(line - AROUND, 1);
    if (last !== undefined && first <= shown + 1) last.lines.push(...all.slice(shown, end).map(cut));
    else parts.push({ first, lines: all.slice(first - 1, end).map(cut) });
  }
  return parts;
}

function cut(line: string): string {
  const text = line.replace(/\r$/, '');
  return text.length > WIDEST ? `${text.slice(0, WIDEST)}…` : text;
}
