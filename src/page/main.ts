import './style.css';
import { counted } from '../report/layout.js';
import type { PageData } from '../report/page/data.js';
import { button, el, replace } from './dom.js';
import { arrowHeads } from './drawing.js';
import { FindingsView } from './findings-view.js';
import { GraphView } from './graph-view.js';
import { inputsView } from './inputs-view.js';
import { type Key, keyHelp, listen } from './keys.js';
import { Page } from './page.js';
import { currentRoute, go, hrefOf, VIEWS, type View } from './route.js';
import { themeButton } from './theme.js';

/** Findings that are printed in full. */
const PRINTED = 200;
const TITLES: Readonly<Record<View, string>> = { findings: 'Findings', graph: 'Lock graph', inputs: 'Inputs' };

start(new Page(JSON.parse(document.getElementById('lockvet-data')?.textContent ?? '') as PageData));

function start(page: Page): void {
  const { data } = page;
  const fallback: View = data.findings.length > 0 || data.graphs.length === 0 ? 'findings' : 'inputs';
  const findings = new FindingsView(page);
  const graph = new GraphView(page);
  const inputs = inputsView(page);
  const elements: Readonly<Record<View, HTMLElement>> = {
    findings: data.findings.length > 0 ? findings.element : nothingFound(page),
    graph: graph.element,
    inputs,
  };
  const main = el('main', { id: 'main', tabindex: -1 });
  const print = el('div', { class: 'print' });
  const links = new Map(
    VIEWS.map((view) => [view, el('a', { href: hrefOf(view) }, `${TITLES[view]}${countOf(page, view)}`)]),
  );

  const show = (): void => {
    const route = currentRoute(fallback);
    document.title = `${TITLES[route.view]}: lockvet`;
    for (const [view, link] of links) {
      if (view === route.view) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (main.firstElementChild !== elements[route.view]) replace(main, elements[route.view]);
    if (route.view === 'findings') findings.show(route);
    if (route.view === 'graph') graph.show(route);
  };

  const keys: Key[] = [
    { key: 'j', does: 'next finding', run: () => findings.step(1) },
    { key: 'k', does: 'previous finding', run: () => findings.step(-1) },
    {
      key: '/',
      does: 'search in this view',
      run: () => (currentRoute(fallback).view === 'graph' ? graph : findings).focusSearch(),
    },
    { key: 'f', does: 'findings', run: () => go(hrefOf('findings')) },
    { key: 'g', does: 'lock graph', run: () => go(hrefOf('graph')) },
    { key: 'i', does: 'inputs', run: () => go(hrefOf('inputs')) },
    { key: '?', does: 'this list', run: () => help.open() },
  ];
  const help = keyHelp([...keys, { key: 'Esc', does: 'leave a field or this list', run: () => {} }]);
  listen(
    keys.map((key) =>
      key.key === 'j' || key.key === 'k'
        ? { ...key, run: () => void (currentRoute(fallback).view === 'findings' && key.run()) }
        : key,
    ),
  );

  const skip = el('a', { class: 'skip', href: '#main' }, 'Skip to the content');
  skip.addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
  });
  replace(
    document.body,
    skip,
    el(
      'header',
      {},
      el('h1', {}, 'lockvet', el('span', { class: 'version' }, data.version)),
      el('p', { class: 'verdict' }, ...verdict(data)),
      data.store !== null && runPicker(data.store),
      el('nav', { 'aria-label': 'Views' }, ...links.values()),
      el(
        'div',
        { class: 'right' },
        themeButton(() => graph.recolour()),
        button('Keys', () => help.open()),
      ),
    ),
    main,
    print,
    arrowHeads(),
    help.dialog,
  );
  window.addEventListener('hashchange', show);
  show();
  // For who measures how long it took.
  performance.mark('lockvet-usable');
  printing(() => {
    const { view } = currentRoute(fallback);
    replace(print, ...(view === 'findings' ? [inputsView(page), findings.printed(PRINTED)] : []));
  });
  const { live } = document.documentElement.dataset;
  if (live !== undefined) reloadAfter(live);
}

/** A clean result needs no filters. */
function nothingFound(page: Page): HTMLElement {
  const view = inputsView(page);
  view.prepend(el('p', { class: 'clean' }, 'Nothing was found.'));
  return view;
}

function countOf({ data }: Page, view: View): string {
  if (view === 'findings') return ` (${data.findings.length})`;
  if (view === 'inputs') return ` (${data.runs.length})`;
  const classes = data.graphs.reduce((sum, { classes: { name } }) => sum + name.length, 0);
  return ` (${classes.toLocaleString('en')})`;
}

/** What the whole comes to, in one line. */
function verdict({ findings, runs, gate }: PageData): (string | HTMLElement)[] {
  const parts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity && finding.status !== 'suppressed').length;
    return count === 0 ? [] : [el('span', { class: `severity ${severity}` }, counted(count, severity))];
  });
  const said =
    parts.length === 0
      ? [el('span', { class: 'clean' }, 'clean')]
      : parts.flatMap((part, i) => (i === 0 ? [part] : [', ', part]));
  const [only] = runs;
  const where = runs.length === 1 && only ? only.input : counted(runs.length, 'input');
  const known =
    gate === null
      ? ''
      : `; ${gate.summary.new} new, ${gate.summary.known} known, ${gate.summary.suppressed} suppressed`;
  return [...said, ` in ${where}${known}`];
}

/** Calls `prepare` before the page is laid out for paper. */
function printing(prepare: () => void): void {
  window.addEventListener('beforeprint', prepare);
  matchMedia('print').addEventListener('change', ({ matches }) => {
    if (matches) prepare();
  });
}

/** Goes to another stored run. The latest has no number in its address: it gives way to what is stored next. */
function runPicker({ shown, runs }: NonNullable<PageData['store']>): HTMLElement {
  const latest = runs[0]?.id;
  const options = runs.map((run) => {
    const time = run.time.slice(0, 16).replace('T', ' ');
    const text = `${run.id}: ${run.command}, ${time}${run.revision === '' ? '' : `, ${run.revision.slice(0, 12)}`}, ${run.new} new`;
    return el('option', { value: run.id, selected: run.id === shown }, text);
  });
  const select = el('select', { class: 'run-picker', 'aria-label': 'Stored run' }, ...options);
  select.addEventListener('change', () => {
    location.href = `${select.value === String(latest) ? './' : select.value}${location.hash}`;
  });
  return select;
}

/** A page that is served shows what the store holds: it reloads when that changes, and the address keeps what was looked at. */
function reloadAfter(change: string): void {
  const events = new EventSource(`events?seen=${change}`);
  events.addEventListener('changed', () => location.reload());
}
