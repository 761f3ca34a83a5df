import { type Evidence, type Finding, fingerprint } from '../../model/finding.js';
import type { RuleSet } from '../../rules/index.js';
import { lastPart } from '../ir/paths.js';
import { successors } from '../solve/mainline.js';
import { whereOf } from '../solve/places.js';
import { type FunctionId, fileOf, functionOf, headOf, type Program } from '../solve/program.js';
import type { Leak } from '../solve/returns.js';
import type { Site } from '../solve/state.js';

/**
 * Findings of `held-at-exit`: functions that return with a lock on one way and without it on others. Certain where nothing
 * tells that callers want it so.
 */
export function leakFindings(
  program: Program,
  leaks: readonly { readonly function: FunctionId; readonly leak: Leak }[],
  rules: RuleSet,
): Finding[] {
  if (leaks.length === 0) return [];
  const callers = callersOf(program, new Set(leaks.map((entry) => entry.function)));
  const out: Finding[] = [];
  for (const { function: id, leak } of leaks) {
    const known = callers.get(id) ?? [];
    const asked = known.some((caller) => releases(program, caller, leak));
    // Who calls it through a pointer may release the lock there.
    if (leak.told && (asked || known.length === 0)) continue;
    const isSure = !leak.possible && !asked && !releasedBelow(program, id, leak) && !releasesUntaken(program, id, leak);
    out.push(findingOf(program, id, leak, !isSure, rules));
  }
  return out;
}

function callersOf(program: Program, of: ReadonlySet<FunctionId>): Map<FunctionId, FunctionId[]> {
  const callers = new Map<FunctionId, FunctionId[]>();
  for (const [caller, callees] of program.callees.entries()) {
    for (const callee of callees) {
      if (!of.has(callee)) continue;
      const list = callers.get(callee);
      if (list === undefined) callers.set(callee, [caller]);
      else list.push(caller);
    }
  }
  return callers;
}

/** Calls below a function in which a release of its lock is looked for, and functions to look at. */
const DEEP = 5;
const MANY = 400;

/** Whether something that the function calls releases such a lock without taking it: perhaps on the way that seems to keep it. */
function releasedBelow(program: Program, id: FunctionId, { lock }: Leak): boolean {
  const part = lastPart(lock.path);
  const seen = new Set<FunctionId>([id]);
  let level = [id];
  for (let depth = 0; depth < DEEP && level.length > 0; depth++) {
    const next: FunctionId[] = [];
    for (const callee of level.flatMap((caller) => program.callees[caller] as readonly FunctionId[])) {
      if (seen.has(callee) || seen.size > MANY) continue;
      seen.add(callee);
      next.push(callee);
      const ops = functionOf(program, callee).blocks.flatMap((block) => block.ops);
      const isSame = (op: (typeof ops)[number]): boolean =>
        (op.op === 'lock' || op.op === 'unlock') && op.kind === lock.kind && lastPart(op.path) === part;
      const mine = ops.filter(isSame);
      if (mine.length > 0 && mine.every((op) => op.op === 'unlock')) return true;
    }
    level = next;
  }
  return false;
}

/** Whether the function has a way on which it releases the lock without having taken it: another call of it may have, and keep it for that. */
function releasesUntaken(program: Program, id: FunctionId, { lock }: Leak): boolean {
  const { blocks } = functionOf(program, id);
  const seen = new Set<number>();
  const todo = [0];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const block = blocks[at];
    if (block === undefined || seen.has(at)) continue;
    seen.add(at);
    const op = block.ops.find((one) => (one.op === 'lock' || one.op === 'unlock') && one.path === lock.path);
    if (op?.op === 'unlock') return true;
    if (op === undefined) todo.push(...successors(block.next));
  }
  return false;
}

/** Whether a caller releases such a lock, or calls something that is named so. */
function releases(program: Program, caller: FunctionId, { lock }: Leak): boolean {
  const part = lastPart(lock.path);
  return functionOf(program, caller).blocks.some((block) =>
    block.ops.some((op) => {
      if (op.op === 'unlock') return op.kind === lock.kind && lastPart(op.path) === part;
      return op.op === 'call' && /unlock|release/.test(op.callee);
    }),
  );
}

function findingOf(program: Program, id: FunctionId, leak: Leak, possible: boolean, rules: RuleSet): Finding {
  const { lock, leaves, returns, released } = leak;
  const rule = rules.find('held-at-exit');
  const severity = rule?.severity ?? 'error';
  const name = lock.path.startsWith('!') ? `${lock.api}()` : lock.name;
  const state = lock.path.startsWith('!') ? `what ${name} switched off is still off` : `${name} is still held`;
  const step = (what: string, site: Site): Evidence => ({ what, where: { ...whereOf(program, site) } });
  return {
    rule: 'held-at-exit',
    severity: possible ? 'warning' : severity,
    confidence: possible ? 'possible' : 'certain',
    message: `${headOf(program, id).name}() can return while ${state}${released === undefined ? '' : '; on other ways it releases it'}`,
    locks: lock.path.startsWith('!') ? [] : [lock.name],
    where: { ...whereOf(program, leaves) },
    evidence: [
      step(lock.path.startsWith('!') ? `${lock.api}()` : `${lock.api}() takes ${lock.name}`, lock.site),
      step('leaves without a release', leaves),
      ...(returns.line === leaves.line ? [] : [step('returns', returns)]),
      ...(released === undefined ? [] : [step('released on other ways', released)]),
    ],
    fingerprint: fingerprint('held-at-exit', [name, headOf(program, id).name, fileOf(program, id)]),
    count: 1,
    ...(rule === undefined ? {} : { advice: rule.advice }),
  };
}
