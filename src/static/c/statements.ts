import { POSITIVE, ZERO } from '../ir/paths.js';
import {
  type Builder,
  emit,
  enter,
  jump,
  labelBlock,
  newBlock,
  resume,
  runCleanups,
  terminate,
  textOf,
  unreachable,
} from './builder.js';
import { openGuard } from './calls.js';
import { lowerCondition } from './conditions.js';
import { lowerExpression } from './expressions.js';
import type { Syntax } from './parser.js';
import { assign } from './variables.js';

/**
 * Lowers statements in a scope of their own.
 * @returns the value of the last one, for statement expressions
 */
export function lowerStatements(b: Builder, nodes: readonly Syntax[], scoped: boolean): string {
  if (scoped) b.scopes.push({ cleanups: [] });
  let value = '';
  for (const node of nodes) value = lowerStatement(b, node);
  if (scoped) {
    runCleanups(b, b.scopes.length - 1);
    b.scopes.pop();
  }
  return value;
}

export function lowerStatement(b: Builder, node: Syntax): string {
  switch (node.type) {
    case 'compound_statement':
      return lowerStatements(b, node.children, true);
    case 'expression_statement': {
      const inner = node.children[0];
      return inner === undefined ? '' : lowerExpression(b, inner);
    }
    case 'declaration':
      lowerDeclaration(b, node);
      return '';
    case 'if_statement':
      lowerIf(b, node);
      return '';
    case 'while_statement':
      lowerWhile(b, node);
      return '';
    case 'do_statement':
      lowerDo(b, node);
      return '';
    case 'for_statement':
      lowerFor(b, node);
      return '';
    case 'switch_statement':
      lowerSwitch(b, node);
      return '';
    case 'case_statement':
      lowerCase(b, node);
      return '';
    case 'return_statement':
      lowerReturn(b, node.children[0], node.line);
      return '';
    case 'goto_statement': {
      const label = node.children[0];
      runCleanups(b, 1);
      if (label !== undefined) jump(b, labelBlock(b, textOf(b, label)), node.line);
      unreachable(b);
      return '';
    }
    case 'labeled_statement': {
      const [label, ...rest] = node.children;
      if (label !== undefined) enter(b, labelBlock(b, textOf(b, label)));
      return lowerStatements(b, rest, false);
    }
    case 'break_statement':
    case 'continue_statement': {
      const isBreak = node.type === 'break_statement';
      const target = b.jumps.findLast((jumpTarget) => isBreak || jumpTarget.continueTo >= 0);
      if (target !== undefined) {
        runCleanups(b, target.scopes);
        jump(b, isBreak ? target.breakTo : target.continueTo, node.line);
      } else terminate(b, { to: 'stop' });
      unreachable(b);
      return '';
    }
    case 'else_clause':
    case 'ERROR':
    case 'attributed_statement':
      return lowerStatements(b, node.children, false);
    default:
      return lowerExpression(b, node);
  }
}

function lowerDeclaration(b: Builder, node: Syntax): void {
  const type = node.children[0];
  if (type === undefined) return;
  const tag = tagOf(b, node);
  const typeText = type.type === 'type_identifier' ? textOf(b, type) : '';
  const definition = b.vocabulary.definitions.get(typeText);
  for (const child of node.children) {
    if (child === type) continue;
    const isInit = child.type === 'init_declarator';
    const declarator = isInit ? child.children[0] : child;
    const name = declarator === undefined ? undefined : declaredName(b, declarator);
    if (name === undefined) continue;
    if (definition !== undefined) {
      b.locals.delete(name);
      b.globals.push({ name, line: child.line, type: '', kind: definition.kind, local: true });
      continue;
    }
    if (tag !== '') b.types[`%${name}`] = tag;
    const value = isInit && child.children[1] !== undefined ? lowerExpression(b, child.children[1]) : '';
    if (isInit) assign(b, `%${name}`, value, child.line);
    const cleanup = b.cleanups.get(child.line) ?? b.cleanups.get(node.line);
    if (cleanup !== undefined && isInit) addCleanup(b, cleanup, `%${name}`, child.line);
  }
}

/** `__free(kfree)`: the variable is freed when its scope is left. */
function addCleanup(b: Builder, name: string, path: string, line: number): void {
  const effect = b.vocabulary.functions.get(name)?.effect;
  if (effect?.do !== 'free') return;
  const { memory } = effect;
  b.scopes.at(-1)?.cleanups.push(() => emit(b, { op: 'free', api: name, memory, path, line, maybe: true }));
}

/** The struct tag or typedef name of a declaration's type; '' for builtin types. */
function tagOf(b: Builder, node: Syntax): string {
  for (const child of node.children) {
    if (child.type === 'type_identifier') return textOf(b, child);
    if (child.type === 'struct_specifier' || child.type === 'union_specifier') {
      const tag = child.children.find((part) => part.type === 'type_identifier');
      return tag === undefined ? '' : textOf(b, tag);
    }
  }
  return '';
}

/** The identifier inside a declarator (`*p`, `a[3]`, `(*f)(int)`). */
export function declaredName(b: Builder, node: Syntax): string | undefined {
  if (node.type === 'identifier') return textOf(b, node);
  if (!node.type.endsWith('declarator')) return undefined;
  const inner = node.children.find((child) => child.type === 'identifier' || child.type.endsWith('declarator'));
  return inner === undefined ? undefined : declaredName(b, inner);
}

function lowerIf(b: Builder, node: Syntax): void {
  const [condition, consequence, alternative] = node.children;
  if (condition === undefined) return;
  const yes = newBlock(b);
  const no = newBlock(b);
  const after = newBlock(b);
  lowerCondition(b, condition, yes, no);
  resume(b, yes);
  if (consequence !== undefined) lowerStatement(b, consequence);
  jump(b, after);
  resume(b, no);
  if (alternative !== undefined) lowerStatement(b, alternative);
  enter(b, after);
}

function lowerWhile(b: Builder, node: Syntax): void {
  const [condition, body] = node.children;
  const head = newBlock(b);
  const inside = newBlock(b);
  const after = newBlock(b);
  enter(b, head);
  if (condition !== undefined) lowerCondition(b, condition, inside, after);
  else jump(b, inside);
  resume(b, inside);
  loopBody(b, body, after, head);
  jump(b, head);
  resume(b, after);
}

function loopBody(b: Builder, body: Syntax | undefined, breakTo: number, continueTo: number): void {
  b.jumps.push({ breakTo, continueTo, scopes: b.scopes.length });
  if (body !== undefined) lowerStatement(b, body);
  b.jumps.pop();
}

function lowerDo(b: Builder, node: Syntax): void {
  const [body, condition] = node.children;
  const head = newBlock(b);
  const check = newBlock(b);
  const after = newBlock(b);
  enter(b, head);
  loopBody(b, body, after, check);
  enter(b, check);
  if (condition !== undefined) lowerCondition(b, condition, head, after);
  resume(b, after);
}

/** `for (init; condition; update) body`; a macro that is a loop was made `for (;MACRO(...);)`. */
function lowerFor(b: Builder, node: Syntax): void {
  const parts: Syntax[][] = [[], [], []];
  let part = 0;
  let body: Syntax | undefined;
  let closed = false;
  for (const child of node.children) {
    if (child.type === 'for' || child.type === '(') continue;
    if (child.type === ')') closed = true;
    else if (child.type === ';' && !closed) part++;
    else if (closed) body = child;
    else {
      parts[part]?.push(child);
      // A declaration brings its own semicolon.
      if (child.type === 'declaration') part++;
    }
  }
  const [init, condition, update] = parts as [Syntax[], Syntax[], Syntax[]];
  const only = condition[0];
  if (init.length === 0 && update.length === 0 && only?.type === 'call_expression' && condition.length === 1) {
    if (lowerMacroLoop(b, only, body)) return;
  }
  for (const child of init) lowerStatement(b, child);
  const head = newBlock(b);
  const inside = newBlock(b);
  const step = newBlock(b);
  const after = newBlock(b);
  enter(b, head);
  if (only !== undefined) lowerCondition(b, only, inside, after);
  else jump(b, inside);
  resume(b, inside);
  loopBody(b, body, after, step);
  enter(b, step);
  for (const child of update) lowerExpression(b, child);
  jump(b, head);
  resume(b, after);
}

function lowerMacroLoop(b: Builder, call: Syntax, body: Syntax | undefined): boolean {
  const [callee, list] = call.children;
  if (callee?.type !== 'identifier') return false;
  const name = textOf(b, callee);
  const args = list?.children ?? [];
  if (name === 'scoped_guard' || name === 'scoped_cond_guard') {
    b.scopes.push({ cleanups: [] });
    const kind = args[0];
    const path = args.length > 1 ? lowerExpression(b, args.at(-1) as Syntax) : '';
    if (kind !== undefined) openGuard(b, textOf(b, kind), path, call.line);
    const after = newBlock(b);
    loopBody(b, body, after, after);
    runCleanups(b, b.scopes.length - 1);
    b.scopes.pop();
    enter(b, after);
    return true;
  }
  for (const arg of args) {
    if (arg.type !== 'identifier') lowerExpression(b, arg);
  }
  const head = newBlock(b);
  const inside = newBlock(b);
  const after = newBlock(b);
  enter(b, head);
  for (const arg of args) {
    if (arg.type === 'identifier' && b.locals.has(textOf(b, arg))) assign(b, `%${textOf(b, arg)}`, '', call.line);
  }
  terminate(b, { to: 'branch', value: '', when: 6, yes: inside, no: after });
  resume(b, inside);
  loopBody(b, body, after, head);
  jump(b, head);
  resume(b, after);
  return true;
}

function lowerSwitch(b: Builder, node: Syntax): void {
  const [subject, body] = node.children;
  if (subject !== undefined) lowerExpression(b, subject);
  const dispatch = b.current;
  const after = newBlock(b);
  const outer = { blocks: b.switchBlocks, hasDefault: b.switchHasDefault };
  const cases: number[] = [];
  b.switchBlocks = cases;
  b.switchHasDefault = false;
  unreachable(b);
  b.jumps.push({ breakTo: after, continueTo: -1, scopes: b.scopes.length });
  if (body !== undefined) lowerStatement(b, body);
  b.jumps.pop();
  jump(b, after);
  if (!b.switchHasDefault) cases.push(after);
  b.switchBlocks = outer.blocks;
  b.switchHasDefault = outer.hasDefault;
  b.current = dispatch;
  terminate(b, { to: 'choose', blocks: cases });
  resume(b, after);
}

function lowerCase(b: Builder, node: Syntax): void {
  const colon = node.children.findIndex((child) => child.type === ':');
  const block = newBlock(b);
  b.switchBlocks?.push(block);
  if (node.children[0]?.type === 'default') b.switchHasDefault = true;
  enter(b, block);
  lowerStatements(b, node.children.slice(colon + 1), false);
}

function lowerReturn(b: Builder, value: Syntax | undefined, line: number): void {
  const split = value === undefined ? undefined : conditionOfReturn(value);
  if (split !== undefined) {
    const yes = newBlock(b);
    const no = newBlock(b);
    lowerCondition(b, split.condition, yes, no);
    for (const [block, result] of [
      [yes, split.yes],
      [no, split.no],
    ] as const) {
      resume(b, block);
      const returnedValue = typeof result === 'string' ? result : lowerExpression(b, result);
      runCleanups(b, 0);
      terminate(b, { to: 'return', value: returnedValue, line });
    }
  } else {
    const returnedValue = value === undefined ? '' : lowerExpression(b, value);
    runCleanups(b, 0);
    terminate(b, { to: 'return', value: returnedValue, line });
  }
  unreachable(b);
}

/** `return a && b`, `return !f()`, `return c ? x : y`: the outcome of the condition is known at each return. */
function conditionOfReturn(
  value: Syntax,
): { condition: Syntax; yes: string | Syntax; no: string | Syntax } | undefined {
  let node = value;
  while (node.type === 'parenthesized_expression' && node.children.length === 1) node = node.children[0] as Syntax;
  if (node.type === 'binary_expression') {
    const operator = node.children[1]?.type;
    if (operator === '&&' || operator === '||') return { condition: node, yes: POSITIVE, no: ZERO };
  }
  if (node.type === 'unary_expression' && node.children[0]?.type === '!') {
    return { condition: node, yes: POSITIVE, no: ZERO };
  }
  if (node.type === 'conditional_expression') {
    const named = node.children.filter((child) => child.type !== '?' && child.type !== ':');
    const [condition, yes, no] = named;
    if (condition !== undefined && yes !== undefined && no !== undefined) return { condition, yes, no };
  }
  return undefined;
}
