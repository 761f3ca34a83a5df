import { functionOf } from '../model/call-site.js';
import type { Scenario, Where } from '../model/finding.js';
import { timeText } from '../report/layout.js';
import type { PageFinding } from '../report/page/data.js';
import { svg } from './dom.js';
import { drawing, label, widthOf } from './drawing.js';

/** Something that lasts from one step to another, in a lane. */
interface Bar {
  readonly lane: number;
  readonly from: number;
  to: number;
  readonly text: string;
  /** `hold`: a lock; `wait`: a lock that another holds; `state`: interrupts off, in an interrupt. */
  readonly kind: 'hold' | 'wait' | 'state';
  /** Waits: the bar of the lock that is waited for. */
  readonly on?: Bar | undefined;
}

/** Something at one step. */
interface Mark {
  readonly lane: number;
  readonly at: number;
  readonly text: string;
  readonly isEvent: boolean;
}

interface Timeline {
  readonly lanes: readonly string[];
  /** What is written above each step. */
  readonly steps: readonly string[];
  readonly bars: readonly Bar[];
  readonly marks: readonly Mark[];
}

/** Steps share this width, between limits within which their texts can be read. */
const STEPS = { all: 720, least: 96, most: 150 };
/** What bars that do not end go on for behind the last step. */
const TAIL = 40;
const ROW = 24;
const HEAD = 22;
const LANE_GAP = 10;

/** lockdep's "possible unsafe locking scenario" as holds of locks, CPU by CPU: who holds what, and who waits for whom. */
export function scenarioDrawing(scenario: Scenario): SVGElement {
  const bars: Bar[] = [];
  const end = scenario.rows.length;
  for (const [at, row] of scenario.rows.entries()) {
    for (const [lane, cell] of row.entries()) {
      const text = cell.trim();
      if (text === '') continue;
      const lock = /^(\w*lock\w*)\((.*)\);?$/.exec(text)?.[2];
      if (lock === undefined || /^local_irq/.test(text)) {
        bars.push({ lane, from: at, to: end, text: text.replace(/;$/, ''), kind: 'state' });
        continue;
      }
      const on = bars.find((bar) => bar.kind === 'hold' && bar.text === lock);
      bars.push({ lane, from: at, to: end, text: lock, kind: on ? 'wait' : 'hold', on });
    }
  }
  return draw(
    { lanes: scenario.cpus, steps: scenario.rows.map((_, at) => `step ${at + 1}`), bars, marks: [] },
    'Scenario that deadlocks, CPU by CPU',
  );
}

/** What was recorded, context by context: locks from where they were taken to the event. undefined where no times are known. */
export function recordedDrawing(finding: PageFinding): SVGElement | undefined {
  const { where, evidence, detail } = finding;
  const { held = [] } = detail;
  if (where.time === undefined) return undefined;
  const own = laneOf(where, where);
  const holds = held.filter((lock) => lock.where.time !== undefined);
  const taken = new Set(holds.map((lock) => lock.where.time));
  const steps = evidence.filter(({ where: { time } }) => time !== undefined && time !== where.time && !taken.has(time));
  if (holds.length + steps.length === 0) return undefined;
  const times = [...new Set([...holds, ...steps].map((one) => one.where.time ?? 0).concat(where.time))].sort(
    (a, b) => a - b,
  );
  const at = (time: number | undefined): number => times.indexOf(time ?? 0);
  const lanes = [...new Set([...steps.map((step) => laneOf(step.where, where)), own])];
  const bars = holds.map((lock): Bar => {
    return { lane: lanes.indexOf(own), from: at(lock.where.time), to: times.length, text: lock.name, kind: 'hold' };
  });
  const marks = steps.map((step): Mark => {
    return { lane: lanes.indexOf(laneOf(step.where, where)), at: at(step.where.time), text: step.what, isEvent: false };
  });
  const event = evidence.findLast((step) => step.where.time === where.time)?.what ?? functionOf(where.function ?? '');
  marks.push({ lane: lanes.indexOf(own), at: at(where.time), text: event, isEvent: true });
  return draw({ lanes, steps: times.map((time, i) => stepText(time, times[i - 1])), bars, marks }, 'What was recorded');
}

function laneOf(place: Where, fallback: Where): string {
  const cpu = place.cpu ?? (place.task === undefined || place.task === fallback.task ? fallback.cpu : undefined);
  return [cpu === undefined ? '' : `CPU ${cpu}`, place.task ?? fallback.task ?? ''].filter(Boolean).join(' ');
}

/** The first time as it is, the others as what passed since the one before. */
function stepText(time: number, before: number | undefined): string {
  if (before === undefined) return timeText(time);
  const passed = time - before;
  if (Number.isInteger(time) && Number.isInteger(before)) return `+${passed}`;
  if (passed < 0.001) return `+${Math.max(0, Math.round(passed * 1e6))} µs`;
  return passed < 1 ? `+${(passed * 1000).toFixed(1)} ms` : `+${passed.toFixed(1)} s`;
}

/** Lanes below each other, each with a row for every bar and mark; steps are equally far apart, whatever time lay between. */
function draw({ lanes, steps, bars, marks }: Timeline, title: string): SVGElement {
  const left = Math.min(220, Math.max(60, ...lanes.map((lane) => widthOf(lane) + 16)));
  const step = Math.min(STEPS.most, Math.max(STEPS.least, Math.floor(STEPS.all / steps.length)));
  const width = left + steps.length * step + TAIL;
  const x = (at: number): number => left + at * step + (at === steps.length ? TAIL : 0);
  const parts: SVGElement[] = steps.map((text, i) =>
    svg('g', { class: 'step' }, svg('path', { d: `M${x(i)},${HEAD - 4} V10000` }), label(text, x(i) + 4, 13, step - 8)),
  );
  const tops = new Map<Bar, number>();
  let y = HEAD;
  for (const [lane, name] of lanes.entries()) {
    const rows: (Bar | Mark)[] = [
      ...bars.filter((bar) => bar.lane === lane),
      ...marks.filter((mark) => mark.lane === lane),
    ];
    const height = Math.max(1, rows.length) * ROW + LANE_GAP;
    parts.push(
      svg('rect', { class: lane % 2 === 0 ? 'lane' : 'lane odd', x: 0, y, width, height }),
      label(name, 8, y + 20, left - 12, 'lane-name'),
    );
    for (const row of rows) {
      const top = y + LANE_GAP / 2 + rows.indexOf(row) * ROW;
      parts.push('from' in row ? barDrawing(row, x, top) : markDrawing(row, x, top, width));
      if ('from' in row) tops.set(row, top);
    }
    y += height;
  }
  for (const bar of bars) {
    const [own, other] = [tops.get(bar), bar.on && tops.get(bar.on)];
    if (own === undefined || other === undefined) continue;
    const from = x(bar.from) + 14;
    const d = `M${from},${other < own ? own : own + ROW - 4} V${other < own ? other + ROW - 3 : other - 1}`;
    parts.push(svg('path', { class: 'link bad', d, 'marker-end': 'url(#arrowbad)' }));
  }
  return drawing({ width, height: y, label: title, text: inWords({ lanes, steps, bars, marks }) }, ...parts);
}

function barDrawing(bar: Bar, x: (step: number) => number, y: number): SVGElement {
  const [from, width] = [x(bar.from), x(bar.to) - x(bar.from)];
  return svg(
    'g',
    { class: `bar ${bar.kind}` },
    svg('rect', { x: from + 2, y: y + 2, width: width - 4, height: ROW - 5, rx: 2 }),
    label(said(bar), from + (bar.kind === 'wait' ? 24 : 8), y + 16, width - (bar.kind === 'wait' ? 28 : 12)),
  );
}

function said({ kind, text }: Bar): string {
  return kind === 'wait' ? `waits for ${text}` : text;
}

function markDrawing({ at, text, isEvent }: Mark, x: (step: number) => number, y: number, right: number): SVGElement {
  // A mark near the end has its text on the left of it.
  const [before, behind] = [x(at) - x(0), right - x(at) - 24];
  const isLeft = behind < Math.min(widthOf(text), before);
  return svg(
    'g',
    { class: isEvent ? 'mark event' : 'mark' },
    svg('path', { d: `M${x(at)},${y + 4} l7,7 l-7,7 l-7,-7 z` }),
    isLeft
      ? svg('g', { class: 'end' }, label(text, x(at) - 12, y + 16, before - 16))
      : label(text, x(at) + 12, y + 16, behind),
  );
}

function inWords({ lanes, steps, bars, marks }: Timeline): string {
  return steps
    .map((step, at) => {
      const doings = [
        ...bars
          .filter((bar) => bar.from === at)
          .map((bar) => `${lanes[bar.lane] ?? ''} ${bar.kind === 'hold' ? 'takes ' : ''}${said(bar)}`),
        ...marks.filter((mark) => mark.at === at).map((mark) => `${lanes[mark.lane] ?? ''}: ${mark.text}`),
      ];
      return `${step}: ${doings.join('; ')}`;
    })
    .join('. ');
}
