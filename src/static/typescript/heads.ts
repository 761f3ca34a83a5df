import type { TreeStmt, TreeUnit } from '../ir/tree.js';

/** A call of scenario(), as JSON. */
const MAKES_SCENARIO = '"api":"scenario"';

/** What is asked of a unit without looking into it. */
export interface TreeHead {
  readonly file: string;
  /** How many functions it has. */
  readonly functions: number;
  /** It makes scenarios where it is loaded: exports something computed as its default, or calls scenario() itself. */
  readonly hasScenarios: boolean;
  /** Functions that can be called from outside, each with its number in the unit. */
  readonly open: readonly (readonly [id: string, index: number])[];
  /** Those of them that make a scenario. */
  readonly factories: readonly string[];
  readonly unknown: Readonly<Record<string, number>>;
}

/** @param text the unit as JSON: most make no scenario, and need not be looked through */
export function headOf(unit: TreeUnit, text: string): TreeHead {
  const mayMake = text.includes(MAKES_SCENARIO);
  const ids = new Map<string, number>(Object.entries(unit.named));
  unit.functions.forEach((fn, index) => {
    if (fn.id !== '') ids.set(fn.id, index);
  });
  const open: [string, number][] = [];
  const factories: string[] = [];
  for (const [id, index] of ids) {
    const fn = unit.functions[index];
    if (fn === undefined || (id !== fn.id && fn.id !== '')) continue;
    if (!fn.isPublic && !id.endsWith('#default')) continue;
    open.push([id, index]);
    if (mayMake && makesScenario(fn.body)) factories.push(id);
  }
  const { file, functions, unknown } = unit;
  return {
    file,
    functions: functions.length,
    hasScenarios: hasDefault(unit) || (mayMake && makesScenario(unit.body)),
    open,
    factories,
    unknown,
  };
}

function hasDefault({ file, body }: TreeUnit): boolean {
  const id = `${file}#default`;
  return body.some((stmt) => stmt.k === 'expr' && stmt.e.k === 'set' && stmt.e.t.k === 'global' && stmt.e.t.id === id);
}

function makesScenario(body: readonly TreeStmt[]): boolean {
  return JSON.stringify(body).includes(MAKES_SCENARIO);
}
