import { type Evidence, type Finding, fingerprint } from '../../model/finding.js';
import type { RuleSet } from '../../rules/index.js';
import type { LockKind } from '../ir/ir.js';
import type { Edge } from '../solve/found.js';
import { whereOf } from '../solve/places.js';
import { type FunctionId, headOf, type Program } from '../solve/program.js';
import { compareText, siteOf } from '../solve/summary.js';

/** An order of two lock classes that some path takes. */
interface Order {
  readonly from: string;
  readonly to: string;
  readonly edge: Edge;
  readonly function: FunctionId;
}

/**
 * Pairs of lock classes that are taken in both orders. Classes come from types and names, so two objects of one class
 * are one here, as they are for lockdep; whether the two paths can run at the same time is not known: findings are
 * certain only where both locks are single variables and both orders are in one function's own code.
 */
export function cyclesOf(
  program: Program,
  edges: readonly { readonly function: FunctionId; readonly edge: Edge }[],
  rules: RuleSet,
): Finding[] {
  const orders = new Map<string, Order>();
  for (const { function: id, edge } of edges) {
    const from = edge.from.key;
    const to = edge.effect.key;
    if (from === to || from === '' || to === '' || isTry(edge) || edge.from.assumed !== undefined) continue;
    // Readers of RCU wait for nobody, and only grace periods for them.
    if (NO_WAITERS.has(edge.from.kind) || (edge.effect.op.op === 'lock' && NO_WAITERS.has(edge.effect.op.kind)))
      continue;
    if (edge.from.unsure === true || edge.effect.unsure) continue;
    const key = `${from}\0${to}`;
    const known = orders.get(key);
    if (known === undefined || edge.effect.chain.length < known.edge.effect.chain.length) {
      orders.set(key, { from, to, edge, function: id });
    }
  }
  const out: Finding[] = [];
  for (const order of [...orders.values()].sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to))) {
    if (order.from > order.to) continue;
    const back = orders.get(`${order.to}\0${order.from}`);
    if (back !== undefined) out.push(cycleFinding(program, order, back, rules));
  }
  return out;
}

const NO_WAITERS: ReadonlySet<LockKind> = new Set(['rcu', 'srcu', 'seq']);

function isTry(edge: Edge): boolean {
  const { op } = edge.effect;
  return op.op === 'lock' && (op.result !== undefined || op.nested !== undefined || op.momentary === true);
}

function cycleFinding(program: Program, order: Order, back: Order, rules: RuleSet): Finding {
  const rule = rules.find('lock-order-cycle');
  const direct = order.edge.effect.chain.length === 1 && back.edge.effect.chain.length === 1;
  const single = [order, back].every(
    (side) => !side.edge.from.path.includes('.') && /^[A-Za-z_]/.test(side.edge.from.path),
  );
  const isCertain = direct && single;
  const site = siteOf(order.edge.effect);
  const locks = [order.edge.from.name, order.edge.effect.name];
  const severity = rule?.severity ?? 'error';
  return {
    rule: 'lock-order-cycle',
    severity: isCertain ? severity : 'warning',
    confidence: isCertain ? 'certain' : 'possible',
    message: `${locks[0]} is taken before ${locks[1]} in ${headOf(program, order.function).name}() and after it in ${headOf(program, back.function).name}()`,
    locks,
    where: whereOf(program, site),
    evidence: [...evidenceOf(program, order), ...evidenceOf(program, back)],
    fingerprint: fingerprint('lock-order-cycle', [...locks].sort(compareText)),
    count: 1,
    ...(rule === undefined ? {} : { advice: rule.advice }),
  };
}

function evidenceOf(program: Program, { edge }: Order): Evidence[] {
  const { from, effect } = edge;
  return [
    { what: `${from.api}() takes ${from.name}`, where: whereOf(program, from.site) },
    ...effect.chain.map((site, i) => ({
      what: i === effect.chain.length - 1 ? `${effect.op.api}() takes ${effect.name}` : `${site.function}() calls on`,
      where: whereOf(program, site),
    })),
  ];
}
