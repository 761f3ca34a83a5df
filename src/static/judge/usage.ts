import { type Evidence, type Finding, fingerprint } from '../../model/finding.js';
import type { RuleSet } from '../../rules/index.js';
import type { ContextName } from '../ir/ir.js';
import type { Edge } from '../solve/found.js';
import { whereOf } from '../solve/places.js';
import { type FunctionId, fileOf, headOf, type LinkedUnit, type Program } from '../solve/program.js';
import { type Effect, siteKey, siteOf } from '../solve/summary.js';
import { isVariable } from '../solve/uses.js';

/** How a lock class is used: in an interrupt, or in a task with that interrupt enabled. */
interface Use {
  readonly effect: Effect;
  readonly root: FunctionId;
}

/** Sites of a chain up to which what a function switches off is what it finds switched off. */
const FAR = 2;

export type Irq = 'hardirq' | 'softirq';

export interface Usage {
  /** In the interrupt. */
  readonly inside: Map<string, Use>;
  /** With the interrupt enabled. */
  readonly enabled: Map<string, Use[]>;
}

/**
 * Lock classes used in an interrupt and with it enabled, and orders from a class used in an interrupt to one that is
 * taken with it enabled. Only variables that are locks are judged: of a lock in an object it is not known whether the
 * interrupt's object and the task's can be the same.
 */
export function usageFindings(
  program: Program,
  uses: ReadonlyMap<FunctionId, readonly Effect[]>,
  edges: readonly { readonly function: FunctionId; readonly edge: Edge }[],
  rules: RuleSet,
): Finding[] {
  const out: Finding[] = [];
  for (const [irq, usage] of usagesOf(program, uses)) {
    out.push(...inconsistent(program, usage, irq, rules), ...inversions(program, usage, irq, edges, rules));
  }
  return out;
}

/** How lock classes are used, as seen from both kinds of interrupts. */
export function usagesOf(program: Program, uses: ReadonlyMap<FunctionId, readonly Effect[]>): ReadonlyMap<Irq, Usage> {
  const { entries } = program;
  const called = calledFunctions(program);
  const out = new Map<Irq, Usage>();
  for (const irq of ['hardirq', 'softirq'] as const) {
    const usage: Usage = { inside: new Map(), enabled: new Map() };
    for (const [id, effects] of uses) {
      const context = entries.get(id)?.context;
      if (context === undefined) {
        if (!called.has(id)) addEnabled(usage, irq, effects, id);
      } else if (context === 'task') addEnabled(usage, irq, effects, id);
      else if (isIn(irq, context)) addInside(usage, effects, id);
    }
    out.set(irq, usage);
  }
  return out;
}

function isIn(irq: Irq, context: ContextName): boolean {
  return irq === 'softirq' ? context === 'softirq' : context === 'hardirq' || context === 'hardirq-threaded';
}

function calledFunctions(program: Program): Set<FunctionId> {
  const called = new Set<FunctionId>();
  for (const targets of program.callees) for (const target of targets) called.add(target);
  return called;
}

function addInside(usage: Usage, effects: readonly Effect[], root: FunctionId): void {
  for (const effect of effects) {
    const known = usage.inside.get(effect.key);
    if (known === undefined || effect.chain.length < known.effect.chain.length)
      usage.inside.set(effect.key, { effect, root });
  }
}

function addEnabled(usage: Usage, irq: Irq, effects: readonly Effect[], root: FunctionId): void {
  for (const effect of effects) {
    if (effect.off === 'irq' || (irq === 'softirq' && effect.off === 'bh')) continue;
    const list = usage.enabled.get(effect.key);
    if (list === undefined) usage.enabled.set(effect.key, [{ effect, root }]);
    else list.push({ effect, root });
  }
}

function inconsistent(program: Program, usage: Usage, irq: Irq, rules: RuleSet): Finding[] {
  const out: Finding[] = [];
  for (const [key, inside] of usage.inside) {
    // Further away, who has switched what off before is guesswork.
    const near = (usage.enabled.get(key) ?? []).filter((use) => use.effect.chain.length <= FAR);
    for (const { use, count } of oneForEachPlace(program, near)) {
      const lock = use.effect.name;
      const holder = headOf(program, use.root).name;
      const handler = headOf(program, inside.root).name;
      const isCertain = isSure(program, use, inside);
      const finding = make(program, rules, 'inconsistent-lock-state', use, [lock], [holder], isCertain, {
        message: `${lock} is taken with ${irq}s enabled in ${siteOf(use.effect).function}() and in the ${irq} that runs ${handler}()`,
        evidence: [
          ...steps(program, use, `takes ${lock}, ${irq}s enabled`),
          ...steps(program, inside, `takes ${lock} in a ${irq}`),
        ],
      });
      out.push({ ...finding, count });
    }
  }
  return out;
}

/** One use for each line that takes a lock, the best known, and how many there are. */
function oneForEachPlace(program: Program, uses: readonly Use[]): { use: Use; count: number }[] {
  const places = new Map<string, { use: Use; count: number }>();
  for (const use of uses) {
    const place = siteKey(siteOf(use.effect));
    const known = places.get(place);
    if (known === undefined) places.set(place, { use, count: 1 });
    else {
      known.count++;
      if (!isTask(program, known.use) && isTask(program, use)) known.use = use;
    }
  }
  return [...places.values()];
}

/** Whether a use is known to be a task's: by how its function is entered, by its name, or because it sleeps. */
function isTask(program: Program, { effect, root }: Use): boolean {
  if (effect.inTask === true || program.entries.get(root)?.context === 'task') return true;
  return /^(?:compat_)?sys_/.test(headOf(program, root).name);
}

/**
 * Whether the handler does it, and not in some case far below it, and the other use is a task's: known to be, or in the handler's
 * own file and not handed to anybody. What is called through a pointer, from a trap or by assembly is often called with interrupts off.
 */
function isSure(program: Program, use: Use, inside: Use): boolean {
  if (inside.effect.chain.length > FAR + 1 || inside.effect.optional === true) return false;
  if (isTask(program, use)) return program.entries.get(inside.root)?.by !== undefined;
  const { unit } = program.units[program.unitOf[use.root] as number] as LinkedUnit;
  return unit.file === fileOf(program, inside.root) && !unit.stored.includes(headOf(program, use.root).name);
}

function inversions(
  program: Program,
  usage: Usage,
  irq: Irq,
  edges: readonly { readonly function: FunctionId; readonly edge: Edge }[],
  rules: RuleSet,
): Finding[] {
  const out = new Map<string, Finding>();
  for (const { edge } of edges) {
    const { from, effect } = edge;
    const inside = usage.inside.get(from.key);
    const [enabled] = usage.enabled.get(effect.key) ?? [];
    if (inside === undefined || enabled === undefined || from.key === effect.key) continue;
    if (!isVariable(from.path, from.key) || usage.inside.has(effect.key) || from.unsure === true) continue;
    const key = `${from.key} ${effect.key}`;
    if (out.has(key)) continue;
    const use: Use = { effect, root: enabled.root };
    const isCertain = effect.chain.length <= FAR && isSure(program, enabled, inside);
    out.set(
      key,
      make(program, rules, 'irq-lock-inversion', use, [from.name, effect.name], [], isCertain, {
        message: `${effect.name}, taken with ${irq}s enabled, is taken inside ${from.name}, which the ${irq} that runs ${headOf(program, inside.root).name}() takes`,
        evidence: [
          { what: `${from.api}() takes ${from.name}`, where: whereOf(program, from.site) },
          ...steps(program, use, `takes ${effect.name} inside it`),
          ...steps(program, enabled, `takes ${effect.name}, ${irq}s enabled`),
          ...steps(program, inside, `takes ${from.name} in a ${irq}`),
        ],
      }),
    );
  }
  return [...out.values()];
}

function steps(program: Program, use: Use, what: string): Evidence[] {
  return use.effect.chain.map((site, i) => ({
    what: i === use.effect.chain.length - 1 ? `${use.effect.op.api}() ${what}` : `${site.function}() calls on`,
    where: whereOf(program, site),
  }));
}

function make(
  program: Program,
  rules: RuleSet,
  id: string,
  use: Use,
  locks: string[],
  parts: readonly string[],
  isCertain: boolean,
  said: { readonly message: string; readonly evidence: Evidence[] },
): Finding {
  const rule = rules.find(id);
  const severity = rule?.severity ?? 'error';
  return {
    rule: id,
    severity: isCertain ? severity : 'warning',
    confidence: isCertain ? 'certain' : 'possible',
    message: said.message,
    locks,
    where: whereOf(program, siteOf(use.effect)),
    evidence: said.evidence,
    fingerprint: fingerprint(id, [...locks, ...parts, siteOf(use.effect).function, fileOf(program, use.root)]),
    count: 1,
    ...(rule === undefined ? {} : { advice: rule.advice }),
  };
}
