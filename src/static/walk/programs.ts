import { callValue, instanceOf, plainCall } from './calls.js';
import { closureOf } from './closures.js';
import { DOERS } from './doers.js';
import { addOpenRoots, setUp, walkRoots } from './roots.js';
import { boot, outermostFrame, setupRoot, startState } from './start.js';
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

/** One scenario, walked. */
export interface Walked {
  readonly name: string;
  readonly file: string;
  readonly walk: Walk;
}

/** What the kernel is unless a scenario says otherwise. */
function baseOf({ preemptRt }: Configuration): WalkConfig {
  return { ...DEFAULTS, ...(preemptRt === undefined ? {} : { preemptRt }) };
}

/** Walks every scenario that a file exports. */
export function walkScenarios(
  program: TreeProgram,
  table: SimTable,
  file: string,
  configuration: Configuration,
): Walked[] {
  const out: Walked[] = [];
  const base = baseOf(configuration);
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
  return out;
}

/** Walks the scenario that a function returns when it is called with its defaults. */
export function walkFactory(program: TreeProgram, table: SimTable, id: string, configuration: Configuration): Walked[] {
  const code = program.codes.get(id);
  if (code === undefined) return [];
  const walk = new Walk(program, table, baseOf(configuration), DOERS);
  boot(walk, code.unit.file);
  walk.scenarios.length = 0;
  runFactory(walk, id);
  const [scenario] = walk.scenarios;
  if (scenario === undefined) return [];
  walk.config = configOf(scenario.options, configuration);
  setUp(walk, scenario);
  walkRoots(walk);
  return [{ name: nameOf(scenario.options), file: code.unit.file, walk }];
}

/**
 * Walks functions that anyone may call, all together.
 * @param files whose set-up code runs before
 */
export function walkOpen(
  program: TreeProgram,
  table: SimTable,
  files: readonly string[],
  ids: readonly string[],
  configuration: Configuration,
): Walk {
  const walk = new Walk(program, table, baseOf(configuration), DOERS);
  for (const file of files) boot(walk, file);
  addOpenRoots(walk, ids);
  walkRoots(walk);
  return walk;
}

function runFactory(w: Walk, id: string): void {
  const code = w.program.codes.get(id);
  if (code !== undefined) {
    w.heap.concrete = true;
    // Options that nobody gives have their defaults.
    const args = code.fn.params.map((param): Value => {
      const value = instanceOf(w, param.ty, param.name);
      if (value.t !== 'unknown') return value;
      const given = w.heap.make(param.name);
      given.isSome = true;
      return given.ref;
    });
    const frame: Frame = { ...outermostFrame(code.unit, code.fn.name, setupRoot(w)), code };
    callValue(w, frame, startState(w), closureOf(w, code, new Map()), undefined, args, plainCall(code.fn.name, 0));
  }
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
