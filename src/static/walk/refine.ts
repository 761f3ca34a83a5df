import type { TreeExpr } from '../ir/tree.js';
import { isInstance } from './classes.js';
import { compared as narrowed, settledField, withKnown, withSourceTold } from './known.js';
import { withVariable } from './paths.js';
import { ownName } from './plain.js';
import {
  ANYTHING,
  alternatives,
  assumed,
  CanBe,
  isNullish,
  ofAlternatives,
  type Primitive,
  type Simple,
  truthOf,
  type Value,
  without,
} from './value.js';
import type { Frame, State, Walk } from './walk.js';

/** What a condition looks at and may tell of: a variable, or a field that does not change. */
interface Subject {
  readonly old: Value;
  readonly told: (value: Value) => State;
}

function subjectOf(w: Walk, f: Frame, s: State, e: TreeExpr): Subject | undefined {
  if (e.k === 'set') return e.t.k === 'var' ? subjectOf(w, f, s, { k: 'var', n: e.t.n }) : undefined;
  if (e.k === 'var') {
    const name = e.own === true ? ownName(e.n) : e.n;
    const old = e.cell === true && e.own !== true ? undefined : s.env.get(name);
    if (old === undefined) return undefined;
    if (e.own === true) return { old, told: (value) => withVariable(s, name, value) };
    return { old, told: (value) => withSourceTold(w, withVariable(s, e.n, value), e.n, old, value) };
  }
  const field = settledField(f, s, e);
  return field === undefined ? undefined : { old: field.v, told: (value) => withKnown(s, field, value) };
}

/** What a condition's outcome says of what it looks at. */
export function refined(w: Walk, f: Frame, s: State, e: TreeExpr, outcome: boolean, truth: number): State {
  const own = subjectOf(w, f, s, e);
  if (own !== undefined) {
    const value = assumed(own.old, outcome ? CanBe.True : CanBe.False);
    return value === undefined ? s : told(own, value, truth);
  }
  if (e.k === 'get')
    return withOnly(s, e.o, (part) => (truthOf(fieldOf(part, e.p)) & (outcome ? CanBe.True : CanBe.False)) !== 0);
  if (e.k !== 'binary') return s;
  if (e.op === 'instanceof') return afterInstanceof(w, f, s, e, outcome);
  if (e.r.k !== 'const' || !/^[!=]==?$/.test(e.op)) return s;
  if (e.l.k === 'get') {
    const { o, p } = e.l;
    const { v: wanted } = e.r;
    const left = withOnly(s, o, (part) => narrowedTo(fieldOf(part, p), e.op, wanted, outcome) !== undefined);
    if (left !== s) return left;
  }
  const subject = subjectOf(w, f, s, e.l);
  if (subject === undefined) return s;
  const value = narrowed(subject.old, e.op, e.r.v, outcome);
  return value === undefined ? s : told(subject, value, truth);
}

function told({ old, told: next }: Subject, value: Value, truth: number): State {
  const s = next(value);
  return failed(old, value, truth) ? { ...s, doubtful: true } : s;
}

/** An allocation that failed: it may never. */
function failed(old: Value, value: Value, truth: number): boolean {
  if (truth !== CanBe.Either || old.t !== 'several') return false;
  const isMemory = old.vs.some((part) => part.t === 'ref' && part.o.sim?.memory !== undefined);
  return isMemory && alternatives(value).every(isNullish);
}

/** What a property is, as far as the object tells. */
function fieldOf(part: Simple, name: string): Value {
  if (part.t !== 'ref' || part.o.sim !== undefined) return ANYTHING;
  return part.o.fields.get(name) ?? ANYTHING;
}

/** As {@link narrowed}, of what the alternatives are: undefined where none can have come out so. */
function narrowedTo(old: Value, op: string, wanted: Primitive, outcome: boolean): Value | undefined {
  const equal = op.startsWith('=') === outcome;
  if (!equal) return narrowed(old, op, wanted, outcome);
  const loose = (wanted === null || wanted === undefined) && op.length === 2;
  return without(
    old,
    (part) => part.t === 'ref' || (part.t === 'const' && part.v !== wanted && !(loose && isNullish(part))),
  );
}

/** The state in which a variable is one of the alternatives that a condition on a property leaves. */
function withOnly(s: State, e: TreeExpr, keeps: (part: Simple) => boolean): State {
  if (e.k !== 'var' || e.cell === true) return s;
  const old = s.env.get(e.n);
  if (old?.t !== 'several') return s;
  const left = old.vs.filter((part) => isNullish(part) || keeps(part));
  return left.length === 0 || left.length === old.vs.length ? s : withVariable(s, e.n, ofAlternatives(left));
}

function afterInstanceof(w: Walk, f: Frame, s: State, e: TreeExpr & { k: 'binary' }, outcome: boolean): State {
  const [only] = w.to.evaluate(w, f, e.r, s);
  if (only === undefined || e.l.k !== 'var' || e.l.cell === true) return s;
  const old = s.env.get(e.l.n);
  if (old?.t !== 'several') return s;
  const left = old.vs.filter(
    (part) => (truthOf(isInstance(w, part, only.v)) & (outcome ? CanBe.True : CanBe.False)) !== 0,
  );
  return left.length === 0 ? s : withVariable(s, e.l.n, ofAlternatives(left));
}
