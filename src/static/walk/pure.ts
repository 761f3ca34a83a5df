import type { TreeExpr, TreeFunction, TreeStmt, TreeTarget } from '../ir/tree.js';
import type { Code } from './thing.js';
import type { Walk } from './walk.js';

/** Whether a function that is called only computes. */
type Ask = (callee: Code) => boolean;

/**
 * Whether a function only computes: it touches no object, no lock and no variable but its own, and calls nothing that does. What it
 * comes to depends on its arguments alone, so it is walked once for equal ones, whatever is held where it is called. Of functions that
 * call each other all do, or none.
 */
export function isPure(w: Walk, code: Code): boolean {
  const known = w.pure.get(code.fn);
  if (known !== undefined) return known;
  const callers = new Map<TreeFunction, TreeFunction[]>();
  const impure: TreeFunction[] = [];
  const left = [code];
  w.pure.set(code.fn, true);
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const { fn } = at;
    const isAlone = computesAlone(w, at, (callee) => {
      const pure = w.pure.get(callee.fn);
      if (pure === false) return false;
      const others = callers.get(callee.fn);
      if (others === undefined) callers.set(callee.fn, [fn]);
      else others.push(fn);
      if (pure === undefined) {
        w.pure.set(callee.fn, true);
        left.push(callee);
      }
      return true;
    });
    if (!isAlone) impure.push(fn);
  }
  for (let fn = impure.pop(); fn !== undefined; fn = impure.pop()) {
    if (w.pure.get(fn) === false) continue;
    w.pure.set(fn, false);
    impure.push(...(callers.get(fn) ?? []));
  }
  return w.pure.get(code.fn) === true;
}

/** The same, if what it calls does so. */
function computesAlone(w: Walk, { fn }: Code, ask: Ask): boolean {
  return (
    fn.contract === undefined &&
    fn.captures.length === 0 &&
    fn.params.every(({ t, init, rest }) => !rest && isOwn(t) && (init === null || computes(w, init, ask))) &&
    allCompute(w, fn.body, ask)
  );
}

function allCompute(w: Walk, stmts: readonly TreeStmt[], ask: Ask): boolean {
  return stmts.every((stmt) => onlyComputes(w, stmt, ask));
}

/** The same of a statement. */
export function onlyComputes(w: Walk, stmt: TreeStmt, ask: Ask = (code) => isPure(w, code)): boolean {
  switch (stmt.k) {
    case 'expr':
    case 'throw':
      return computes(w, stmt.e, ask);
    case 'block':
      return allCompute(w, stmt.s, ask);
    case 'if':
      return computes(w, stmt.c, ask) && allCompute(w, stmt.a, ask) && allCompute(w, stmt.b, ask);
    case 'loop':
      return isNothingOr(w, stmt.c, ask) && isNothingOr(w, stmt.step, ask) && allCompute(w, stmt.body, ask);
    case 'return':
      return isNothingOr(w, stmt.e, ask);
    case 'break':
    case 'continue':
      return true;
    case 'switch':
      return (
        computes(w, stmt.e, ask) &&
        stmt.cases.every(({ test, s }) => isNothingOr(w, test, ask) && allCompute(w, s, ask))
      );
    case 'each':
    case 'try':
      return false;
  }
}

function isNothingOr(w: Walk, e: TreeExpr | null, ask: Ask): boolean {
  return e === null || computes(w, e, ask);
}

function computes(w: Walk, e: TreeExpr, ask: Ask): boolean {
  switch (e.k) {
    case 'const':
      return true;
    case 'var':
      return e.cell !== true;
    case 'unary':
      return computes(w, e.e, ask);
    case 'binary':
    case 'logic':
      return computes(w, e.l, ask) && computes(w, e.r, ask);
    case 'cond':
      return computes(w, e.c, ask) && computes(w, e.a, ask) && computes(w, e.b, ask);
    case 'set':
      return isOwn(e.t) && computes(w, e.v, ask);
    case 'text':
      return e.parts.every((part) => computes(w, part, ask));
    case 'seq':
      return e.es.every((part) => computes(w, part, ask));
    case 'call': {
      const callee = e.p === '' && e.f.k === 'global' ? w.program.codes.get(e.f.id) : undefined;
      return callee !== undefined && e.a.every((arg) => computes(w, arg, ask)) && ask(callee);
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
