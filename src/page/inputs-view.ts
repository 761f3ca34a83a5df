import type { RunStats } from '../model/report.js';
import { counted } from '../report/layout.js';
import { el, scroller } from './dom.js';
import type { Page } from './page.js';

const NUMBERS = [
  'events',
  'classes',
  'dependencies',
  'chains',
  'schedules',
  'functions',
] as const satisfies readonly (keyof RunStats)[];

/** What was judged, how far the judgement reaches, and what the gate says. */
export function inputsView({ data }: Page): HTMLElement {
  const shown = NUMBERS.filter((name) => data.runs.some((run) => run.stats[name] > 0));
  const head = (text: string): HTMLElement => el('th', { scope: 'col' }, text);
  const rows = data.runs.map((run, index) => {
    const own = data.findings.filter((finding) => finding.run === index && finding.status !== 'suppressed');
    return el(
      'tr',
      {},
      el('th', { scope: 'row' }, run.input),
      el('td', {}, run.kind),
      el('td', { class: run.verdict }, run.verdict),
      ...(['error', 'warning', 'note'] as const).map((severity) =>
        el('td', { class: 'number' }, own.filter((finding) => finding.severity === severity).length),
      ),
      ...shown.map((name) => el('td', { class: 'number' }, run.stats[name].toLocaleString('en'))),
    );
  });
  const table = el(
    'table',
    {},
    el('thead', {}, el('tr', {}, ...['input', 'kind', 'verdict', 'errors', 'warnings', 'notes', ...shown].map(head))),
    el('tbody', {}, ...rows),
  );
  const notes = data.runs.flatMap((run) =>
    run.notes.map((note) => (data.runs.length > 1 ? `${run.input}: ${note}` : note)),
  );
  const { gate } = data;
  return el(
    'div',
    { class: 'inputs' },
    el('h2', {}, counted(data.runs.length, 'input')),
    scroller('Inputs', table),
    gate !== null && el('h2', {}, 'Gate'),
    gate !== null &&
      el(
        'p',
        {},
        `${gate.summary.new} new, ${gate.summary.known} known, ${gate.summary.fixed} fixed, ${gate.summary.suppressed} suppressed`,
      ),
    gate !== null && gate.notes.length > 0 && el('ul', {}, ...gate.notes.map((note) => el('li', {}, note))),
    notes.length > 0 && el('h2', {}, 'What the judgement rests on'),
    notes.length > 0 && el('ul', {}, ...notes.map((note) => el('li', {}, note))),
  );
}
