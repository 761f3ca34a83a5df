import type { TreeExpr } from '../ir/tree.js';
import { constant, TRUE } from './value.js';
import type { State } from './walk.js';

/** A condition on variables and constants alone, and whether it asks for the opposite. */
export interface Condition {
  readonly key: string;
  readonly negated: boolean;
}

/** A path has answers: the name of a variable that says so. */
export const ASKED = '%asked';

/** Conditions that are remembered on a path; the oldest are forgotten. */
const MOST_ASKED = 8;

/** What a condition asks, spelt so that the same question is the same text; undefined where it looks at more than variables. */
export function conditionOf(e: TreeExpr): Condition | undefined {
  if (e.k !== 'binary' && e.k !== 'logic') return undefined;
  const names = new Set<string>();
  const asked = question(e, names);
  if (asked === undefined || names.size === 0) return undefined;
  const { text, negated } = asked;
  return { key: `${ASKED}${[...names].map((name) => ` ${name};`).join('')} ${text}`, negated };
}

interface Question {
  readonly text: string;
  readonly negated: boolean;
}

const OPPOSITES: Readonly<Record<string, string>> = { '!==': '===', '!=': '==', '>=': '<', '<=': '>' };

/** A question without its negations. */
function question(e: TreeExpr, names: Set<string>): Question | undefined {
  if (e.k === 'unary' && e.op === '!') {
    const asked = question(e.e, names);
    return asked && { text: asked.text, negated: !asked.negated };
  }
  if (e.k === 'logic' && e.op !== '??') {
    // a || b is not(not a && not b).
    const isOr = e.op === '||';
    const left = question(e.l, names);
    const right = left && question(e.r, names);
    if (left === undefined || right === undefined) return undefined;
    return { text: `(${signed(left, isOr)} && ${signed(right, isOr)})`, negated: isOr };
  }
  if (e.k === 'binary' && /^[!=]==?$/.test(e.op) && isMasked(e)) {
    const asked = question(e.l, names);
    const isEmpty = e.r.k === 'const' && e.r.v === 0;
    return asked && { text: asked.text, negated: asked.negated !== (e.op.startsWith('=') === isEmpty) };
  }
  const text = spelt(e, names);
  if (text === undefined) return undefined;
  return { text, negated: e.k === 'binary' && OPPOSITES[e.op] !== undefined };
}

function signed({ text, negated }: Question, other: boolean): string {
  return negated === other ? text : `!${text}`;
}

/** `(flags & BIT)` compared with 0 or with the one BIT: asks whether the bit is set, as `flags & BIT` does. */
function isMasked({ l, r }: TreeExpr & { k: 'binary' }): boolean {
  if (l.k !== 'binary' || l.op !== '&' || r.k !== 'const' || typeof r.v !== 'number') return false;
  if (r.v === 0) return true;
  const isOneBit = (r.v & (r.v - 1)) === 0;
  return isOneBit && l.r.k === 'const' && l.r.v === r.v;
}

function spelt(e: TreeExpr, names: Set<string>): string | undefined {
  switch (e.k) {
    case 'const':
      return typeof e.v === 'string' ? JSON.stringify(e.v) : String(e.v);
    case 'var':
      if (e.cell === true && e.own !== true) return undefined;
      names.add(e.n);
      return e.n;
    case 'get':
      // A member of a table outside functions is a constant, or what it comes to is known.
      return e.o.k === 'global' ? `${e.o.id}.${e.p}` : undefined;
    case 'unary': {
      const inner = spelt(e.e, names);
      return inner === undefined ? undefined : `${e.op}(${inner})`;
    }
    case 'binary': {
      const left = spelt(e.l, names);
      const right = left === undefined ? undefined : spelt(e.r, names);
      return right === undefined ? undefined : `(${left} ${OPPOSITES[e.op] ?? e.op} ${right})`;
    }
    default:
      return undefined;
  }
}

/** How the same condition came out before on the path; undefined where it was not asked, or either may be. */
export function answered(s: State, { key, negated }: Condition): boolean | undefined {
  const known = s.env.get(key);
  return known?.t === 'const' ? (known.v === true) !== negated : undefined;
}

export function withAnswer(s: State, { key, negated }: Condition, truth: boolean): State {
  let env = s.env.with(ASKED, TRUE).with(key, constant(truth !== negated));
  for (const oldest of env.names(`${ASKED} `).slice(0, -MOST_ASKED)) env = env.with(oldest, undefined);
  return { ...s, env };
}

/** The state in which a variable may have another value: what was asked of it counts no longer. */
export function withoutAnswers(s: State, name: string): State {
  if (s.env.get(ASKED) === undefined) return s;
  let { env } = s;
  for (const key of s.env.names(`${ASKED} `)) if (key.includes(` ${name};`)) env = env.with(key, undefined);
  return env === s.env ? s : { ...s, env };
}
