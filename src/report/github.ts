import type { Finding, Severity } from '../model/finding.js';
import type { Run } from '../model/report.js';
import { printable } from './escape.js';
import { counted } from './layout.js';
import type { Rendered, RenderOptions } from './options.js';
import { fileOf, messageOf } from './place.js';

const COMMAND: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };
/** Annotations of a type that GitHub shows for a step; the others are in the log only. */
const SHOWN = 10;

/**
 * GitHub's workflow commands: an annotation a new finding, at its place. Known and suppressed findings get none; a last line, which
 * is no command, says how many they are and which annotations GitHub will not show.
 */
export function renderGithub(runs: readonly Run[], { root, gate }: RenderOptions): Rendered {
  const found = runs.flatMap((run) => run.findings.filter(({ known }) => !known).map((finding) => ({ run, finding })));
  const lines = found.map(({ run, finding }) => annotation(finding, run.input, root));
  for (const severity of ['error', 'warning', 'note'] as const) {
    const count = found.filter(({ finding }) => finding.severity === severity).length;
    if (count > SHOWN)
      lines.push(`lockvet: GitHub shows the first ${SHOWN} of ${counted(count, severity)} as annotations`);
  }
  if (gate) {
    const { known, fixed, suppressed } = gate.summary;
    lines.push(`lockvet: ${found.length} new, ${known} known, ${fixed} fixed, ${suppressed} suppressed`);
  }
  return { text: lines.map((line) => `${line}\n`).join(''), omissions: [] };
}

function annotation(finding: Finding, input: string, root: string): string {
  const { severity, rule, where, advice } = finding;
  const properties = [
    `file=${property(fileOf(where, input, root))}`,
    ...(where.line === undefined ? [] : [`line=${where.line}`]),
    `title=${property(`lockvet: ${rule}`)}`,
  ].join(',');
  const message = [messageOf(finding), ...(advice === undefined ? [] : [advice])];
  return `::${COMMAND[severity]} ${properties}::${message.map((line) => data(printable(line))).join('%0A')}`;
}

/** A message: what would end the command or begin an escape. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A property's value: also what would end it. */
function property(text: string): string {
  return data(printable(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
