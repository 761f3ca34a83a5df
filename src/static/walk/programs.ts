import type { TreeStmt } from '../ir/tree.js';
import { callValue, instanceOf, plainCall } from './calls.js';
import { closureOf } from './closures.js';
import { DOERS } from './doers.js';
import { newJumps } from './paths.js';
import { addOpenRoots, setUp, walkRoots } from './roots.js';
import { boot, setupRoot, startState } from './start.js';
import type { SimTable } from './table.js';
import { CanBe, textOfValue, truthOf, type Value } from './value.js';
import { type Frame, type TreeProgram, Walk, type WalkConfig } from './walk.js';

/** How the kernel is built where the sources do not say. */
export interface Configuration {
  /** Overrides what scenarios say; undefined: theirs. */
  readonly preemptRt: boolean | undefined;
}

const DEFAULTS: WalkConfig = {
  preemptRt: false,
  preemptCount: true,
  gfpRtNowait: true,
  zoneRaw: false,
  kswapdRcuwait: false,
};

/** One scenario, walked; or what no scenario reaches. */
export interface Walked {
  readonly name: string;
  readonly file: string;
  readonly walk: Walk;
}

/** Walks every scenario of the files by itself, then the functions that none of them reached, all together. */
export function walkProgram(
  program: TreeProgram,
  table: SimTable,
  files: readonly string[],
  configuration: Configuration,
): Walked[] {
  const out: Walked[] = [];
  const base = {
    ...DEFAULTS,
    ...(configuration.preemptRt === undefined ? {} : { preemptRt: configuration.preemptRt }),
  };
  for (const file of files) {
    if (!hasDefault(program, file)) continue;
    const probe = new Walk(program, table, base, DOERS);
    boot(probe, file);
    probe.scenarios.forEach((_, i) => {
      const walk = new Walk(program, table, base, DOERS);
      boot(walk, file);
      const scenario = walk.scenarios[i];
      if (scenario === undefined) return;
      walk.config = configOf(scenario.options, configuration);
      setUp(walk, scenario);
      walkRoots(walk);
      out.push({ name: nameOf(scenario.options), file, walk });
    });
  }
  const enteredBy = (): Set<string> => new Set(out.flatMap(({ walk }) => [...walk.entered]));
  // Functions that return a scenario: called once, so that it comes to be.
  for (const id of openFunctions(program, files, enteredBy())) {
    const code = program.codes.get(id);
    if (code === undefined || !isFactory(code.fn.body)) continue;
    const walk = new Walk(program, table, base, DOERS);
    boot(walk, code.unit.file);
    walk.scenarios.length = 0;
    runFactory(walk, id);
    const [scenario] = walk.scenarios;
    if (scenario === undefined) continue;
    walk.config = configOf(scenario.options, configuration);
    setUp(walk, scenario);
    walkRoots(walk);
    out.push({ name: nameOf(scenario.options), file: code.unit.file, walk });
  }
  const left = openFunctions(program, files, enteredBy());
  if (left.length > 0) {
    const walk = new Walk(program, table, base, DOERS);
    for (const file of files) boot(walk, file);
    addOpenRoots(walk, left);
    walkRoots(walk);
    out.push({ name: '', file: files[0] ?? '', walk });
  }
  return out;
}

/** Whether a file exports something computed as its default, as scenarios are. */
function hasDefault(program: TreeProgram, file: string): boolean {
  const id = `${file}#default`;
  const body = program.units.get(file)?.body ?? [];
  return body.some((stmt) => stmt.k === 'expr' && stmt.e.k === 'set' && stmt.e.t.k === 'global' && stmt.e.t.id === id);
}

function runFactory(w: Walk, id: string): void {
  const code = w.program.codes.get(id);
  if (code !== undefined) {
    w.heap.concrete = true;
    // Options that nobody gives have their defaults.
    const args = code.fn.params.map((param): Value => {
      const value = instanceOf(w, param.ty, param.name);
      return value.t === 'unknown' ? w.heap.make(param.name).ref : value;
    });
    const call = { parent: undefined, file: code.unit.file, function: code.fn.name, line: 0 };
    const frame: Frame = {
      code,
      unit: code.unit,
      call,
      root: setupRoot(w),
      self: undefined,
      sure: true,
      split: false,
      jumps: newJumps(),
      signals: new Map(),
      waits: new Set(),
      maybe: 0,
    };
    callValue(
      w,
      frame,
      startState(w, new Map()),
      closureOf(w, code, new Map()),
      undefined,
      args,
      plainCall(code.fn.name, 0),
    );
  }
}

function isFactory(body: readonly TreeStmt[]): boolean {
  return JSON.stringify(body).includes('"api":"scenario"');
}

/** Functions that can be called from outside and that nothing walked so far. */
function openFunctions(program: TreeProgram, files: readonly string[], entered: ReadonlySet<string>): string[] {
  const out: string[] = [];
  const wanted = new Set(files);
  for (const [id, code] of program.codes) {
    if (!wanted.has(code.unit.file) || entered.has(`${code.unit.file}#${code.index}`)) continue;
    if (id !== code.fn.id && code.fn.id !== '') continue;
    if (code.fn.isPublic || id.endsWith('#default')) out.push(id);
  }
  return out.sort();
}

function configOf(options: Value, configuration: Configuration): WalkConfig {
  const memory = field(options, 'memory');
  const rt = configuration.preemptRt ?? isTrue(field(options, 'preemptRt'));
  return {
    preemptRt: rt,
    preemptCount: !isFalse(field(options, 'preemptCount')),
    gfpRtNowait: !isFalse(field(memory, 'gfpRtNowait')),
    zoneRaw: textOfValue(field(memory, 'zoneLock')) === 'raw',
    kswapdRcuwait: textOfValue(field(memory, 'kswapdWait')) === 'rcuwait',
  };
}

function field(value: Value | undefined, name: string): Value | undefined {
  return value?.t === 'ref' ? value.o.fields.get(name) : undefined;
}

function isTrue(value: Value | undefined): boolean {
  return value !== undefined && truthOf(value) === CanBe.True;
}

function isFalse(value: Value | undefined): boolean {
  return value?.t === 'const' && value.v === false;
}

function nameOf(options: Value): string {
  return textOfValue(field(options, 'name')) ?? 'scenario';
}
