import type { BenchParameter } from '../../model/rcu-bench.js';

/** What a value of a parameter may be. */
interface Domain {
  readonly min: number;
  readonly max: number;
  /** Must be a power of two. */
  readonly power?: true;
  /** May have several values. */
  readonly list?: true;
  /** May be no whole number. */
  readonly fraction?: true;
}

interface Definition extends Domain {
  readonly value: readonly number[];
  readonly unit: string;
  readonly meaning: string;
}

const POWER = { power: true } as const;
const LIST = { list: true } as const;

/** Every parameter of the model: default, unit, meaning and range. The order is that of the printed table. */
export const DEFINITIONS = {
  'line-bytes': {
    ...POWER,
    ...LIST,
    value: [32, 64, 128],
    unit: 'bytes',
    min: 16,
    max: 1024,
    meaning: 'cache lines compared',
  },
  'pointer-bytes': {
    ...POWER,
    ...LIST,
    value: [4, 8],
    unit: 'bytes',
    min: 4,
    max: 16,
    meaning: 'pointers compared',
  },
  'object-bytes': {
    ...LIST,
    value: [16, 64, 256],
    unit: 'bytes',
    min: 8,
    max: 4096,
    meaning: 'objects compared',
  },
  batch: {
    ...LIST,
    value: [100, 1000, 10_000],
    unit: 'callbacks',
    min: 1,
    max: 100_000,
    meaning: 'callbacks of one grace period compared',
  },
  'heap-spread': { value: [10], unit: 'times', min: 1, max: 100, meaning: 'space that objects are scattered over' },
  'sim-line-bytes': {
    ...POWER,
    value: [64],
    unit: 'bytes',
    min: 16,
    max: 1024,
    meaning: 'cache line of the simulated machine',
  },
  'l1-kib': { ...POWER, value: [32], unit: 'KiB', min: 1, max: 1024, meaning: 'first-level cache of a CPU' },
  'l1-ways': { ...POWER, value: [8], unit: 'ways', min: 1, max: 64, meaning: 'its associativity' },
  'l1-ns': { value: [1], unit: 'ns', min: 0, max: 1000, meaning: 'a hit in it' },
  'l2-kib': { ...POWER, value: [1024], unit: 'KiB', min: 1, max: 65_536, meaning: 'second-level cache of a CPU' },
  'l2-ways': { ...POWER, value: [16], unit: 'ways', min: 1, max: 64, meaning: 'its associativity' },
  'l2-ns': { value: [4], unit: 'ns', min: 0, max: 1000, meaning: 'a hit in it' },
  'llc-kib': { ...POWER, value: [16_384], unit: 'KiB', min: 1, max: 262_144, meaning: 'cache shared by all CPUs' },
  'llc-ways': { ...POWER, value: [16], unit: 'ways', min: 1, max: 64, meaning: 'its associativity' },
  'llc-ns': { value: [20], unit: 'ns', min: 0, max: 10_000, meaning: 'a hit in it' },
  'memory-ns': { value: [80], unit: 'ns', min: 0, max: 100_000, meaning: 'a miss in all caches' },
  'coherence-ns': {
    value: [60],
    unit: 'ns',
    min: 0,
    max: 100_000,
    meaning: 'more, when another CPU has written the line',
  },
  'lock-ns': { value: [20], unit: 'ns', min: 0, max: 100_000, meaning: 'taking a spinning lock that is free' },
  'unlock-ns': { value: [10], unit: 'ns', min: 0, max: 100_000, meaning: 'releasing it' },
  'operation-percent': {
    value: [100],
    unit: '%',
    min: 1,
    max: 10_000,
    meaning: "every other operation's cost, of the simulator's figure",
  },
  'page-move-ns': {
    value: [150],
    unit: 'ns',
    min: 0,
    max: 100_000,
    meaning: 'moving a page between zone and CPU list, zone->lock held',
  },
  'pcp-batch': { value: [63], unit: 'pages', min: 1, max: 1024, meaning: 'pages moved so at a time (pcp->batch)' },
  'pcp-high': { value: [126], unit: 'pages', min: 1, max: 8192, meaning: 'pages a CPU list keeps (pcp->high)' },
  blimit: { value: [10], unit: 'callbacks', min: 1, max: 100_000, meaning: 'invoked in one go (rcutree.blimit)' },
  qhimark: { value: [10_000], unit: 'callbacks', min: 1, max: 10_000_000, meaning: 'lifts blimit (rcutree.qhimark)' },
  'min-cached': { value: [5], unit: 'pages', min: 0, max: 100, meaning: 'pages kept a CPU (rcu_min_cached_objs)' },
  'drain-jiffies': {
    value: [5],
    unit: 'jiffies',
    min: 1,
    max: 5000,
    meaning: 'pointers wait before their grace period',
  },
  'flood-cpus': { ...LIST, value: [1, 4, 16], unit: 'CPUs', min: 1, max: 64, meaning: 'machines of the flood' },
  'flood-object-bytes': { value: [256], unit: 'bytes', min: 8, max: 4096, meaning: 'objects of the flood' },
  'flood-work-ns': {
    value: [200],
    unit: 'ns',
    min: 0,
    max: 100_000,
    meaning: 'what makes an object garbage costs beside its free',
  },
  'flood-start': {
    fraction: true,
    value: [0.5],
    unit: 'objects/us',
    min: 0.01,
    max: 100,
    meaning: 'rate a CPU at which the search begins',
  },
  'flood-step': {
    fraction: true,
    value: [1.08],
    unit: 'times',
    min: 1.01,
    max: 4,
    meaning: 'from one rate to the next',
  },
  'flood-jiffy-us': {
    value: [100],
    unit: 'us',
    min: 100,
    max: 10_000,
    meaning: 'a jiffy of the flood; caches and qhimark are scaled as it is to 4000',
  },
  'flood-irq-us': {
    value: [10],
    unit: 'us',
    min: 1,
    max: 10_000,
    meaning: 'between two interrupts of the flood on a CPU',
  },
  'flood-drain-jiffies': {
    value: [1],
    unit: 'jiffies',
    min: 1,
    max: 5000,
    meaning: 'drain-jiffies there: short, as where an array is full',
  },
  // In a shorter one, grace periods of a jiffy more or less look like a backlog that grows.
  'flood-jiffies': { value: [24], unit: 'jiffies', min: 24, max: 10_000, meaning: 'length of each flood' },
  'gp-cpus': { value: [16], unit: 'CPUs', min: 1, max: 64, meaning: 'machine on which grace periods are counted' },
  'gp-hz': { ...LIST, value: [250, 1000], unit: 'Hz', min: 10, max: 10_000, meaning: 'its ticks a second' },
  'gp-drain-ms': {
    value: [20],
    unit: 'ms',
    min: 1,
    max: 10_000,
    meaning: 'pointers wait before their grace period there',
  },
  'gp-gap-us': { value: [250], unit: 'us', min: 1, max: 1_000_000, meaning: 'between two objects of a CPU there' },
  'gp-ms': { value: [500], unit: 'ms', min: 10, max: 100_000, meaning: 'length of that run' },
  'latency-cpus': {
    ...LIST,
    value: [2, 4, 8, 16],
    unit: 'CPUs',
    min: 2,
    max: 64,
    meaning: 'machines; the largest has all ways',
  },
  'latency-rounds': { value: [12], unit: 'rounds', min: 1, max: 10_000, meaning: 'of memory stress on each CPU' },
  'latency-objects': {
    value: [1500],
    unit: 'objects',
    min: 1,
    max: 1_000_000,
    meaning: 'freed by RCU on each CPU meanwhile',
  },
  'latency-gap-us': { value: [2], unit: 'us', min: 0, max: 10_000, meaning: 'between two of them' },
  'stress-pages': { value: [256], unit: 'pages', min: 1, max: 8192, meaning: 'allocated and freed a round' },
  'irq-us': { value: [5], unit: 'us', min: 0, max: 1000, meaning: 'longest hard interrupt of the rest of the kernel' },
  'irq-period-us': {
    value: [100],
    unit: 'us',
    min: 10,
    max: 1_000_000,
    meaning: 'between two of them on a CPU, on average',
  },
  'wakeup-us': {
    value: [97],
    unit: 'us',
    min: 10,
    max: 1_000_000,
    meaning: 'period of the real-time task of each CPU',
  },
  'oom-cpus': { value: [2], unit: 'CPUs', min: 1, max: 64, meaning: 'machine of the failing allocations' },
  'oom-percent': {
    ...LIST,
    value: [0, 10, 25, 50, 75, 90, 99, 100],
    unit: '%',
    min: 0,
    max: 100,
    meaning: 'page allocations that fail',
  },
  'oom-objects': {
    value: [4000],
    unit: 'objects',
    min: 1,
    max: 1_000_000,
    meaning: 'freed by each CPU at each of them',
  },
  'oom-runs': { value: [4], unit: 'runs', min: 1, max: 1000, meaning: 'of each, with seeds that follow each other' },
  'oom-gap-ns': {
    value: [1000],
    unit: 'ns',
    min: 0,
    max: 1_000_000,
    meaning: 'between two objects of a CPU, on average',
  },
  'machine-mib': { value: [256], unit: 'MiB', min: 1, max: 4096, meaning: 'working set on the real machine' },
  'machine-rounds': { value: [3], unit: 'rounds', min: 1, max: 100, meaning: 'the best of so many counts' },
} as const satisfies Record<string, Definition>;

export type ParameterName = keyof typeof DEFINITIONS;

/** What `--quick` sets: every part in a second or so, with figures that are coarser but of the same kind. */
const QUICK: Partial<Record<ParameterName, readonly number[]>> = {
  batch: [1000],
  'object-bytes': [256],
  'flood-cpus': [2],
  'flood-step': [1.6],
  'gp-cpus': [4],
  'gp-hz': [250],
  'gp-ms': [200],
  'gp-gap-us': [500],
  'latency-cpus': [2, 4],
  'latency-rounds': [2],
  'latency-objects': [100],
  'oom-cpus': [1],
  'oom-percent': [0, 50, 100],
  'oom-objects': [1200],
  'oom-runs': [1],
  'machine-mib': [8],
  'machine-rounds': [1],
};

/** Interrupts of a CPU in which a backlog can be told from its ups and downs. */
const LEAST_INTERRUPTS = 100;

/** A setting that cannot be: one line that says why. */
export class ParameterError extends Error {
  /** The name that was given, when it is no parameter's. */
  readonly unknownName: string | undefined;

  constructor(message: string, unknownName?: string) {
    super(message);
    this.name = 'ParameterError';
    this.unknownName = unknownName;
  }
}

/** The parameters of one run of the bench. */
export class Parameters {
  readonly seed: number;
  readonly quick: boolean;
  readonly #values = new Map<string, readonly number[]>();
  readonly #changed = new Set<string>();

  /** `settings`: `NAME=VALUE` or `NAME=VALUE,VALUE`. Throws ParameterError. */
  constructor(settings: readonly string[] = [], { seed = 1, quick = false } = {}) {
    this.seed = seed;
    this.quick = quick;
    for (const [name, { value }] of Object.entries(DEFINITIONS)) this.#values.set(name, value);
    if (quick) for (const [name, value] of Object.entries(QUICK)) this.#values.set(name, value);
    for (const setting of settings) this.#set(setting);
    this.#checkShapes();
  }

  /** The value of a parameter; the first of several. */
  get(name: ParameterName): number {
    return this.all(name)[0] ?? 0;
  }

  /** Every value of a parameter. */
  all(name: ParameterName): readonly number[] {
    return this.#values.get(name) ?? [];
  }

  /** For reports. */
  get list(): BenchParameter[] {
    return Object.entries(DEFINITIONS).map(([name, { unit, meaning }]) => {
      return { name, value: (this.#values.get(name) ?? []).join(','), unit, meaning, changed: this.#changed.has(name) };
    });
  }

  #set(setting: string): void {
    const at = setting.indexOf('=');
    const name = at < 0 ? setting : setting.slice(0, at);
    const definition = Object.entries(DEFINITIONS).find(([known]) => known === name)?.[1];
    if (definition === undefined) throw new ParameterError(`no parameter ${name}`, name);
    if (at < 0) throw new ParameterError(`${name}: no value; NAME=VALUE is expected`);
    if (this.#changed.has(name)) throw new ParameterError(`${name} is set more than once`);
    const domain: Domain = definition;
    const parts = setting.slice(at + 1).split(',');
    if (parts.length > 1 && domain.list !== true) throw new ParameterError(`${name} has one value`);
    const values = parts.map((part) => parseValue(name, part, domain));
    if (new Set(values).size < values.length) throw new ParameterError(`${name}: a value is given more than once`);
    this.#changed.add(name);
    this.#values.set(
      name,
      values.toSorted((a, b) => a - b),
    );
  }

  /** What no single value shows. */
  #checkShapes(): void {
    const lines = Math.max(...this.all('line-bytes'), this.get('sim-line-bytes'));
    for (const level of ['l1', 'l2', 'llc'] as const) {
      const ways = this.get(`${level}-ways`);
      const least = (ways * lines) / 1024;
      if (this.get(`${level}-kib`) < least)
        throw new ParameterError(`${level}-kib: ${ways} ways of ${lines} bytes need ${least} KiB at least`);
    }
    const flood = this.get('flood-jiffies') * this.get('flood-jiffy-us');
    if (flood < LEAST_INTERRUPTS * this.get('flood-irq-us'))
      throw new ParameterError(`flood-irq-us: a flood of ${flood} us has fewer than ${LEAST_INTERRUPTS} interrupts`);
  }
}

function parseValue(name: string, text: string, { min, max, power, fraction }: Domain): number {
  const pattern = fraction === true ? /^\d{1,9}(\.\d{1,9})?$/ : /^\d{1,9}$/;
  if (!pattern.test(text)) {
    throw new ParameterError(`${name}: "${text}" is no ${fraction === true ? 'number' : 'whole number'}`);
  }
  const value = Number(text);
  if (value < min || value > max) throw new ParameterError(`${name}: ${text} is not in ${min} to ${max}`);
  if (power === true && !Number.isInteger(Math.log2(value)))
    throw new ParameterError(`${name}: ${text} is no power of two`);
  return value;
}
