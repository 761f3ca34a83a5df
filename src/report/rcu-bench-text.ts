import Table from 'cli-table3';
import type {
  BenchParameter,
  CacheCount,
  CacheFigures,
  FloodFigures,
  FloodMethod,
  FloodSeries,
  LatencyFigures,
  LatencyRow,
  MachineFigures,
  OomFigures,
  RcuBench,
} from '../model/rcu-bench.js';
import { counted, thousands, wrap } from './layout.js';

/** What the methods are called for people. */
export const METHOD_NAMES: Record<FloodMethod, string> = {
  call_rcu: 'call_rcu()',
  'kvfree-list': 'kvfree_rcu(), list',
  'kvfree-arrays': 'kvfree_rcu(), arrays',
};

const WIDTH = 120;
/** Columns of the table of objects outstanding. */
const MOMENTS = 8;

/** The figures as tables for people, each with what it means and what it assumes. */
export function benchText(bench: RcuBench): string {
  const parts = [
    bench.cache && cacheText(bench.cache),
    bench.flood && floodText(bench.flood),
    bench.latency && latencyText(bench.latency),
    bench.oom && oomText(bench.oom),
    bench.machine && machineText(bench.machine),
    parametersText(bench),
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function cacheText({ rows, counts }: CacheFigures): string {
  const body = rows.map((row) => [
    ...[row.lineSize, row.pointerSize, row.objectSize, row.batch].map(String),
    (row.listLines / row.batch).toFixed(3),
    (row.arrayLines / row.batch).toFixed(3),
    row.factor.toFixed(2),
    ...row.walks.flatMap(({ listTime, arrayTime }) => [listTime.toFixed(1), arrayTime.toFixed(1)]),
  ]);
  const states = (rows[0]?.walks ?? []).flatMap(({ state }) => [`${state}: list ns`, 'arrays ns']);
  return [
    title('Cache misses a callback after a grace period'),
    prose(
      'Lines that finding the objects of a grace period takes from outside the CPU’s own caches, for each callback. The list is walked through ' +
        'the objects, the arrays front to back. Times are for each callback with all lines in memory (cold), half of them in the shared ' +
        'cache (mixed), all of them there (warm): that changes what a line costs, not how many there are. No prefetcher is modelled.',
    ),
    '',
    tableOf(['line', 'pointer', 'object', 'batch', 'list: lines', 'arrays: lines', 'factor', ...states], body, 0),
    '',
    countText(counts.find(({ lineSize, pointerSize }) => lineSize === 64 && pointerSize === 8) ?? counts[0]),
  ].join('\n');
}

/** How the factor of one line and pointer size comes about; the JSON has it for all. */
function countText(count: CacheCount | undefined): string {
  if (count === undefined) return '';
  const { lineSize, pointerSize, batch, arrays, listLines, pointerLines, headLines, pointersBesideHead } = count;
  return prose(
    `How it comes about, counted: lines of ${lineSize} bytes, pointers of ${pointerSize}, ${thousands(batch)} callbacks. The list: ` +
      `${counted(listLines, 'line')}. Arrays: ${counted(arrays, 'page')} of up to ${count.pointersAnArray} pointers behind a head of 32 bytes; ` +
      `${counted(pointerLines, 'line')} of pointers alone, ${counted(headLines, 'line')} with a head and ${counted(pointersBesideHead, 'pointer')} ` +
      `beside it. ${listLines} / (${pointerLines} + ${headLines}) = ${count.factor.toFixed(2)}. Not counted: kfree() stores its free pointer into each ` +
      `object, which misses ${counted(count.storesAfterList, 'time')} after the list and ${counted(count.storesAfterArrays, 'time')} after arrays; ` +
      'a store is not waited for, a link of a list is.',
  );
}

function floodText({ runs, limits, series, gracePeriods }: FloodFigures): string {
  const limitRows = limits.map((limit) => [
    METHOD_NAMES[limit.method],
    String(limit.cpus),
    limit.holds === 0 ? 'none' : rateText(limit.holds),
    `${rateText(limit.runsAway)}${limit.ofInterrupts ? ' *' : ''}`,
  ]);
  const runRows = runs.map((run) => [
    METHOD_NAMES[run.method],
    String(run.cpus),
    rateText(run.rate),
    thousands(run.produced),
    thousands(run.peak),
    String(run.gracePeriods),
    percent(run.inArrays),
    percent(run.growth),
    run.behind ? 'interrupts fall behind' : run.runsAway ? 'runs away' : 'holds',
    run.allFreed ? 'all' : 'NOT ALL',
  ]);
  return [
    title('Flood: the highest rate before the backlog runs away'),
    prose(
      'Interrupts on every CPU hand objects to RCU: nothing throttles them. Rates are objects a microsecond and CPU, found by search: a rate runs away when ' +
        'on average more objects are outstanding in the last third than in the middle third, by more than a fifth of what arrives in a third. ' +
        'This RCU and this allocator run on the simulator (PREEMPT, no PREEMPT_RT); time is scaled (see flood-jiffy-us). ' +
        'call_rcu() frees in softirq, ahead of all tasks, on the CPU that handed the object in; kvfree_rcu() frees in workers, which the interrupts ' +
        'hold up: compare list with arrays. kfree_bulk() is not modelled: each object is freed by itself. Read limits to within a sixth: grace ' +
        'periods that fall into another rhythm look like growth (longer floods, by flood-jiffies, are closer).',
    ),
    '',
    tableOf(['method', 'CPUs', 'holds at', 'runs away at'], limitRows),
    ...(limits.some(({ ofInterrupts }) => ofInterrupts)
      ? [
          '',
          prose('* It is the interrupts that cannot hand in as much (see flood-irq-us): RCU may be able to do more.'),
        ]
      : []),
    '',
    tableOf(
      ['method', 'CPUs', 'rate', 'objects', 'peak', 'GPs', 'in arrays', 'growth', 'verdict', 'freed at the end'],
      runRows,
    ),
    '',
    ...outstandingText(series),
    title('Grace periods of a steady load'),
    tableOf(
      ['method', 'CPUs', 'HZ', 'objects', 'ms', 'grace periods', 'times fewer'],
      gracePeriods.map((row) => {
        const plain = gracePeriods.find(({ method, hz }) => method === 'call_rcu' && hz === row.hz);
        const fewer = (plain?.gracePeriods ?? 0) / Math.max(1, row.gracePeriods);
        return [
          METHOD_NAMES[row.method],
          ...[row.cpus, row.hz].map(String),
          thousands(row.objects),
          String(row.time),
          String(row.gracePeriods),
          fewer.toFixed(1),
        ];
      }),
    ),
  ].join('\n');
}

/** Objects outstanding over time, side by side, at the rates around the one that the list loses to. */
function outstandingText(series: readonly FloodSeries[]): string[] {
  const [any] = series;
  const end = Math.max(0, ...series.flatMap(({ points }) => points.map(([time]) => time)));
  if (any === undefined || end === 0) return [];
  const times = Array.from({ length: MOMENTS }, (_, i) => Math.round(((i + 1) * end) / MOMENTS));
  const rows = series.map(({ method, rate, points }) => [
    METHOD_NAMES[method],
    rateText(rate),
    ...times.map((time) => thousands(points.findLast(([at]) => at <= time)?.[1] ?? 0)),
  ]);
  return [
    title(`Objects outstanding over time, ${counted(any.cpus, 'CPU')}`),
    tableOf(['method', 'rate', ...times.map((time) => `${thousands(time)} us`)], rows),
    '',
  ];
}

const LATENCY_HEAD = [
  'page by',
  'CPUs',
  'longest off us',
  'times',
  'longest lock',
  'waited us',
  'late wake-up us',
  'times',
  'wake-ups',
  'slept in atomic',
  'in arrays',
];

function latencyText({ ways, scaling }: LatencyFigures): string {
  const clean = ways.find(({ way }) => way === 'list-only');
  return [
    title('Latency on PREEMPT_RT under memory stress, by the way of getting the page'),
    prose(
      'Longest time that a CPU had preemption or hard interrupts off, and longest time from a timer’s due time until the real-time task that it wakes ran. ' +
        '"times" compares with list-only (below: with prefilled on as many CPUs), which allocates nothing: what is left there is the rest of the ' +
        'kernel (irq-us). A raw zone->lock is waited for with preemption off, in turn: (CPUs - 1) holds of pcp-batch pages.',
    ),
    '',
    tableOf(
      LATENCY_HEAD,
      ways.map((row) => latencyCells(row, clean)),
    ),
    '',
    tableOf(
      LATENCY_HEAD,
      scaling.map((row) =>
        latencyCells(
          row,
          scaling.find(({ way, cpus }) => way !== 'raw-zone-lock' && cpus === row.cpus),
        ),
      ),
    ),
  ].join('\n');
}

function latencyCells(row: LatencyRow, base: LatencyRow | undefined): string[] {
  const times = (of: (row: LatencyRow) => number) => (base === undefined ? '-' : (of(row) / of(base)).toFixed(1));
  return [
    row.way,
    String(row.cpus),
    us(row.longestOff),
    times(({ longestOff }) => longestOff),
    row.lock === '' ? '-' : row.lock,
    us(row.waited),
    us(row.longestWakeup),
    times(({ longestWakeup }) => longestWakeup),
    thousands(row.wakeups),
    thousands(row.sleptInAtomic),
    percent(row.inArrays),
  ];
}

function oomText({ rows, recovery }: OomFigures): string {
  return [
    title('Page allocations that fail'),
    prose(
      'kvfree_rcu() while so many of 100 page allocations fail. What gets no place in an array goes onto the list. The cost is CPU time of everything for ' +
        'each object: handing it in, grace periods, freeing it; by where workers happen to run it differs by up to a fifth. prefilled gets its pages in a ' +
        'worker, which tasks that never sleep keep waiting: what it has on the list at 0 % is that.',
    ),
    '',
    tableOf(
      ['page by', 'failing', 'objects', 'freed', 'lost', 'on the list', 'failed', 'ns an object', 'slow-down'],
      rows.map((row) => [
        row.way,
        `${row.failing} %`,
        thousands(row.objects),
        thousands(row.freed),
        String(row.lost),
        percent(row.listShare),
        thousands(row.failed),
        row.cost.toFixed(0),
        row.slowdown.toFixed(2),
      ]),
    ),
    '',
    ...recovery.map((run) =>
      prose(
        `${run.way}: all allocations fail from ${run.gone.toFixed(0)} to ${run.back.toFixed(0)} us. ` +
          (run.firstArray < 0
            ? 'No object went into an array again. '
            : `${run.firstArray.toFixed(0)} us after memory is back an object goes into an array, `) +
          (run.drained < 0
            ? 'and the list was not worked off.'
            : `${run.drained.toFixed(0)} us after it the last object of the list is freed.`) +
          ` Lost: ${run.lost}.`,
      ),
    ),
  ].join('\n');
}

function machineText(figures: MachineFigures): string {
  const { list, arrayLinesApart, arrays, objectSize, lineSize, workingSet } = figures;
  return [
    title('On this machine (not the model; differs from run to run)'),
    prose(
      `Typed arrays of ${workingSet / 2 ** 20} MiB, best of ${counted(figures.rounds, 'round')}. It checks direction and order of magnitude: the second line waits for each ` +
        `line of ${lineSize} bytes as a list does, and finds ${Math.max(1, Math.floor(lineSize / 8))} pointers in it; the third is how arrays are walked, where the hardware fetches ahead.`,
    ),
    '',
    tableOf(
      ['walk', 'ns a callback', 'times faster than the list'],
      [
        [`list, an object every ${objectSize} bytes, next one anywhere`, list.toFixed(2), '1.0'],
        [
          'arrays, next line known only from the one before',
          arrayLinesApart.toFixed(2),
          (list / arrayLinesApart).toFixed(1),
        ],
        ['arrays, front to back', arrays.toFixed(2), (list / arrays).toFixed(1)],
      ],
    ),
  ].join('\n');
}

function parametersText({ parameters, seed, quick }: RcuBench): string {
  const row = ({ name, value, unit, meaning, changed }: BenchParameter) => [
    `${changed ? '*' : ' '} ${name}=${value}`,
    unit,
    meaning,
  ];
  return [
    title(`Parameters (--set NAME=VALUE; * set here), seed ${seed}${quick ? ', --quick' : ''}`),
    tableOf(['  parameter', 'unit', 'meaning'], parameters.map(row), 3),
  ].join('\n');
}

/** Columns without a box; the first `left` to the left, the others to the right. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i < left ? 'left' : 'right')),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const BARE = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((name) =>
    [name, `${name}-mid`, `${name}-left`, `${name}-right`].map((key) => [key, '']),
  ),
);

function title(text: string): string {
  return `${text}\n${'-'.repeat(text.length)}`;
}

function prose(text: string): string {
  return wrap(text, WIDTH).join('\n');
}

/** Rates are run with three digits. */
function rateText(rate: number): string {
  return rate < 0.1 ? rate.toPrecision(3) : rate.toFixed(rate < 1 ? 3 : 2);
}

function us(ns: number): string {
  return (ns / 1000).toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
