import { type Contract, END_LINE, type IrFunction, type SaidHeld } from '../ir/ir.js';
import { type Builder, finish, newBlock, terminate, textOf } from './builder.js';
import { lowerCondition } from './conditions.js';
import { lowerExpression } from './expressions.js';
import type { Header } from './header.js';
import type { Parsed, Syntax } from './parser.js';
import type { Side } from './pieces.js';
import { declaredName, lowerStatements } from './statements.js';
import type { Vocabulary } from './vocabulary.js';

export interface LowerInput {
  readonly parsed: Parsed;
  readonly header: Header;
  readonly cleanups: ReadonlyMap<number, string>;
  readonly when: readonly string[];
  readonly problems: number;
  readonly isMacro: boolean;
  readonly isLocal: boolean;
  /** Locks that the comment before the function says are held, as text. */
  readonly commentHeld: readonly string[];
}

/** Makes the control-flow graph of one function. */
export function lowerFunction(
  input: LowerInput,
  vocabulary: Vocabulary,
  own: ReadonlySet<string>,
  side: Side,
): IrFunction {
  const { parsed, header } = input;
  const types: Record<string, string> = {};
  const params = new Map<string, number>();
  header.params.forEach((param, i) => {
    if (param.name === '') return;
    params.set(param.name, i);
    if (param.type !== '') types[`$${i}`] = param.type;
  });
  const b: Builder = {
    vocabulary,
    lower: { expression: lowerExpression, condition: lowerCondition, statements: lowerStatements },
    text: parsed.text,
    own,
    cleanups: input.cleanups,
    params,
    locals: new Map(),
    types,
    labels: new Map(),
    blocks: [],
    jumps: [],
    scopes: [{ cleanups: [] }],
    awaited: new Map(),
    ...side,
    held: [],
    switchBlocks: undefined,
    switchHasDefault: false,
    current: 0,
  };
  countAssignments(b, parsed.root);
  newBlock(b);
  const value = lowerStatements(b, parsed.root.children, true);
  terminate(b, { to: 'return', value: input.isMacro ? value : '', line: END_LINE });
  const contract = contractOf(b, input);
  const [onlyParam, ...others] = header.params;
  const entry =
    vocabulary.entryByReturn.get(header.returns) ??
    (others.length === 0 ? vocabulary.entryByParameter.get(onlyParam?.type ?? '') : undefined);
  return {
    name: header.name,
    line: header.line,
    params: header.params.map((param) => param.name),
    types,
    local: input.isLocal,
    blocks: finish(b),
    ...(input.isMacro ? { macro: true } : {}),
    ...(vocabulary.unjudged.has(header.name) ? { unjudged: true } : {}),
    ...(input.when.length > 0 ? { when: input.when } : {}),
    ...(contract === undefined ? {} : { contract }),
    ...(header.handsOver ? { handsOver: true } : {}),
    ...(header.returnsPointer ? { returnsPointer: true } : {}),
    ...(entry === undefined ? {} : { entry }),
    ...(input.problems > 0 ? { problems: input.problems } : {}),
  };
}

/** Finds the locals and how often each is assigned. */
function countAssignments(b: Builder, node: Syntax): void {
  switch (node.type) {
    case 'declaration':
      for (const child of node.children) {
        const isInit = child.type === 'init_declarator';
        const name = declaredName(b, isInit ? (child.children[0] ?? child) : child);
        if (name === undefined || (child.type === 'function_declarator' && !isInit)) continue;
        const local = b.locals.get(name);
        const added = isInit ? 1 : 0;
        if (local === undefined) b.locals.set(name, { assignments: added, alias: undefined });
        else local.assignments += added + 1;
      }
      break;
    case 'assignment_expression':
    case 'update_expression':
      count(
        b,
        node.children.find((child) => child.type !== '++' && child.type !== '--'),
        1,
      );
      break;
    case 'pointer_expression':
      if (b.text[node.start] === '&') count(b, node.children[0], 2);
      break;
    case 'for_statement': {
      // A macro that is a loop assigns the variables it is given.
      const call = node.children.find((child) => child.type === 'call_expression');
      for (const arg of call?.children[1]?.children ?? []) count(b, arg, 2);
      break;
    }
    default:
  }
  for (const child of node.children) countAssignments(b, child);
}

function count(b: Builder, target: Syntax | undefined, times: number): void {
  if (target?.type !== 'identifier') return;
  const name = textOf(b, target);
  const local = b.locals.get(name);
  if (local !== undefined) local.assignments += times;
}

/** What annotations and comments say is held, as paths. Expressions are resolved against the parameters by name. */
function contractOf(b: Builder, input: LowerInput): Contract | undefined {
  const held: SaidHeld[] = [];
  for (const text of input.header.mustHold) {
    const path = pathOfText(b, text);
    if (path !== undefined && !isOtherwiseMeant(b, path)) held.push({ path, said: 'annotation' });
  }
  for (const text of input.header.releases) {
    const path = pathOfText(b, text);
    if (path === undefined || isOtherwiseMeant(b, path)) continue;
    // What is taken again before the end is only dropped for a while; what is said to be taken first is not held at entry.
    const isBack = input.header.acquires.includes(text);
    if (isBack && input.header.takesFirst) continue;
    held.push(isBack ? { path, said: 'annotation' } : { path, said: 'annotation', released: true });
  }
  for (const text of input.commentHeld) {
    const path = pathOfText(b, text);
    if (path !== undefined) held.push({ path, said: 'comment' });
  }
  return held.length === 0 ? undefined : { held };
}

/** Whether annotations name this lock for something else that is held. */
function isOtherwiseMeant(b: Builder, path: string): boolean {
  return b.vocabulary.otherwiseMeant.some((member) => path.endsWith(`.${member}`));
}

/** The path of simple text such as `&p->lock` or `desc->lock`. */
export function pathOfText(b: Builder, text: string): string | undefined {
  const clean = text.replace(/[\s&()]/g, '').replace(/->/g, '.');
  if (!/^[A-Za-z_]\w*(?:\.\w+)*$/.test(clean)) return undefined;
  const [root, ...fields] = clean.split('.');
  if (root === undefined) return undefined;
  const index = b.params.get(root);
  const base = index === undefined ? root : `$${index}`;
  return [base, ...fields].join('.');
}
