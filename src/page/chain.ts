import { functionOf } from '../model/call-site.js';
import type { PageFinding } from '../report/page/data.js';
import { shortened, svg } from './dom.js';
import { drawing, label, widthOf } from './drawing.js';
import { glyph, type Kind, kindOfText } from './kinds.js';

/** Tells the kind of a lock class by its name; undefined where no graph knows it. */
export type KindOfLock = (name: string) => Kind | undefined;

interface Box {
  readonly name: string;
  /** undefined: no lock, but what was done under the locks. */
  readonly kind: Kind | undefined;
  /** What is said below the name. */
  readonly under: string;
  /** `named`: the finding is about it; `last`: what was wrong. */
  readonly role: 'held' | 'named' | 'last';
}

const CYCLES = new Set(['lock-order-cycle', 'wait-event-cycle', 'rcu-wait-in-reader', 'recursive-lock', 'deadlock']);
const BOX = { height: 42, widest: 300, narrowest: 90, pad: 12 };
const GAP = { x: 34, y: 26 };
const ROW_WIDTH = 860;

/**
 * The locks of a finding: those held from the outermost to the innermost and then what was wrong; a cycle as a cycle.
 * undefined where a finding names none.
 */
export function chainDrawing(finding: PageFinding, kindOfLock: KindOfLock): SVGElement | undefined {
  if (CYCLES.has(finding.rule) && finding.locks.length > 0) return cycleDrawing(finding, kindOfLock);
  const boxes = boxesOf(finding, kindOfLock);
  return boxes.length === 0 ? undefined : rowDrawing(boxes);
}

/**
 * The order of locks that a finding is about, where it is not the order in which they were held: dependencies that other paths made.
 */
export function orderDrawing(finding: PageFinding, kindOfLock: KindOfLock): SVGElement | undefined {
  const { rule, locks, detail } = finding;
  const { held, wanted } = detail;
  if (CYCLES.has(rule) || held === undefined || locks.length < 2) return undefined;
  const shown = new Set([...held.map(({ name }) => name), ...(wanted ? [wanted.name] : [])]);
  if (locks.every((name) => shown.has(name))) return undefined;
  return rowDrawing(locks.map((name): Box => ({ name, kind: kindOfLock(name) ?? 'other', under: '', role: 'named' })));
}

function boxesOf(finding: PageFinding, kindOfLock: KindOfLock): Box[] {
  const { held } = finding.detail;
  const named = new Set(finding.locks);
  if (held === undefined && finding.locks.length === 0) return [];
  const last = lastBox(finding, kindOfLock);
  const outer: Box[] =
    held === undefined
      ? finding.locks
          .filter((name, at) => at < finding.locks.length - 1 || name !== last?.name)
          .map((name) => ({ name, kind: kindOfLock(name) ?? 'other', under: '', role: 'named' }))
      : held.map((lock) => ({
          name: lock.name,
          kind: kindOfLock(lock.name) ?? kindOfText(lock.wait),
          under: [lock.read && 'read', lock.trylock && 'try', functionOf(lock.where.function ?? '')]
            .filter(Boolean)
            .join(' '),
          role: named.has(lock.name) ? 'named' : 'held',
        }));
  return last === undefined ? outer : [...outer, last];
}

function lastBox({ detail, evidence, where }: PageFinding, kindOfLock: KindOfLock): Box | undefined {
  const { wanted } = detail;
  const under = functionOf(where.function ?? '');
  if (wanted === undefined) {
    const step = evidence.at(-1);
    return step && { name: step.what, kind: undefined, under, role: 'last' };
  }
  const isLock = wanted.wait !== '' || wanted.usage !== '';
  const kind = isLock ? (kindOfLock(wanted.name) ?? kindOfText(wanted.wait)) : undefined;
  return { name: wanted.name, kind, under, role: 'last' };
}

function boxWidth({ name, under }: Box): number {
  const wanted = Math.max(widthOf(shortened(name, 60)) + 18, widthOf(shortened(under, 40))) + 2 * BOX.pad;
  return Math.min(BOX.widest, Math.max(BOX.narrowest, wanted));
}

function boxDrawing(box: Box, x: number, y: number, width: number): SVGElement {
  const inner = width - 2 * BOX.pad;
  const shift = box.kind === undefined ? 0 : 18;
  return svg(
    'g',
    { class: `box ${box.role}` },
    svg('rect', { x, y, width, height: BOX.height, rx: 3 }),
    box.kind !== undefined && glyph(box.kind, x + BOX.pad + 5, y + 15, 5),
    label(box.name, x + BOX.pad + shift, y + 19, inner - shift, 'name'),
    box.under !== '' && label(box.under, x + BOX.pad, y + 34, inner, 'under'),
  );
}

/** Boxes in rows, each joined to the next. */
function rowDrawing(boxes: readonly Box[]): SVGElement {
  const parts: SVGElement[] = [];
  let [x, y, right] = [1, 1, 0];
  let before: { x: number; y: number } | undefined;
  for (const box of boxes) {
    const width = boxWidth(box);
    if (before !== undefined && x + width > ROW_WIDTH) {
      x = 1;
      y += BOX.height + GAP.y;
      const middle = y - GAP.y / 2;
      const d = `M${before.x},${before.y} h10 V${middle} H${x + 16} V${y - 2}`;
      parts.push(svg('path', { class: 'link', d, 'marker-end': 'url(#arrow)' }));
    } else if (before !== undefined) {
      parts.push(svg('path', { class: 'link', d: `M${before.x},${before.y} H${x - 2}`, 'marker-end': 'url(#arrow)' }));
    }
    parts.push(boxDrawing(box, x, y, width));
    before = { x: x + width, y: y + BOX.height / 2 };
    right = Math.max(right, before.x + 12);
    x += width + GAP.x;
  }
  const text = boxes.map(({ name }) => name).join(', then ');
  return drawing({ width: right, height: y + BOX.height + 2, label: 'Chain of locks', text }, ...parts);
}

/** A cycle as a loop: half of it above from left to right, the rest below and back. */
function cycleDrawing({ locks }: PageFinding, kindOfLock: KindOfLock): SVGElement {
  const names = locks.length > 1 && locks.at(-1) === locks[0] ? locks.slice(0, -1) : [...locks];
  const boxes = names.map((name): Box => ({ name, kind: kindOfLock(name) ?? 'other', under: '', role: 'named' }));
  const text = `${[...names, names[0] ?? ''].join(', then ')}: a cycle`;
  const [only] = boxes;
  if (boxes.length === 1 && only) {
    const width = boxWidth(only);
    const d = `M${width - 20},14 C${width + 30},-4 ${width + 50},${BOX.height + 10} ${width + 3},${BOX.height / 2 + 14}`;
    return drawing(
      { width: width + 50, height: BOX.height + 20, label: 'Cycle', text },
      boxDrawing(only, 1, 13, width),
      svg('path', { class: 'link bad', d, 'marker-end': 'url(#arrowbad)' }),
    );
  }
  const above = boxes.length === 2 ? boxes : boxes.slice(0, Math.ceil(boxes.length / 2));
  const below = boxes.slice(above.length).reverse();
  const widest = Math.max(...boxes.map(boxWidth));
  const column = widest + GAP.x;
  const placed = new Map<Box, { x: number; y: number }>();
  const top = boxes.length === 2 ? 20 : 1;
  above.forEach((box, i) => void placed.set(box, { x: 1 + i * column, y: top }));
  below.forEach((box, i) => void placed.set(box, { x: 1 + i * column, y: top + BOX.height + 2 * GAP.y }));
  const links = boxes.map((box, i) => {
    const [a, b] = [placed.get(box), placed.get(boxes[(i + 1) % boxes.length] ?? box)];
    if (!a || !b) return undefined;
    return svg('path', {
      class: i === boxes.length - 1 ? 'link bad' : 'link',
      d: boxes.length === 2 ? pairLink(i, widest, column, top) : loopLink(a, b, widest),
      'marker-end': i === boxes.length - 1 ? 'url(#arrowbad)' : 'url(#arrow)',
    });
  });
  const rows = below.length > 0 ? 2 : 1;
  const height = top + rows * BOX.height + (rows - 1) * 2 * GAP.y + (boxes.length === 2 ? 22 : 2);
  return drawing(
    { width: above.length * column - GAP.x + 4, height, label: 'Cycle', text },
    ...links,
    ...boxes.map((box) => {
      const at = placed.get(box);
      return at && boxDrawing(box, at.x, at.y, widest);
    }),
  );
}

/** Two boxes side by side: one link over them, one under them. */
function pairLink(index: number, width: number, column: number, top: number): string {
  const [left, right] = [1 + width / 2, 1 + column + width / 2];
  if (index === 0) return `M${left},${top} C${left + 30},${top - 22} ${right - 30},${top - 22} ${right},${top - 2}`;
  const y = top + BOX.height;
  return `M${right},${y} C${right - 30},${y + 22} ${left + 30},${y + 22} ${left},${y + 2}`;
}

function loopLink(a: { x: number; y: number }, b: { x: number; y: number }, width: number): string {
  const middle = BOX.height / 2;
  if (a.y === b.y && b.x > a.x) return `M${a.x + width},${a.y + middle} H${b.x - 2}`;
  if (a.y === b.y) return `M${a.x},${a.y + middle} H${b.x + width + 2}`;
  if (b.y > a.y) return `M${a.x + width / 2},${a.y + BOX.height} L${b.x + width / 2},${b.y - 2}`;
  return `M${a.x + width / 2},${a.y} L${b.x + width / 2},${b.y + BOX.height + 2}`;
}
