import { placeText, thousands } from '../report/layout.js';
import { type Child, el, scroller } from './dom.js';
import type { GraphModel } from './graph-model.js';
import { icon, KIND_TEXT } from './kinds.js';
import { type Neighbourhood, neighbourhoodDrawing } from './neighbourhood.js';

/** Rows of a table of dependencies. */
const ROWS = 200;

/** Everything about one class: its facts, its neighbourhood as a picture and as tables. */
export function classDetail(
  model: GraphModel,
  cls: number,
  near: Neighbourhood,
  hrefOf: (cls: number) => string,
): Child[] {
  const kind = model.kind(cls);
  const facts = el('dl', { class: 'facts' });
  const rows: [string, string][] = [
    ['kind', KIND_TEXT[kind]],
    ['wait', model.wait(cls)],
    ['usage', model.usage(cls)],
    ['taken', `${thousands(model.acquisitions(cls))} times`],
    ['near', `${thousands(near.all.size - 1)} classes${near.left > 0 ? `; ${near.left} of them are not drawn` : ''}`],
  ];
  for (const [name, value] of rows) facts.append(el('dt', {}, name), el('dd', {}, value));
  return [
    el('h2', { tabindex: -1, class: 'class-name' }, icon(kind), model.name(cls)),
    facts,
    model.isInLoop(cls) &&
      el('p', { class: 'warn' }, 'Part of a loop: a way of dependencies leads from it back to it.'),
    scroller('Neighbourhood', neighbourhoodDrawing(model, near, hrefOf)),
    ...dependencyTable(model, cls, false, hrefOf),
    ...dependencyTable(model, cls, true, hrefOf),
  ];
}

function dependencyTable(model: GraphModel, cls: number, before: boolean, hrefOf: (cls: number) => string): Child[] {
  const all = [...model.neighbours(cls, before)].sort(
    (a, b) => Number(model.closes(b)) - Number(model.closes(a)) || model.count(b) - model.count(a) || a - b,
  );
  const title = before ? `Held when it was taken (${all.length})` : `Taken under it (${all.length})`;
  if (all.length === 0) return [];
  const body = el('tbody');
  for (const one of all.slice(0, ROWS)) {
    const other = before ? model.from(one) : model.to(one);
    const { held, taken } = model.places(one);
    const file = model.input;
    const marks = [
      model.closes(one) && 'closes a cycle',
      !model.closes(one) && model.isOnLoop(one) && 'on a loop',
      !model.isDirect(one) && 'not direct',
    ]
      .filter(Boolean)
      .join(', ');
    body.append(
      el(
        'tr',
        { class: model.closes(one) ? 'bad' : undefined },
        el(
          'th',
          { scope: 'row' },
          el('a', { class: 'lock', href: hrefOf(other) }, icon(model.kind(other)), model.name(other)),
        ),
        el('td', { class: 'number' }, thousands(model.count(one))),
        el('td', {}, model.kinds(one)),
        el('td', {}, marks),
        el('td', {}, placeText(held, { file })),
        el('td', {}, placeText(taken, { file, ...held })),
      ),
    );
  }
  const heads = ['class', 'times', 'kinds', '', 'first held at', 'first taken at'].map((head) =>
    head === '' ? el('td') : el('th', { scope: 'col' }, head),
  );
  return [
    el('h3', { class: 'part' }, title),
    scroller(title, el('table', {}, el('thead', {}, el('tr', {}, ...heads)), body)),
    all.length > ROWS && el('p', {}, `The ${ROWS} most frequent are listed.`),
  ];
}
