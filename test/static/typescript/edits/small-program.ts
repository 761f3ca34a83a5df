import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';

/** A program of several files: texts by path. */
export type Files = ReadonlyMap<string, string>;

/** One file's part in a random program. */
export interface Module {
  /** What its lock is made as. */
  readonly lock: 'mutex' | 'spinlock' | 'rawSpinlock';
  /** Ends the lock's name. */
  readonly label: number;
  /** Whether its function says what it returns. */
  readonly declared: boolean;
  /** Modules that its function calls; those before it in the program only, or any where `circular`. */
  readonly calls: readonly number[];
  readonly inside: 'nothing' | 'alloc' | 'sleep' | 'when';
  /** Lines of comment before it. */
  readonly shift: number;
  readonly there: boolean;
}

/** A random program and what is done to it, one change after the other. */
export interface EditedProgram {
  readonly modules: readonly Module[];
  readonly flag: boolean;
  readonly edits: readonly { readonly at: number; readonly module: Module; readonly flag: boolean }[];
}

const COUNT = 5;

const module: fc.Arbitrary<Module> = fc.record({
  lock: fc.constantFrom('mutex', 'spinlock', 'rawSpinlock'),
  label: fc.nat(2),
  declared: fc.boolean(),
  calls: fc.uniqueArray(fc.nat(COUNT - 1), { maxLength: 2 }),
  inside: fc.constantFrom('nothing', 'alloc', 'sleep', 'when'),
  shift: fc.nat(2),
  there: fc.integer({ min: 0, max: 7 }).map((n) => n > 0),
});

export const editedPrograms: fc.Arbitrary<EditedProgram> = fc.record({
  modules: fc.array(module, { minLength: COUNT, maxLength: COUNT }),
  flag: fc.boolean(),
  edits: fc.array(fc.record({ at: fc.nat(COUNT - 1), module, flag: fc.boolean() }), { minLength: 3, maxLength: 3 }),
});

/** The program before any edit, and after each. */
export function stages({ modules, flag, edits }: EditedProgram): Files[] {
  const out = [filesOf(modules, flag)];
  let now = [...modules];
  for (const edit of edits) {
    now = now.map((one, i) => (i === edit.at ? edit.module : one));
    out.push(filesOf(now, edit.flag));
  }
  return out;
}

function filesOf(modules: readonly Module[], flag: boolean): Files {
  const files = new Map<string, string>([['config.ts', `export const CONFIG_DEBUG = ${flag};\n`]]);
  modules.forEach((one, i) => {
    if (one.there) files.set(`part${i}.ts`, moduleText(one, i));
  });
  const first = modules.map((_, i) => i);
  files.set(
    'scenario.ts',
    [
      "import { scenario } from 'lockvet/sim';",
      ...first.map((i) => `import { Part${i}, work${i} } from './part${i}.ts';`),
      "export default scenario({ name: 'edited' }, (kernel) => {",
      ...first.map((i) => `  const part${i} = new Part${i}(kernel);`),
      "  kernel.task('worker', function* worker() {",
      ...first.slice(0, 2).map((i) => `    yield* work${i}(kernel, part${i}, part${(i + 1) % COUNT});`),
      '  });',
      '});',
      '',
    ].join('\n'),
  );
  return files;
}

const TYPES = { mutex: 'Mutex', spinlock: 'Spinlock', rawSpinlock: 'RawSpinlock' };

function moduleText({ lock, label, declared, calls, inside, shift }: Module, i: number): string {
  const body = {
    nothing: [],
    alloc: [
      '  const memory = yield* kernel.mm.kmalloc(8, Gfp.GFP_KERNEL);',
      '  if (memory !== null) yield* kernel.mm.kfree(memory);',
    ],
    sleep: ['  yield* kernel.msleep(1);'],
    when: ['  if (CONFIG_DEBUG) yield* other.lock.lock();', '  if (CONFIG_DEBUG) yield* other.lock.unlock();'],
  }[inside];
  const others = calls.filter((other) => other !== i);
  return [
    ...Array.from({ length: shift }, (_, line) => `// ${line}`),
    `import { Gfp, type Kernel, type Op, type ${TYPES[lock]} } from 'lockvet/sim';`,
    "import { CONFIG_DEBUG } from './config.ts';",
    ...others.map((other) => `import { make${other}, work${other} } from './part${other}.ts';`),
    `export const DEBUG${i} = CONFIG_DEBUG ? Gfp.GFP_KERNEL : Gfp.GFP_ATOMIC;`,
    `export class Part${i} {`,
    `  readonly lock: ${TYPES[lock]};`,
    '  constructor(kernel: Kernel) {',
    `    this.lock = kernel.${lock}('part${i}_${label}');`,
    '  }',
    '}',
    `export function make${i}(kernel: Kernel)${declared ? `: Part${i}` : ''} {`,
    `  return new Part${i}(kernel);`,
    '}',
    `export function* work${i}(kernel: Kernel, own: Part${i}, other: { readonly lock: { lock(): Op<void>; unlock(): Op<void> } })${declared ? ': Op<number>' : ''} {`,
    '  yield* own.lock.lock();',
    ...body,
    ...others.filter((other) => other > i).map((other) => `  yield* work${other}(kernel, make${other}(kernel), own);`),
    '  yield* own.lock.unlock();',
    '  return 1;',
    '}',
    '',
  ].join('\n');
}

/** Makes the files in a folder what they are in a stage; what is as it was is not written. */
export function write(folder: string, before: Files, now: Files): void {
  for (const name of before.keys()) if (!now.has(name)) rmSync(join(folder, name));
  for (const [name, text] of now) {
    if (before.get(name) === text) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
