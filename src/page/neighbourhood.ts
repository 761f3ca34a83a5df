import { svg } from './dom.js';
import { drawing, label } from './drawing.js';
import type { GraphModel } from './graph-model.js';
import { glyph } from './kinds.js';

/** Classes of one column that are drawn; the table has the rest. */
const COLUMN = 24;
const SIZE = { row: 22, width: 176, gap: 48, top: 20 };

/** A class and what is near it: those taken before it on the left, those taken under it on the right. */
export interface Neighbourhood {
  /** Columns from left to right; each class is in one. */
  readonly columns: readonly (readonly number[])[];
  /** Column of the class itself. */
  readonly centre: number;
  /** Classes that no column has room for. */
  readonly left: number;
  readonly all: ReadonlySet<number>;
}

/** Everything at most `depth` dependencies before or behind a class. What is on both sides, because of a cycle, is behind. */
export function neighbourhoodOf(model: GraphModel, cls: number, depth: number): Neighbourhood {
  const all = new Set([cls]);
  const sides = [false, true].map((before) => {
    const columns: number[][] = [];
    let rim: readonly number[] = [cls];
    for (let step = 0; step < depth; step++) {
      const weight = new Map<number, number>();
      for (const one of rim.flatMap((at) => [...model.neighbours(at, before)])) {
        const other = before ? model.from(one) : model.to(one);
        if (!all.has(other))
          weight.set(other, (weight.get(other) ?? 0) + model.count(one) + (model.closes(one) ? 1e12 : 0));
      }
      rim = [...weight].sort(([a, x], [b, y]) => y - x || a - b).map(([other]) => other);
      for (const other of rim) all.add(other);
      if (rim.length === 0) break;
      columns.push([...rim]);
    }
    return columns;
  });
  const [after = [], before = []] = sides;
  const columns = [...before.toReversed(), [cls], ...after];
  const left = columns.reduce((sum, column) => sum + Math.max(0, column.length - COLUMN), 0);
  return { columns: columns.map((column) => column.slice(0, COLUMN)), centre: before.length, left, all };
}

/** Draws it; `hrefOf` says where a click on a class leads. */
export function neighbourhoodDrawing(
  model: GraphModel,
  { columns, centre }: Neighbourhood,
  hrefOf: (cls: number) => string,
): SVGElement {
  const places = new Map<number, { x: number; y: number; column: number }>();
  const tallest = Math.max(...columns.map((column) => column.length));
  const step = SIZE.width + SIZE.gap;
  for (const [c, column] of columns.entries()) {
    const top = SIZE.top + ((tallest - column.length) * SIZE.row) / 2;
    for (const [r, cls] of column.entries())
      places.set(cls, { x: 4 + c * step, y: top + r * SIZE.row + SIZE.row / 2, column: c });
  }
  const links: { path: SVGElement; weight: number }[] = [];
  for (const [cls, from] of places) {
    for (const one of model.neighbours(cls)) {
      const to = places.get(model.to(one));
      if (to === undefined || to === from) continue;
      const touches = from.column === centre || to.column === centre;
      // Between two columns that are not the class's own only neighbours matter: all of them would be a web.
      if (!touches && to.column !== from.column + 1 && !model.closes(one)) continue;
      const bad = model.closes(one) || model.isOnLoop(one);
      const className = `link${bad ? ' bad' : ''}${touches ? '' : ' far'}${model.isDirect(one) ? '' : ' indirect'}`;
      const path = svg('path', {
        class: className,
        d: linkPath(from, to),
        'marker-end': bad ? 'url(#arrowbad)' : 'url(#arrow)',
      });
      links.push({ path, weight: bad ? 2 : touches ? 1 : 0 });
    }
  }
  links.sort((a, b) => a.weight - b.weight);
  const nodes = [...places].map(([cls, { x, y }]) => {
    const name = model.name(cls);
    return svg(
      'a',
      {
        href: hrefOf(cls),
        class: model.isInLoop(cls) ? 'node loop' : 'node',
        'aria-label': name,
        'aria-current': places.get(cls)?.column === centre ? 'true' : undefined,
      },
      svg('rect', { x, y: y - SIZE.row / 2 + 1, width: SIZE.width, height: SIZE.row - 2, rx: 2 }),
      glyph(model.kind(cls), x + 11, y, 5),
      label(name, x + 22, y + 4, SIZE.width - 28),
    );
  });
  const heads = columns.map((_, c) => {
    const away = Math.abs(c - centre);
    const text =
      c === centre
        ? ''
        : c < centre
          ? `taken before${away > 1 ? ` (${away} steps)` : ''}`
          : `taken under it${away > 1 ? ` (${away} steps)` : ''}`;
    return text === '' ? undefined : label(text, 4 + c * step, 12, SIZE.width, 'under');
  });
  const width = columns.length * step - SIZE.gap + 8;
  const picture = drawing(
    {
      width,
      height: SIZE.top + tallest * SIZE.row + 6,
      label: 'Neighbourhood',
      text: model.name(columns[centre]?.[0] ?? 0),
    },
    ...heads,
    ...links.map(({ path }) => path),
    ...nodes,
  );
  // It holds links, so it is no single image.
  picture.setAttribute('role', 'group');
  return picture;
}

function linkPath(
  from: { x: number; y: number; column: number },
  to: { x: number; y: number; column: number },
): string {
  if (to.column > from.column) {
    const [x1, x2] = [from.x + SIZE.width, to.x - 2];
    const bend = Math.max(24, (x2 - x1) / 2);
    return `M${x1},${from.y} C${x1 + bend},${from.y} ${x2 - bend},${to.y} ${x2},${to.y}`;
  }
  if (to.column === from.column) {
    const x = from.x + SIZE.width;
    return `M${x},${from.y} C${x + 40},${from.y} ${x + 40},${to.y} ${x + 2},${to.y}`;
  }
  const [x1, x2] = [from.x, to.x + SIZE.width + 2];
  return `M${x1},${from.y} C${x1 - 30},${from.y + 12} ${x2 + 30},${to.y + 12} ${x2},${to.y}`;
}
