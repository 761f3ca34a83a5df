import { RandomSource } from '../../../src/explore/random-source.js';
import type { GeneratedFile } from './generate.js';

const LAYERS = 30;
const FILES_A_LAYER = 7;
/** Two of each layer; the outer ones are mutexes, the inner ones spinlocks. */
const LOCKS = 2 * LAYERS;
const TASKS = 20;

/**
 * A code base in which functions are reached with many sets of locks: layers of functions, each of which calls two of the next, a
 * quarter of them with a lock of their layer held; one in six asks for memory. Locks nest by layer. What is wrong is the first function of
 * each file of the last layer but one: it waits for memory with spinlocks held.
 */
export function layers(functions: number): GeneratedFile[] {
  const random = new RandomSource(functions);
  const width = Math.floor(functions / LAYERS);
  const out = [device()];
  for (let layer = 0; layer < LAYERS; layer++) {
    for (let file = 0; file < FILES_A_LAYER; file++) out.push(module(random, width, layer, file));
  }
  return [...out, scenario(width)];
}

function device(): GeneratedFile {
  const locks = Array.from({ length: LOCKS }, (_, i) => ({ i, isMutex: i < LOCKS / 2 }));
  const lines = [
    "import type { Kernel, Mutex, Spinlock } from 'lockvet/sim';",
    '',
    'export class Device {',
    '  readonly kernel: Kernel;',
    '  flags = 0;',
    ...locks.map(({ i, isMutex }) => `  readonly l${i}: ${isMutex ? 'Mutex' : 'Spinlock'};`),
    '  constructor(kernel: Kernel) {',
    '    this.kernel = kernel;',
    ...locks.map(({ i, isMutex }) => `    this.l${i} = kernel.${isMutex ? 'mutex' : 'spinlock'}('l${i}');`),
    '  }',
    '}',
    '',
  ];
  return { path: 'device.ts', text: lines.join('\n') };
}

function fileOf(width: number, layer: number, i: number): string {
  return `m${layer}_${Math.floor(i / Math.ceil(width / FILES_A_LAYER))}`;
}

function module(random: RandomSource, width: number, layer: number, file: number): GeneratedFile {
  const imports = new Map<string, Set<string>>();
  const body: string[] = [];
  const most = Math.ceil(width / FILES_A_LAYER);
  for (let i = file * most; i < Math.min(width, (file + 1) * most); i++) {
    const callees = layer + 1 < LAYERS ? [random.below(width), random.below(width)] : [];
    for (const callee of callees) {
      const from = fileOf(width, layer + 1, callee);
      imports.set(from, (imports.get(from) ?? new Set()).add(`f${layer + 1}_${callee}`));
    }
    const calls = callees.map((callee) => `f${layer + 1}_${callee}`);
    body.push(...fn(random, layer, i, calls, layer === LAYERS - 2 && i === file * most));
  }
  const lines = [
    "import { Gfp, type Op } from 'lockvet/sim';",
    "import type { Device } from './device.ts';",
    ...[...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from './${from}.ts';`),
    '',
    'export const MASK = Gfp.GFP_KERNEL;',
    '',
    ...body,
  ];
  return { path: `m${layer}_${file}.ts`, text: lines.join('\n') };
}

function fn(random: RandomSource, layer: number, i: number, calls: readonly string[], isBroken: boolean): string[] {
  const lock = random.below(4) === 0 ? `device.l${2 * layer + random.below(2)}` : undefined;
  const asks = random.below(6) === 0 || isBroken;
  const gfp = (2 * layer >= LOCKS / 2 || lock !== undefined) && !isBroken ? 'GFP_ATOMIC' : 'GFP_KERNEL';
  const [first, second] = calls;
  return [
    `/** Function ${i} of layer ${layer}. */`,
    `export function* f${layer}_${i}(device: Device, length: number): Op<number> {`,
    `  let total = length * ${(i % 7) + 1};`,
    `  const limit = length + ${random.below(20)};`,
    '  for (let i = 0; i < limit; i++) {',
    '    total += i;',
    `    if (total > ${100 + random.below(1000)}) break;`,
    '  }',
    ...(lock === undefined ? [] : [`  yield* ${lock}.lock();`]),
    ...(first === undefined ? [] : [`  total += yield* ${first}(device, total);`]),
    ...(second === undefined ? [] : [`  if (total > ${random.below(50)}) total += yield* ${second}(device, limit);`]),
    ...(lock === undefined ? [] : [`  yield* ${lock}.unlock();`]),
    ...(asks
      ? [
          `  const object = yield* device.kernel.mm.kmalloc(64, Gfp.${gfp});`,
          '  if (object !== null) yield* device.kernel.mm.kfree(object);',
        ]
      : []),
    '  device.flags = total & 3;',
    '  return total;',
    '}',
    '',
  ];
}

function scenario(width: number): GeneratedFile {
  const tasks = Array.from({ length: Math.min(TASKS, width) }, (_, i) => i);
  const lines = [
    "import { scenario } from 'lockvet/sim';",
    "import { Device } from './device.ts';",
    ...tasks.map((i) => `import { f0_${i} } from './${fileOf(width, 0, i)}.ts';`),
    '',
    "export default scenario({ name: 'layers' }, (kernel) => {",
    '  const device = new Device(kernel);',
    ...tasks.flatMap((i) => [
      `  kernel.task('t${i}', function* run${i}() {`,
      `    yield* f0_${i}(device, ${i});`,
      '  });',
    ]),
    '});',
    '',
  ];
  return { path: 'scenario.ts', text: lines.join('\n') };
}
