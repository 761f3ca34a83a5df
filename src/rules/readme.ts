import { InputError } from '../model/report.js';
import { readText } from './yaml-file.js';

/** Headings that a rule's README.md must have, in this order. */
export const README_HEADINGS = ['What it forbids', 'Why', 'How to fix', 'When it does not apply', 'Example'] as const;

/** A section of a README: what stands below a second-level heading. */
export interface ReadmeSection {
  readonly heading: string;
  /** Markdown, without blank lines around. */
  readonly body: string;
}

/** Splits a README.md at its second-level headings; headings inside fenced code do not count. */
export function readmeSections(markdown: string): (ReadmeSection & { readonly line: number })[] {
  const sections: { heading: string; line: number; lines: string[] }[] = [];
  let fenced = false;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? undefined : /^## +(.+?)\s*$/.exec(line)?.[1];
    if (heading !== undefined) sections.push({ heading, line: index + 1, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ heading, line, lines }) => ({ heading, line, body: lines.join('\n').trim() }));
}

/**
 * Reads and checks a rule's README.md: `# ID` first, then all of {@link README_HEADINGS} in order, none empty; more
 * sections may stand between them. Throws InputError.
 */
export function readReadme(path: string, id: string): readonly ReadmeSection[] {
  const text = readText(path);
  if (text.split(/\r?\n/, 1)[0]?.trim() !== `# ${id}`) throw new InputError(path, 1, `the first line is not '# ${id}'`);
  const sections = readmeSections(text);
  let from = 0;
  for (const heading of README_HEADINGS) {
    const at = sections.findIndex((section, index) => index >= from && section.heading === heading);
    const section = sections[at];
    if (!section) {
      const misplaced = sections.find((other) => other.heading === heading);
      const problem = misplaced ? `section '## ${heading}' is out of order` : `section '## ${heading}' is missing`;
      throw new InputError(path, misplaced?.line ?? text.trimEnd().split('\n').length, problem);
    }
    if (section.body === '') throw new InputError(path, section.line, `section '## ${heading}' is empty`);
    from = at + 1;
  }
  return sections.map(({ heading, body }) => ({ heading, body }));
}
