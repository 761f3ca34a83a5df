import type { Evidence, HeldDescription, Where } from '../model/finding.js';
import { counted, placeText } from '../report/layout.js';
import type { PageFinding } from '../report/page/data.js';
import { chainDrawing, orderDrawing } from './chain.js';
import { type Child, el, scroller } from './dom.js';
import { icon, kindOfText } from './kinds.js';
import type { Page } from './page.js';
import { hrefOf } from './route.js';
import { excerpt } from './source.js';
import { recordedDrawing, scenarioDrawing } from './timeline.js';

const SIGNS = { error: '■', warning: '▲', note: '●' } as const;

/** A severity as sign and word: colour alone tells nothing. */
export function severitySign(finding: PageFinding): HTMLElement {
  return el(
    'span',
    { class: `severity ${finding.severity}` },
    el('span', { 'aria-hidden': 'true' }, SIGNS[finding.severity]),
    ` ${finding.severity}`,
  );
}

/** A finding in full. */
export function findingArticle(page: Page, finding: PageFinding, headingLevel: 'h2' | 'h3' = 'h2'): HTMLElement {
  const { data } = page;
  const input = data.runs[finding.run]?.input ?? '';
  const known: Where = { ...finding.where, file: finding.where.file ?? input };
  const advice = data.advices[finding.advice];
  const { scenario, held } = finding.detail;
  const chain = chainDrawing(finding, (name) => page.kindOfLock(name, finding.run));
  const order = orderDrawing(finding, (name) => page.kindOfLock(name, finding.run));
  const recorded = recordedDrawing(finding);
  const source = excerpt(data, finding.where, input);
  return el(
    'article',
    { class: 'finding' },
    el('p', { class: 'tags' }, severitySign(finding), ' ', ruleTag(page, finding.rule), ...statusTags(finding)),
    el(headingLevel, { tabindex: -1 }, finding.message),
    facts(finding, input),
    finding.locks.length > 0 && locksLine(page, finding),
    ...section('Order of locks', order && scroller('Order of locks', order)),
    ...section('Chain', chain && scroller('Chain of locks', chain)),
    ...section('Scenario', scenario && scroller('Scenario', scenarioDrawing(scenario))),
    ...section('As recorded', recorded && scroller('As recorded', recorded)),
    ...section('How it came to this', steps(page, finding.evidence, known, input, source)),
    ...section('Locks held', held && held.length > 0 && heldTable(held, known)),
    ...section('To fix it', advice !== undefined && el('p', { class: 'prose' }, advice)),
    ...section('References', references(page, finding.rule)),
  );
}

function section(title: string, body: Child): Child[] {
  return body ? [el('h3', { class: 'part' }, title), body] : [];
}

function ruleTag(page: Page, rule: string): HTMLElement {
  const title = page.data.rules.find(({ id }) => id === rule)?.title;
  return el('span', { class: 'rule', title }, rule);
}

function statusTags({ status, confidence, known, silenced }: PageFinding): Child[] {
  const tags: Child[] = [' ', el('span', { class: `tag ${status}` }, status)];
  if (confidence === 'possible') tags.push(' ', el('span', { class: 'tag' }, 'possible'));
  if (known)
    tags.push(
      ' ',
      `${known.reason.trim() || 'no reason given'}${known.expires === undefined ? '' : `, until ${known.expires}`}`,
    );
  if (silenced) tags.push(' ', `${silenced.reason.trim() || 'no reason given'} (${silenced.place})`);
  return tags;
}

function facts(finding: PageFinding, input: string): HTMLElement {
  const { where, detail, count, subsystem, fingerprint } = finding;
  const place = [where.file ?? input, where.line].filter((part) => part !== undefined).join(':');
  const { file: _file, line: _line, ...rest } = where;
  const rows: [string, string][] = [
    ['at', place],
    ['in', placeText(rest)],
    ['context', (detail.context ?? []).join(', ')],
    ['subsystem', subsystem],
    ['input', where.file === undefined || where.file === input ? '' : input],
    ['seen', count === 1 ? 'once' : counted(count, 'time')],
    ['fingerprint', fingerprint],
  ];
  const list = el('dl', { class: 'facts' });
  for (const [name, value] of rows) if (value !== '') list.append(el('dt', {}, name), el('dd', {}, value));
  return list;
}

function locksLine(page: Page, finding: PageFinding): HTMLElement {
  const line = el('p', { class: 'locks' }, 'locks ');
  for (const name of new Set(finding.locks)) line.append(lockLink(page, name, finding.run), ' ');
  return line;
}

/** A lock's name, as a link to where the graph shows it. */
function lockLink(page: Page, name: string, run: number): HTMLElement {
  const graph = page.graphWith(name, run);
  const kind = page.kindOfLock(name, run);
  const parts = [kind && icon(kind), name];
  if (graph === undefined) return el('code', { class: 'lock' }, ...parts);
  return el('a', { class: 'lock', href: hrefOf('graph', { g: String(graph), class: name }) }, ...parts);
}

function steps(
  page: Page,
  evidence: readonly Evidence[],
  known: Where,
  input: string,
  own: HTMLElement | undefined,
): Child {
  if (evidence.length === 0) return own;
  const list = el('ol', { class: 'steps' });
  for (const { what, where } of evidence) {
    const place = placeText(where, known);
    list.append(
      el(
        'li',
        {},
        el('span', { class: 'what' }, what),
        place !== '' && el('span', { class: 'place' }, place),
        excerpt(page.data, where, input),
      ),
    );
  }
  return list;
}

function heldTable(held: readonly HeldDescription[], known: Where): HTMLElement {
  const body = el('tbody');
  for (const [at, lock] of held.entries()) {
    const how = [lock.read && 'read', lock.trylock && 'try'].filter(Boolean).join(', ');
    const cell = (text: string): HTMLElement => el('td', {}, text);
    body.append(
      el(
        'tr',
        {},
        cell(`#${at}`),
        el('th', { scope: 'row' }, icon(kindOfText(lock.wait)), lock.name),
        cell(lock.usage.replace(/[{}]/g, '')),
        cell(lock.wait.replace(/[{}]/g, '')),
        cell(how),
        cell(placeText(lock.where, known)),
      ),
    );
  }
  const heads = ['', 'class, outermost first', 'usage', 'wait', 'how', 'taken at'].map((head) =>
    head === '' ? el('td') : el('th', { scope: 'col' }, head),
  );
  return scroller('Locks held', el('table', {}, el('thead', {}, el('tr', {}, ...heads)), body));
}

/** References of a rule: shown as text, as a page without network leads nowhere. */
function references(page: Page, rule: string): Child {
  const found = page.data.rules.find(({ id }) => id === rule)?.references ?? [];
  return found.length > 0 && el('ul', { class: 'references' }, ...found.map((one) => el('li', {}, one)));
}
