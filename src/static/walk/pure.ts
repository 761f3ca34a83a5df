import type { TreeExpr, TreeStmt, TreeTarget } from '../ir/tree.js';
import type { Code } from './thing.js';
import type { Walk } from './walk.js';

/**
 * Whether a function only computes: it touches no object, no lock and no variable but its own, and calls nothing that does. What it
 * comes to depends on its arguments alone, so it is walked once for equal ones, whatever is held where it is called.
 */
export function isPure(w: Walk, code: Code): boolean {
  const { fn } = code;
  const known = w.pure.get(fn);
  if (known !== undefined) return known;
  // A recursion asks while this is being found out: what else there is decides.
  w.pure.set(fn, true);
  const pure =
    fn.contract === undefined &&
    fn.captures.length === 0 &&
    fn.params.every(({ t, init, rest }) => !rest && isOwn(t) && (init === null || computes(w, init))) &&
    allCompute(w, fn.body);
  w.pure.set(fn, pure);
  return pure;
}

function allCompute(w: Walk, stmts: readonly TreeStmt[]): boolean {
  return stmts.every((stmt) => onlyComputes(w, stmt));
}

/** The same of a statement. */
export function onlyComputes(w: Walk, stmt: TreeStmt): boolean {
  switch (stmt.k) {
    case 'expr':
    case 'throw':
      return computes(w, stmt.e);
    case 'block':
      return allCompute(w, stmt.s);
    case 'if':
      return computes(w, stmt.c) && allCompute(w, stmt.a) && allCompute(w, stmt.b);
    case 'loop':
      return isNothingOr(w, stmt.c) && isNothingOr(w, stmt.step) && allCompute(w, stmt.body);
    case 'return':
      return isNothingOr(w, stmt.e);
    case 'break':
    case 'continue':
      return true;
    case 'switch':
      return computes(w, stmt.e) && stmt.cases.every(({ test, s }) => isNothingOr(w, test) && allCompute(w, s));
    case 'each':
    case 'try':
      return false;
  }
}

function isNothingOr(w: Walk, e: TreeExpr | null): boolean {
  return e === null || computes(w, e);
}

function computes(w: Walk, e: TreeExpr): boolean {
  switch (e.k) {
    case 'const':
      return true;
    case 'var':
      return e.cell !== true;
    case 'unary':
      return computes(w, e.e);
    case 'binary':
    case 'logic':
      return computes(w, e.l) && computes(w, e.r);
    case 'cond':
      return computes(w, e.c) && computes(w, e.a) && computes(w, e.b);
    case 'set':
      return isOwn(e.t) && computes(w, e.v);
    case 'text':
      return e.parts.every((part) => computes(w, part));
    case 'seq':
      return e.es.every((part) => computes(w, part));
    case 'call': {
      const callee = e.p === '' && e.f.k === 'global' ? w.program.codes.get(e.f.id) : undefined;
      return callee !== undefined && e.a.every((arg) => computes(w, arg)) && isPure(w, callee);
    }
    case 'global':
    case 'sim':
    case 'this':
    case 'get':
    case 'index':
    case 'new':
    case 'fn':
    case 'class':
    case 'run':
    case 'yield':
    case 'object':
    case 'array':
    case 'spread':
      return false;
  }
}

/** A variable that no closure shares. */
function isOwn(t: TreeTarget): boolean {
  return t.k === 'nothing' || (t.k === 'var' && t.cell !== true);
}
