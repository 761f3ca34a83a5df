import type { EChartsCoreOption } from 'echarts';
import type { CacheRow, FloodFigures, OomFigures, RcuBench } from '../model/rcu-bench.js';
import { METHOD_NAMES } from './rcu-bench-text.js';

/** A plot: the name of its file and its SVG. */
export interface Plot {
  readonly file: string;
  readonly svg: string;
}

const WIDTH = 820;
const HEIGHT = 460;
/** Told apart also without colour (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** The plots of the parts that were run, in a fixed order. The same figures give the same bytes. */
export async function benchPlots(bench: RcuBench): Promise<Plot[]> {
  const options = new Map<string, EChartsCoreOption>();
  if (bench.cache !== undefined) {
    cacheOptions(options, bench.cache);
    stateOptions(options, bench.cache);
  }
  if (bench.flood !== undefined) floodOptions(options, bench.flood);
  if (bench.latency !== undefined) latencyOptions(options, bench.latency);
  if (bench.oom !== undefined) oomOptions(options, bench.oom);
  if (bench.machine !== undefined) machineOptions(options, bench.machine);
  const echarts = await import('echarts');
  return [...options].map(([file, option]) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
    chart.setOption({ animation: false, color: COLOURS, backgroundColor: '#ffffff', ...option });
    const svg = chart.renderToSVGString();
    chart.dispose();
    return { file, svg: `${renumbered(svg)}\n` };
  });
}

/** Names of classes and clips count up over all charts of a process: here each chart's begin with 0. */
function renumbered(svg: string): string {
  const names = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-([a-z]+)-?\d+/g, (name, kind: string) => {
    const number = names.get(name) ?? `zr-${kind}-${names.size}`;
    names.set(name, number);
    return number;
  });
}

type Options = Map<string, EChartsCoreOption>;

/** What every plot with two axes has. */
function framed(title: string, x: object, y: object, series: readonly object[]): EChartsCoreOption {
  const axis = { nameLocation: 'middle', nameGap: 32 };
  return {
    title: { text: title, left: 'center', top: 10, textStyle: { fontSize: 15 } },
    legend: { top: 38 },
    grid: { left: 80, right: 30, top: 80, bottom: 60 },
    xAxis: { ...axis, ...x },
    yAxis: { ...axis, nameGap: 55, ...y },
    series,
  };
}

function cacheOptions(options: Options, { rows }: NonNullable<RcuBench['cache']>): void {
  const batch = Math.max(...rows.map((row) => row.batch));
  const object = Math.max(...rows.map(({ objectSize }) => objectSize));
  const shown = rows.filter((row) => row.batch === batch && row.objectSize === object);
  const names = shown.map(({ lineSize, pointerSize }) => `${lineSize}-byte lines, ${pointerSize}-byte pointers`);
  options.set(
    'cache-misses.svg',
    framed(
      'Cache lines a callback after a grace period',
      { type: 'category', data: names, axisLabel: { interval: 0, width: 110, overflow: 'break' } },
      { type: 'value', name: 'lines' },
      [
        { type: 'bar', name: 'list', data: shown.map(({ listLines }) => listLines / batch) },
        {
          type: 'bar',
          name: 'arrays',
          data: shown.map(({ arrayLines }) => arrayLines / batch),
          label: {
            show: true,
            position: 'top',
            formatter: ({ dataIndex }: { dataIndex: number }) => `1/${shown[dataIndex]?.factor.toFixed(2)}`,
          },
        },
      ],
    ),
  );
}

/** What finding a callback costs in each cache state, for the lines and pointers of most machines, or those that come first. */
function stateOptions(options: Options, { rows }: NonNullable<RcuBench['cache']>): void {
  const largest = (of: readonly CacheRow[]) => of[of.length - 1];
  const row = largest(rows.filter(({ lineSize, pointerSize }) => lineSize === 64 && pointerSize === 8)) ?? rows[0];
  if (row === undefined) return;
  const names = { cold: 'cold: all lines in memory', mixed: 'mixed', warm: 'warm: all in the shared cache' };
  options.set(
    'cache-times.svg',
    framed(
      `Finding a callback: ${row.lineSize}-byte lines, ${row.pointerSize}-byte pointers, ${row.objectSize}-byte objects`,
      { type: 'category', data: row.walks.map(({ state }) => names[state]) },
      { type: 'value', name: 'ns a callback' },
      [
        { type: 'bar', name: 'list', data: row.walks.map(({ listTime }) => listTime) },
        { type: 'bar', name: 'arrays', data: row.walks.map(({ arrayTime }) => arrayTime) },
      ],
    ),
  );
}

function floodOptions(options: Options, { series, limits, gracePeriods }: FloodFigures): void {
  const [rate] = series.map((line) => line.rate).toSorted((a, b) => b - a);
  const cpus = series[0]?.cpus ?? 0;
  options.set(
    'flood-outstanding.svg',
    framed(
      `Objects outstanding, ${rate} objects a microsecond on each of ${cpus} CPUs`,
      { type: 'value', name: 'simulated us' },
      { type: 'value', name: 'objects' },
      series
        .filter((line) => line.rate === rate)
        .map(({ method, points }) => ({ type: 'line', name: METHOD_NAMES[method], showSymbol: false, data: points })),
    ),
  );
  const machines = [...new Set(limits.map((limit) => limit.cpus))];
  options.set(
    'flood-limit.svg',
    framed(
      'Highest rate before the backlog runs away',
      { type: 'category', name: 'CPUs', data: machines.map(String) },
      { type: 'value', name: 'objects a microsecond and CPU' },
      [...new Set(limits.map(({ method }) => method))].map((method) => ({
        type: 'line',
        name: METHOD_NAMES[method],
        data: machines.map((cpu) => limits.find((limit) => limit.method === method && limit.cpus === cpu)?.holds),
      })),
    ),
  );
  const ticks = [...new Set(gracePeriods.map(({ hz }) => hz))];
  options.set(
    'grace-periods.svg',
    framed(
      `Grace periods of the same load, ${gracePeriods[0]?.cpus ?? 0} CPUs, ${gracePeriods[0]?.time ?? 0} ms`,
      { type: 'category', data: ticks.map((hz) => `HZ=${hz}`) },
      { type: 'value', name: 'grace periods' },
      [...new Set(gracePeriods.map(({ method }) => method))].map((method) => ({
        type: 'bar',
        name: METHOD_NAMES[method],
        label: { show: true, position: 'top' },
        data: ticks.map((hz) => gracePeriods.find((row) => row.method === method && row.hz === hz)?.gracePeriods),
      })),
    ),
  );
}

function latencyOptions(options: Options, { ways, scaling }: NonNullable<RcuBench['latency']>): void {
  options.set(
    'latency-ways.svg',
    framed(
      `PREEMPT_RT under memory stress, ${ways[0]?.cpus ?? 0} CPUs`,
      { type: 'category', data: ways.map(({ way }) => way), axisLabel: { interval: 0 } },
      { type: 'value', name: 'us' },
      [
        { type: 'bar', name: 'longest time with preemption off', data: ways.map((row) => row.longestOff / 1000) },
        { type: 'bar', name: 'latest wake-up', data: ways.map((row) => row.longestWakeup / 1000) },
      ],
    ),
  );
  const machines = [...new Set(scaling.map(({ cpus }) => cpus))];
  options.set(
    'latency-scaling.svg',
    framed(
      'Longest time with preemption off as machines grow',
      { type: 'category', name: 'CPUs', data: machines.map(String) },
      { type: 'value', name: 'us' },
      [...new Set(scaling.map(({ way }) => way))].map((way) => ({
        type: 'line',
        name: way,
        data: machines.map(
          (cpu) => (scaling.find((row) => row.way === way && row.cpus === cpu)?.longestOff ?? 0) / 1000,
        ),
      })),
    ),
  );
}

function oomOptions(options: Options, { rows, recovery }: OomFigures): void {
  const ways = [...new Set(rows.map(({ way }) => way))].filter((way) => way !== 'list-only');
  const lines = (figure: (row: OomFigures['rows'][number]) => number): object[] =>
    ways.map((way) => ({
      type: 'line',
      name: way,
      data: rows.filter((row) => row.way === way).map((row) => [row.failing, figure(row)]),
    }));
  options.set(
    'oom-list-share.svg',
    framed(
      'Objects that the list takes while page allocations fail',
      { type: 'value', name: 'failing allocations, %', max: 100 },
      { type: 'value', name: 'objects on the list, %', max: 100 },
      lines((row) => row.listShare * 100),
    ),
  );
  options.set(
    'oom-cost.svg',
    framed(
      'CPU time of an object while page allocations fail',
      { type: 'value', name: 'failing allocations, %', max: 100 },
      { type: 'value', name: 'ns an object', min: 0 },
      lines((row) => row.cost),
    ),
  );
  options.set(
    'oom-recovery.svg',
    framed(
      'Memory goes and comes back',
      { type: 'value', name: 'simulated us' },
      { type: 'value', name: 'objects on the list, %', max: 100 },
      recovery.map(({ way, points, gone, back }) => ({
        type: 'line',
        name: way,
        showSymbol: false,
        data: points.map(([time, share]) => [time, share * 100]),
        markArea: { silent: true, itemStyle: { opacity: 0.08 }, data: [[{ xAxis: gone }, { xAxis: back }]] },
      })),
    ),
  );
}

function machineOptions(options: Options, figures: NonNullable<RcuBench['machine']>): void {
  options.set(
    'machine.svg',
    framed(
      'Time a callback on this machine',
      { type: 'category', data: ['list', 'arrays, lines apart', 'arrays'] },
      { type: 'log', name: 'ns' },
      [{ type: 'bar', name: 'walk', data: [figures.list, figures.arrayLinesApart, figures.arrays] }],
    ),
  );
}
