import type { Finding } from '../model/finding.js';
import type { Suppressed } from '../model/report.js';

/** A comment `lockvet-ignore RULE: reason` in a source. */
export interface Directive {
  /** 1-based line that the comment is on. */
  readonly line: number;
  /** 1-based line whose findings it silences. */
  readonly covers: number;
  /** The rules that it silences; empty where the comment names none, and then it silences nothing. */
  readonly rules: readonly string[];
  /** '' where none is given. */
  readonly reason: string;
}

const DIRECTIVE =
  /(?:\/\/|\/\*)\s*lockvet-ignore\b[ \t]*([a-z][a-z0-9-]*(?:\s*,\s*[a-z][a-z0-9-]*)*)?\s*(?::\s*(.*?))?\s*(?:\*\/.*)?$/;
/** Lines that hold no code: blank, or within a comment that began above. */
const NO_CODE = /^\s*(?:\/\/.*|\/\*(?:(?!\*\/).)*(?:\*\/\s*)?|\*.*)?$/;

/**
 * The directives of a TypeScript or C source. A comment behind code covers its own line; one on a line of its own covers the next
 * line that holds code.
 */
export function directives(source: string): Directive[] {
  if (!source.includes('lockvet-ignore')) return [];
  const lines = source.split(/\r?\n/);
  return lines.flatMap((text, index) => {
    const found = DIRECTIVE.exec(text);
    if (!found) return [];
    const rules = (found[1] ?? '').split(',').map((rule) => rule.trim());
    const covers = text.slice(0, found.index).trim() === '' ? nextCode(lines, index + 1) : index;
    return [
      {
        line: index + 1,
        covers: covers + 1,
        rules: rules.filter((rule) => rule !== ''),
        reason: found[2]?.trim() ?? '',
      },
    ];
  });
}

function nextCode(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && NO_CODE.test(lines[at] ?? '')) at++;
  return at;
}

/** Findings that stand, and those that a comment at their place silences. */
export interface Sifted {
  readonly findings: Finding[];
  readonly suppressed: Suppressed[];
}

const SOURCE = /\.(?:c|h|cc|cpp|ts|mts|cts)$/;

/**
 * Takes out the findings that a comment in the source silences.
 * @param read the text of a source by the name that findings give it, undefined where it cannot be read
 */
export function siftBySource(findings: readonly Finding[], read: (file: string) => string | undefined): Sifted {
  const known = new Map<string, Directive[]>();
  const directivesOf = (file: string): Directive[] => {
    const cached = known.get(file);
    if (cached) return cached;
    const found = directives(read(file) ?? '');
    known.set(file, found);
    return found;
  };
  const standing: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of findings) {
    const { file, line } = finding.where;
    const by =
      file === undefined || line === undefined || !SOURCE.test(file)
        ? undefined
        : directivesOf(file).find(({ covers, rules }) => covers === line && rules.includes(finding.rule));
    if (by === undefined) standing.push(finding);
    else suppressed.push({ finding, by: 'source', place: `${file}:${by.line}`, reason: by.reason });
  }
  return { findings: standing, suppressed };
}
