import type { Evidence, Finding, HeldDescription, Known, Where } from '../model/finding.js';
import { printable } from './escape.js';
import { columns, counted, placeText, wrap } from './layout.js';
import type { Paint } from './paint.js';
import { scenarioLines } from './scenario.js';

const WIDTH = 110;

/**
 * One finding as lines of text: headline, what was done, what was held, how it came to this, how to mend it. `isRepeat`:
 * a finding of the same rule with the same advice stands above, so the advice need not be said again.
 */
export function findingLines(finding: Finding, input: string, isRepeat: boolean, paint: Paint): string[] {
  const known: Where = { ...finding.where, file: finding.where.file ?? input };
  const lines = [headline(finding, known, paint)];
  const section = (title: string, body: readonly string[]): void => {
    if (body.length === 0) return;
    lines.push('', `  ${paint.strong(title)}`, ...body.map((line) => (line === '' ? '' : `    ${line}`)));
  };
  if (finding.known) lines.push(`  ${paint.dim('known:')} ${knownText(finding.known)}`);
  lines.push(...circumstances(finding, known, paint));
  const { wanted, held, scenario } = finding.detail ?? {};
  if (wanted && isLock(wanted)) section('wanted:', [wantedLine(wanted, finding, known, paint)]);
  if (held) {
    section(`${counted(held.length, 'lock')} held, outermost first:`, heldLines(held, finding, known, paint));
  }
  section('how it came to this:', evidenceLines(finding.evidence, known, paint));
  if (scenario) section('possible unsafe locking scenario:', ['', ...scenarioLines(scenario)]);
  if (finding.advice && isRepeat)
    lines.push('', `  ${paint.strong('to fix it:')} see ${printable(finding.rule)} above`);
  else if (finding.advice) section('to fix it:', wrap(printable(finding.advice), WIDTH - 4));
  lines.push('', `  ${paint.dim(footer(finding))}`);
  return lines;
}

/** `FILE:LINE: error: message [rule]`: one line that editors and grep understand. */
function headline(finding: Finding, known: Where, paint: Paint): string {
  const place = [printable(known.file ?? ''), known.line].filter((part) => part !== undefined).join(':');
  const { severity, message, rule } = finding;
  const doubt = finding.confidence === 'possible' ? ' (possible)' : '';
  const what = paint.strong(printable(message));
  return `${place}: ${paint.severity(severity, `${severity}:`)} ${what}${doubt} ${paint.dim(`[${printable(rule)}]`)}`;
}

/** Why a known finding may stay, and how long. */
function knownText({ reason, expires }: Known): string {
  const until = expires === undefined ? '' : `, until ${printable(expires)}`;
  return `${reason.trim() === '' ? 'no reason given' : printable(reason)}${until}`;
}

function circumstances(finding: Finding, known: Where, paint: Paint): string[] {
  const { file: _file, line: _line, ...rest } = known;
  const place = placeText(rest);
  const context = (finding.detail?.context ?? []).map(printable).join(', ');
  return [
    ...(place === '' ? [] : [`  ${paint.dim('in')} ${place}`]),
    ...(context === '' ? [] : [`  ${paint.dim('context:')} ${context}`]),
    ...(finding.detail?.held?.length === 0 ? ['  no locks held'] : []),
  ];
}

/** What was wanted may be no lock but a call, which the headline and the evidence name. */
function isLock(wanted: HeldDescription): boolean {
  return wanted.wait !== '' || wanted.usage !== '';
}

function wantedLine(wanted: HeldDescription, finding: Finding, known: Where, paint: Paint): string {
  const place = placeText(wanted.where, known);
  const isSaid = place === '' || place === placeText(finding.where, known);
  return `${paint.lock(lockText(wanted))}${isSaid ? '' : `  ${paint.dim(place)}`}`;
}

/** lockdep's `#0: (name){usage}-{outer:inner}`, aligned, with how and where each was taken; the finding's own stand out. */
function heldLines(held: readonly HeldDescription[], finding: Finding, known: Where, paint: Paint): string[] {
  const rows = columns(held.map((lock, i) => [`#${i}: ${lockText(lock)}`, placeText(lock.where, known)]));
  return held.map((lock, i) => {
    const [text = '', place = ''] = rows[i] ?? [];
    return `${finding.locks.includes(lock.name) ? paint.lock(text) : text}${paint.dim(place)}`.trimEnd();
  });
}

function lockText(lock: HeldDescription): string {
  const usage = lock.usage === '' ? '' : `{${lock.usage.replace(/[{}]/g, '')}}`;
  const wait = lock.wait === '' ? '' : `{${lock.wait.replace(/[{}]/g, '')}}`;
  const how = [lock.read && 'read', lock.trylock && 'try'].filter(Boolean).join(', ');
  const marks = [usage, wait].filter(Boolean).join('-');
  return `(${printable(lock.name)})${printable(marks)}${how === '' ? '' : ` ${how}`}`;
}

function evidenceLines(evidence: readonly Evidence[], known: Where, paint: Paint): string[] {
  const rows = evidence.map((step) => [`-> ${printable(step.what)}`, placeText(step.where, known)]);
  return rows.map(([what = '', place = '']) => (place === '' ? what : `${what}  ${paint.dim(place)}`));
}

function footer(finding: Finding): string {
  const seen = finding.count === 1 ? 'seen once' : `seen ${counted(finding.count, 'time')}`;
  return `${seen}; fingerprint ${printable(finding.fingerprint)}`;
}
