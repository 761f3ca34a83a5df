import { RandomSource } from '../../../src/explore/random-source.js';

/** One generated source, its path relative to the code base. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Lines of one driver, at least: 107 functions, call depth 30, one scenario. */
const LINES_A_DRIVER = 1680;
const LAYERS = 30;
const CHAINS = 2;
/** Layers of a chain in one module. */
const LAYERS_A_MODULE = 6;
/** What each layer of a chain takes, outermost first, as a driver's locks nest. */
const LOCK_AT: Readonly<Record<number, { readonly lock: string; readonly way: 'plain' | 'irq' | 'when' }>> = {
  2: { lock: 'control', way: 'plain' },
  6: { lock: 'queueMutex', way: 'when' },
  11: { lock: 'state', way: 'plain' },
  17: { lock: 'ring', way: 'irq' },
  23: { lock: 'hardware', way: 'when' },
};

/**
 * A code base of at least so many lines: drivers that look like each other and differ in detail, on a common library. Equal for equal
 * `lines`; a driver is the same whatever the size. One function in about 200 breaks a rule.
 */
export function generate(lines: number): GeneratedFile[] {
  const drivers = Math.max(1, Math.ceil(lines / LINES_A_DRIVER));
  const out = library();
  for (let i = 0; i < drivers; i++) out.push(...new Driver(i).files());
  return out;
}

const name = (i: number): string => `drv${String(i).padStart(3, '0')}`;

/** What all drivers use: numbers, lists, a counter with a lock, running a body with a lock held. */
function library(): GeneratedFile[] {
  const out: GeneratedFile[] = [];
  for (let module = 0; module < 4; module++) {
    const text = ["import type { Op } from 'lockvet/sim';", ''];
    for (let i = 0; i < 10; i++) text.push(...pureFunction(`lib${module}Fold${i}`, module * 10 + i), '');
    out.push({ path: `lib/numbers${module}.ts`, text: text.filter((line) => !line.includes('{ Op }')).join('\n') });
  }
  out.push({ path: 'lib/guarded.ts', text: GUARDED });
  return out;
}

const GUARDED = `import type { Kernel, Mutex, Op, RawSpinlock } from 'lockvet/sim';

/** Runs a body with a mutex held. */
export function* withMutex(lock: Mutex, body: () => Op<void>): Op<void> {
  yield* lock.lock();
  try {
    yield* body();
  } finally {
    yield* lock.unlock();
  }
}

/** A number that several contexts change. */
export class Counter {
  readonly #lock: RawSpinlock;
  #value = 0;

  constructor(kernel: Kernel, name: string) {
    this.#lock = kernel.rawSpinlock(name);
  }

  *add(amount: number): Op<void> {
    const flags = yield* this.#lock.lockIrqsave();
    this.#value += amount;
    yield* this.#lock.unlockIrqrestore(flags);
  }

  *read(): Op<number> {
    const flags = yield* this.#lock.lockIrqsave();
    const value = this.#value;
    yield* this.#lock.unlockIrqrestore(flags);
    return value;
  }
}
`;

/** A function that only computes, some 20 lines long. */
function pureFunction(fn: string, salt: number): string[] {
  return [
    `/** Folds a value, way ${salt}. */`,
    `export function ${fn}(value: number, width: number): number {`,
    `  const mask = (1 << (width & ${(salt % 13) + 3})) - 1;`,
    `  let folded = value ^ ${(salt * 2654435761) % 65521};`,
    '  for (let bit = 0; bit < width; bit++) {',
    `    if ((folded & 1) === ${salt % 2}) folded = (folded >>> 1) ^ mask;`,
    '    else folded = folded >>> 1;',
    '  }',
    '  switch (folded & 3) {',
    '    case 0:',
    `      folded += ${salt + 1};`,
    '      break;',
    '    case 1:',
    '      folded -= width;',
    '      break;',
    '    default:',
    '      folded ^= value;',
    '  }',
    '  return folded & mask;',
    '}',
  ];
}

/** One driver: its device, two call chains through modules, handlers, entry points and a scenario that runs them. */
class Driver {
  readonly #index: number;
  readonly #name: string;
  readonly #device: string;
  readonly #random: RandomSource;

  constructor(index: number) {
    this.#index = index;
    this.#name = name(index);
    this.#device = `Device${String(index).padStart(3, '0')}`;
    this.#random = new RandomSource(index * 7919 + 1);
  }

  files(): GeneratedFile[] {
    const out = [this.#deviceFile(), this.#toolsFile()];
    for (let chain = 0; chain < CHAINS; chain++) {
      for (let first = 0; first < LAYERS; first += LAYERS_A_MODULE) out.push(this.#chainFile(chain, first));
    }
    out.push(this.#entriesFile(), this.#scenarioFile());
    return out;
  }

  #oneIn(count: number): boolean {
    return this.#random.below(count) === 0;
  }

  #file(part: string, lines: readonly string[]): GeneratedFile {
    return { path: `${this.#name}/${part}.ts`, text: `${lines.join('\n')}\n` };
  }

  #deviceFile(): GeneratedFile {
    const d = this.#name;
    return this.#file('device', [
      "import type { Completion, Kernel, Mutex, Op, RawSpinlock, Spinlock, WaitQueue } from 'lockvet/sim';",
      "import { Counter } from '../lib/guarded.ts';",
      '',
      `/** What ${d} has of each packet. */`,
      'export interface Packet {',
      '  readonly length: number;',
      '  readonly kind: number;',
      '}',
      '',
      `/** One device of ${d}. */`,
      `export class ${this.#device} {`,
      '  readonly kernel: Kernel;',
      '  readonly control: Mutex;',
      '  readonly queueMutex: Mutex;',
      '  readonly state: Spinlock;',
      '  readonly ring: Spinlock;',
      '  readonly hardware: RawSpinlock;',
      '  readonly idle: Completion;',
      '  readonly readers: WaitQueue;',
      '  readonly sent: Counter;',
      '  readonly packets: Packet[] = [];',
      '  flags = 0;',
      '  pending = 0;',
      '',
      '  constructor(kernel: Kernel) {',
      '    this.kernel = kernel;',
      `    this.control = kernel.mutex('&${d}->control');`,
      `    this.queueMutex = kernel.mutex('&${d}->queue_mutex');`,
      `    this.state = kernel.spinlock('&${d}->state');`,
      `    this.ring = kernel.spinlock('&${d}->ring');`,
      `    this.hardware = kernel.rawSpinlock('&${d}->hardware');`,
      `    this.idle = kernel.completion('&${d}->idle');`,
      `    this.readers = kernel.waitQueue('&${d}->readers');`,
      `    this.sent = new Counter(kernel, '&${d}->sent.lock');`,
      '  }',
      '',
      '  /** Takes a packet off the ring. */',
      '  *pop(): Op<Packet | undefined> {',
      '    const flags = yield* this.ring.lockIrqsave();',
      '    const packet = this.packets.pop();',
      '    if (packet !== undefined) this.pending--;',
      '    yield* this.ring.unlockIrqrestore(flags);',
      '    return packet;',
      '  }',
      '',
      '  /** Puts a packet on the ring. */',
      '  *push(packet: Packet): Op<boolean> {',
      '    const flags = yield* this.ring.lockIrqsave();',
      `    if (this.pending > ${16 + (this.#index % 7)}) {`,
      '      yield* this.ring.unlockIrqrestore(flags);',
      '      return false;',
      '    }',
      '    this.packets.push(packet);',
      '    this.pending++;',
      '    yield* this.ring.unlockIrqrestore(flags);',
      '    return true;',
      '  }',
      '',
      '  /** What other drivers call: tells the device that something is there for it. */',
      '  *poke(kind: number): Op<void> {',
      '    const flags = yield* this.hardware.lockIrqsave();',
      '    this.flags |= kind;',
      '    yield* this.hardware.unlockIrqrestore(flags);',
      '  }',
      '',
      '  get isBusy(): boolean {',
      '    return (this.flags & 4) !== 0;',
      '  }',
      '}',
    ]);
  }

  /** Functions without locks, and masks for allocations. */
  #toolsFile(): GeneratedFile {
    const lines = [
      "import { Gfp } from 'lockvet/sim';",
      `import { lib${this.#index % 4}Fold${this.#index % 10} } from '../lib/numbers${this.#index % 4}.ts';`,
      '',
      'export const ATOMIC = Gfp.GFP_ATOMIC | Gfp.ZERO;',
      'export const SLEEPING = Gfp.GFP_KERNEL;',
      '',
      'export const LIMITS = { ring: 64, burst: 8, retries: 3 } as const;',
      '',
    ];
    for (let i = 0; i < 20; i++) lines.push(...pureFunction(`${this.#name}Tool${i}`, this.#index + i), '');
    lines.push(
      `export function ${this.#name}Checksum(value: number): number {`,
      `  return lib${this.#index % 4}Fold${this.#index % 10}(value, LIMITS.burst);`,
      '}',
    );
    return this.#file('tools', lines);
  }

  #layer(chain: number, layer: number): string {
    return `${this.#name}C${chain}L${layer}`;
  }

  #chainFile(chain: number, first: number): GeneratedFile {
    const last = Math.min(LAYERS, first + LAYERS_A_MODULE) - 1;
    const tools = new Set<number>();
    const body: string[] = [];
    for (let layer = first; layer <= last; layer++) body.push(...this.#chainFunction(chain, layer, tools), '');
    const names = [...tools].sort((a, b) => a - b).map((i) => `${this.#name}Tool${i}`);
    const lines = [
      "import type { Op } from 'lockvet/sim';",
      `import type { ${this.#device} } from './device.ts';`,
      `import { ATOMIC, LIMITS, SLEEPING${names.map((n) => `, ${n}`).join('')} } from './tools.ts';`,
    ];
    if (last + 1 < LAYERS)
      lines.push(`import { ${this.#layer(chain, last + 1)} } from './chain${chain}x${last + 1}.ts';`);
    return this.#file(`chain${chain}x${first}`, [...lines, '', ...body]);
  }

  /** One layer of a chain: computes, allocates now and then, takes its lock and calls the next layer. */
  #chainFunction(chain: number, layer: number, tools: Set<number>): string[] {
    const tool = this.#random.below(20);
    tools.add(tool);
    const taken = LOCK_AT[layer];
    const next =
      layer + 1 < LAYERS
        ? [`total += yield* ${this.#layer(chain, layer + 1)}(device, length - 1);`]
        : ['yield* device.sent.add(total);'];
    const inner = [...next];
    // A mistake now and then: memory with a mask that may sleep, where nothing may.
    const isAtomic = layer > 11 && layer < 17;
    const mask = isAtomic ? (this.#oneIn(8) ? 'SLEEPING' : 'ATOMIC') : 'SLEEPING';
    const allocates = layer % 5 === 3 && layer < 17;
    return [
      `/** Layer ${layer} of chain ${chain}. */`,
      `export function* ${this.#layer(chain, layer)}(device: ${this.#device}, length: number): Op<number> {`,
      `  let total = ${this.#name}Tool${tool}(length, ${layer + 1});`,
      `  const limit = device.pending + LIMITS.${layer % 2 === 0 ? 'ring' : 'burst'};`,
      '  for (let i = 0; i < LIMITS.retries; i++) {',
      '    total += i * limit;',
      `    if (total > ${layer * 97 + 11}) break;`,
      '  }',
      ...(allocates
        ? [
            `  const object = yield* device.kernel.mm.kmalloc(${32 + layer}, ${mask});`,
            '  if (object === null) return -1;',
            '  yield* device.kernel.mm.kfree(object);',
          ]
        : [`  if (total < 0 && ${mask} !== 0) return total & limit;`]),
      ...this.#locked(taken, inner),
      '  device.flags = total & 3;',
      '  return total;',
      '}',
    ];
  }

  #locked(
    taken: { readonly lock: string; readonly way: 'plain' | 'irq' | 'when' } | undefined,
    inner: readonly string[],
  ): string[] {
    if (taken === undefined) return inner.map((line) => `  ${line}`);
    const lock = `device.${taken.lock}`;
    const indented = inner.map((line) => `  ${line}`);
    switch (taken.way) {
      case 'plain':
        return [`  yield* ${lock}.lock();`, ...indented, `  yield* ${lock}.unlock();`];
      case 'irq':
        return [
          `  const flags = yield* ${lock}.lockIrqsave();`,
          ...indented,
          `  yield* ${lock}.unlockIrqrestore(flags);`,
        ];
      case 'when':
        return [
          `  const locks = limit > ${this.#random.below(30)};`,
          `  if (locks) yield* ${lock}.lock();`,
          ...indented,
          `  if (locks) yield* ${lock}.unlock();`,
        ];
    }
  }

  /** What tasks and handlers call, and ten functions more that no scenario calls. */
  #entriesFile(): GeneratedFile {
    const hasPeer = this.#index % 5 !== 0;
    const peer = `Device${String(this.#index - 1).padStart(3, '0')}`;
    const lines = [
      "import type { Op } from 'lockvet/sim';",
      "import { withMutex } from '../lib/guarded.ts';",
      ...(hasPeer ? [`import type { ${peer} } from '../${name(this.#index - 1)}/device.ts';`] : []),
      `import { ${this.#layer(0, 0)} } from './chain0x0.ts';`,
      `import { ${this.#layer(1, 0)} } from './chain1x0.ts';`,
      `import type { ${this.#device}, Packet } from './device.ts';`,
      `import { ATOMIC, ${this.#name}Checksum, ${this.#name}Tool1 } from './tools.ts';`,
      '',
      '/** Sends what is there. */',
      `export function* ${this.#name}Send(device: ${this.#device}, burst: number): Op<number> {`,
      '  let sent = 0;',
      '  for (let i = 0; i < burst; i++) {',
      '    const packet = yield* device.pop();',
      '    if (packet === undefined) break;',
      `    sent += yield* ${this.#layer(0, 0)}(device, packet.length);`,
      '  }',
      '  return sent;',
      '}',
      '',
      '/** Changes the set-up. */',
      `export function* ${this.#name}Configure(device: ${this.#device}${hasPeer ? `, peer: ${peer}` : ''}): Op<void> {`,
      `  yield* ${this.#layer(1, 0)}(device, 3);`,
      '  yield* withMutex(device.control, function* applyLimits() {',
      '    yield* device.queueMutex.lock();',
      `    device.pending = ${this.#name}Tool1(device.pending, 4);`,
      '    yield* device.queueMutex.unlock();',
      '  });',
      ...(hasPeer ? [`  if (!peer.isBusy) yield* peer.poke(${(this.#index % 3) + 1});`] : []),
      '}',
      '',
      '/** The interrupt. */',
      `export function* ${this.#name}Interrupt(device: ${this.#device}): Op<void> {`,
      '  yield* device.hardware.lock();',
      '  device.flags |= 4;',
      '  yield* device.hardware.unlock();',
      '  yield* device.sent.add(1);',
      '}',
      '',
      '/** The watchdog timer. */',
      `export function* ${this.#name}Watchdog(device: ${this.#device}): Op<void> {`,
      '  const flags = yield* device.ring.lockIrqsave();',
      `  const late = ${this.#name}Checksum(device.pending) > 3;`,
      '  yield* device.ring.unlockIrqrestore(flags);',
      '  if (late) yield* device.readers.wakeUp();',
      '}',
      '',
    ];
    for (let i = 0; i < 10; i++) lines.push(...this.#openFunction(i), '');
    return this.#file('entries', lines);
  }

  #openFunction(i: number): string[] {
    const isWrong = this.#oneIn(25);
    return [
      `/** Debugging aid ${i}: nothing calls it. */`,
      `export function* ${this.#name}Debug${i}(device: ${this.#device}, packet: Packet): Op<number> {`,
      `  let seen = packet.length + ${i};`,
      '  yield* device.state.lock();',
      '  if (packet.kind === 3) {',
      `    yield* device.ring.lock();`,
      `    seen += ${this.#name}Tool1(device.pending, ${i + 2});`,
      '    yield* device.ring.unlock();',
      '  } else {',
      '    seen -= device.flags;',
      '  }',
      isWrong ? '  yield* device.kernel.msleep(1);' : '  yield* device.kernel.udelay(1);',
      '  yield* device.state.unlock();',
      `  const object = yield* device.kernel.mm.kmalloc(${i + 8}, ATOMIC);`,
      '  if (object === null) return seen;',
      '  yield* device.kernel.mm.kfree(object);',
      '  return seen + (yield* device.sent.read());',
      '}',
    ];
  }

  #scenarioFile(): GeneratedFile {
    const hasPeer = this.#index % 5 !== 0;
    const peer = `Device${String(this.#index - 1).padStart(3, '0')}`;
    const d = this.#name;
    return this.#file('scenario', [
      "import { scenario } from 'lockvet/sim';",
      ...(hasPeer ? [`import { ${peer} } from '../${name(this.#index - 1)}/device.ts';`] : []),
      `import { ${this.#device} } from './device.ts';`,
      `import { ${d}Configure, ${d}Interrupt, ${d}Send, ${d}Watchdog } from './entries.ts';`,
      '',
      `export default scenario({ name: '${d}' }, (kernel) => {`,
      `  const device = new ${this.#device}(kernel);`,
      ...(hasPeer ? [`  const peer = new ${peer}(kernel);`] : []),
      "  kernel.task('sender', function* send() {",
      '    yield* device.push({ length: 64, kind: 1 });',
      `    const sent = yield* ${d}Send(device, 4);`,
      '    if (sent > 0) yield* device.idle.complete();',
      '  });',
      "  kernel.task('configure', function* configure() {",
      `    yield* ${d}Configure(device${hasPeer ? ', peer' : ''});`,
      '    yield* device.idle.wait();',
      '  });',
      `  kernel.irq('${d}', () => ${d}Interrupt(device), { times: 2, after: 100 });`,
      `  const watchdog = kernel.timer('${d}_watchdog', function* expired() {`,
      `    yield* ${d}Watchdog(device);`,
      '  });',
      "  kernel.task('starter', function* start() {",
      '    yield* watchdog.modTimer(5);',
      '  });',
      '});',
    ]);
  }
}
