import { lex, TokenKind, type Tokens, tokenText } from './lex.js';
import type { Vocabulary } from './vocabulary.js';

/** A `#define`, read. */
export type Macro =
  /** Stands for another name. */
  | { readonly kind: 'alias'; readonly name: string; readonly target: string }
  /** Is a loop head: what follows it is a body. */
  | { readonly kind: 'loop'; readonly name: string }
  /** Does something when invoked: `body` is made to read as a function's body. */
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly params: readonly string[];
      readonly body: string;
      readonly line: number;
    };

const DEFINE = /^#\s*define\s+([A-Za-z_]\w*)(\(([^)]*)\))?/;
/** Only macros that call something can matter. */
const CALLS = /[A-Za-z_]\w*\s*\(/;
const LOWER_CALL =
  /\b(?!sizeof|typeof|offsetof|likely|unlikely|defined|container_of|__typeof__|cpu_to_|le\d|be\d|min|max|ARRAY_SIZE|BIT|readl|writel|ioread|iowrite|in_be|out_be)[a-z_]\w*\s*\(/;

/** Reads a `#define`; undefined when it cannot matter or cannot be understood. */
export function readMacro(text: string, line: number, vocabulary: Vocabulary): Macro | undefined {
  const head = DEFINE.exec(text);
  const name = head?.[1];
  if (head === null || name === undefined) return undefined;
  const rest = text.slice(head[0].length);
  if (head[2] === undefined) {
    const target = /^\s+([A-Za-z_]\w*)\s*$/.exec(stripComments(rest))?.[1];
    if (target === undefined || !/[a-z]/.test(target) || vocabulary.attributes.has(target)) return undefined;
    return { kind: 'alias', name, target };
  }
  if (!CALLS.test(rest)) return undefined;
  const body = stripComments(rest.replace(/\\\r?\n/g, '\n'));
  const trimmed = body.trim();
  if (/^for\s*\(|^list_for_each|^hlist_for_each|^for_each/.test(trimmed) && !/[;}]$/.test(trimmed))
    return { kind: 'loop', name };
  if (!LOWER_CALL.test(trimmed) || trimmed.includes('##') || vocabulary.functions.has(name)) return undefined;
  if (/^(?:static|struct|extern|typedef|union|enum|asm|__asm)\b/.test(trimmed) || trimmed.length > 4000)
    return undefined;
  if (/^#|[^#]#[a-z]/.test(trimmed)) return undefined;
  const params = (head[3] ?? '')
    .split(',')
    .map((param) => param.trim().replace(/\.\.\.$/, ''))
    .filter((param) => param !== '');
  if (/^(?:do|if|while|switch|for)\b/.test(trimmed))
    return { kind: 'function', name, params, body: `{${body};}`, line };
  if (trimmed.startsWith('{')) return { kind: 'function', name, params, body, line };
  const isStatements = trimmed.includes(';') && !trimmed.startsWith('(');
  const made = isStatements ? `{${body};}` : `{return ${body};}`;
  return { kind: 'function', name, params, body: made, line };
}

function stripComments(text: string): string {
  if (!text.includes('/')) return text;
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/\/\/[^\n]*/g, '');
}

/** The tokens of a macro's body, its lines numbered from the `#define`. */
export function macroTokens(macro: Macro & { kind: 'function' }): Tokens {
  const tokens = lex(macro.body);
  for (let i = 0; i < tokens.count; i++) tokens.line[i] = (tokens.line[i] as number) + macro.line - 1;
  return tokens;
}

/** Whether a macro's parameters are used as more than values: as a member's name or as a type. */
export function usesParamAsName(tokens: Tokens, params: readonly string[]): boolean {
  const names = new Set(params);
  for (let i = 0; i < tokens.count; i++) {
    if (tokens.kind[i] !== TokenKind.Ident || !names.has(tokenText(tokens, i))) continue;
    const before = tokenText(tokens, i - 1);
    if (before === '.' || (before === '>' && tokenText(tokens, i - 2) === '-') || before === 'struct') return true;
  }
  return false;
}
