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

/** The comments of sources, and which of them silenced something. */
export class Comments {
  readonly #read: (file: string) => string | undefined;
  readonly #known = new Map<string, Directive[]>();
  readonly #used = new Set<string>();

  /** @param read the text of a source by the name that findings give it, undefined where it cannot be read */
  constructor(read: (file: string) => string | undefined) {
    this.#read = read;
  }

  /** The comment that silences a rule at a line. */
  covering(file: string, line: number, rule: string): Directive | undefined {
    const by = this.#of(file).find(({ covers, rules }) => covers === line && rules.includes(rule));
    if (by !== undefined) this.#used.add(`${file}:${by.line} ${rule}`);
    return by;
  }

  /** What comments of these sources say and nothing needed, in plain sentences: stale excuses, and slips of the pen. */
  unused(files: Iterable<string>): string[] {
    return [...new Set(files)].sort().flatMap((file) =>
      this.#of(file).flatMap(({ line, rules }) => {
        if (rules.length === 0) return [`${file}:${line}: lockvet-ignore names no rule: it suppresses nothing`];
        const idle = rules.filter((rule) => !this.#used.has(`${file}:${line} ${rule}`));
        return idle.map((rule) => `${file}:${line}: lockvet-ignore ${rule} suppresses nothing`);
      }),
    );
  }

  #of(file: string): Directive[] {
    let found = this.#known.get(file);
    if (found === undefined) {
      found = directives(this.#read(file) ?? '');
      this.#known.set(file, found);
    }
    return found;
  }
}

const SOURCE = /\.(?:c|h|cc|cpp|ts|mts|cts)$/;

/** Takes out the findings that a comment in the source silences. */
export function siftBySource(findings: readonly Finding[], comments: Comments): Sifted {
  const standing: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of findings) {
    const { file, line } = finding.where;
    const by =
      file === undefined || line === undefined || !SOURCE.test(file)
        ? undefined
        : comments.covering(file, line, finding.rule);
    if (by === undefined) standing.push(finding);
    else suppressed.push({ finding, by: 'source', place: `${file}:${by.line}`, reason: by.reason });
  }
  return { findings: standing, suppressed };
}
