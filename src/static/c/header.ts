import { matching } from './chunks.js';
import { isPunct, TokenKind, type Tokens, tokenText } from './lex.js';
import type { Vocabulary } from './vocabulary.js';

/** A function's head: what stands before its body. */
export interface Header {
  readonly name: string;
  readonly line: number;
  readonly params: readonly Param[];
  /** Tag of the type it returns; '' for builtin types. */
  readonly returns: string;
  readonly returnsPointer: boolean;
  readonly isStatic: boolean;
  /** Inline functions of headers are visible wherever the header is included. */
  readonly isInline: boolean;
  /** Text of the last arguments of `__must_hold(...)`, `__releases(...)` and `__acquires(...)`. */
  readonly mustHold: readonly string[];
  readonly releases: readonly string[];
  readonly acquires: readonly string[];
  /** One of the annotations of locks that are taken or released for the caller, whatever its argument. */
  readonly handsOver: boolean;
  /** `__acquires` stands before `__releases`. */
  readonly takesFirst: boolean;
}

export interface Param {
  readonly name: string;
  /** Struct tag or typedef name of the type; '' for builtin types. */
  readonly type: string;
}

/** sparse's annotations of what a function does with its caller's locks. */
const ANNOTATIONS: ReadonlyMap<string, 'mustHold' | 'releases' | 'acquires'> = new Map([
  ['__must_hold', 'mustHold'],
  ['__releases', 'releases'],
  ['__acquires', 'acquires'],
]);

/** Annotations of what a function takes or releases for its caller. */
const HANDS_OVER = /^__(?:cond_)?(?:acquire|release)[sd]?(?:_shared)?$|^__cond_lock$/;

/**
 * Finds name and parameters of a function definition.
 * @returns undefined when the tokens are not a head lockvet understands (counted by the caller).
 */
export function readHeader(tokens: Tokens, from: number, open: number, vocabulary: Vocabulary): Header | undefined {
  let isStatic = false;
  let isInline = false;
  const said = { mustHold: [] as string[], releases: [] as string[], acquires: [] as string[] };
  let takesFirst = false;
  let handsOver = false;
  let nameAt = -1;
  let paramsAt = -1;
  for (let i = from; i < open; i++) {
    if (tokens.kind[i] !== TokenKind.Ident) {
      if (isPunct(tokens, i, '(')) i = matching(tokens, i);
      continue;
    }
    const text = tokenText(tokens, i);
    if (text === 'static') isStatic = true;
    else if (text === 'inline' || text === '__always_inline' || text === '__inline') isInline = true;
    if (!isPunct(tokens, i + 1, '(')) continue;
    const close = matching(tokens, i + 1);
    if (vocabulary.attributeCalls.has(text)) {
      if (HANDS_OVER.test(text)) handsOver = true;
      const list = ANNOTATIONS.get(text);
      if (list === 'acquires' && said.releases.length === 0) takesFirst = true;
      if (list !== undefined) said[list].push(lastArgument(tokens, i + 2, close));
      i = close;
      continue;
    }
    if (vocabulary.attributes.has(text)) continue;
    // A group followed by more declaration words was a macro without a semicolon: the head begins after it.
    nameAt = i;
    paramsAt = i + 1;
    i = close;
  }
  if (nameAt < 0) return undefined;
  const name = tokenText(tokens, nameAt);
  const line = tokens.line[nameAt] as number;
  const macro = vocabulary.functionMacros.find((form) => isNumbered(name, form.name));
  if (macro !== undefined) {
    const parts = splitAt(tokens, paramsAt + 1, matching(tokens, paramsAt));
    const first = parts[0];
    if (first === undefined) return undefined;
    const own = tokenText(tokens, first.from);
    const params: Param[] = [];
    if (macro.pairs) {
      for (let p = 1; p + 1 < parts.length; p += 2) {
        const type = parts[p] as Range;
        const param = parts[p + 1] as Range;
        params.push({ name: tokenText(tokens, param.to - 1), type: typeTag(tokens, type.from, type.to) });
      }
    } else params.push({ name: 'regs', type: 'pt_regs' });
    return {
      name: macro.prefix + own,
      line,
      params,
      returns: '',
      returnsPointer: false,
      isStatic,
      isInline,
      ...said,
      takesFirst,
      handsOver,
    };
  }
  const params = splitAt(tokens, paramsAt + 1, matching(tokens, paramsAt)).map((part) => readParam(tokens, part));
  const returns = typeTag(tokens, from, nameAt);
  return {
    name,
    line,
    params: params.filter((param) => param.name !== 'void'),
    returns,
    returnsPointer: hasPointer(tokens, from, nameAt),
    isStatic,
    isInline,
    ...said,
    takesFirst,
    handsOver,
  };
}

function hasPointer(tokens: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (isPunct(tokens, i, '*')) return true;
  return false;
}

/** `SYSCALL_DEFINE3` for `SYSCALL_DEFINE`, `BPF_CALL_2` for `BPF_CALL_`, and what merely begins so. */
function isNumbered(name: string, form: string): boolean {
  return name.startsWith(form) && /^(?:_?[A-Z]*_?)*\d?$/.test(name.slice(form.length));
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Splits `[from, to)` at commas outside brackets; directives are dropped from the ends. */
export function splitAt(tokens: Tokens, from: number, to: number): Range[] {
  const parts: Range[] = [];
  let begin = from;
  for (let i = from; i < to; i++) {
    if (isPunct(tokens, i, '(') || isPunct(tokens, i, '[') || isPunct(tokens, i, '{')) i = matching(tokens, i);
    else if (isPunct(tokens, i, ',')) {
      parts.push({ from: begin, to: i });
      begin = i + 1;
    }
  }
  if (begin < to) parts.push({ from: begin, to });
  return parts;
}

function readParam(tokens: Tokens, part: Range): Param {
  // A function pointer: `(*name)(...)`.
  for (let i = part.from; i < part.to; i++) {
    if (isPunct(tokens, i, '(') && isPunct(tokens, i + 1, '*')) {
      return { name: tokenText(tokens, i + 2), type: '' };
    }
  }
  for (let i = part.to - 1; i >= part.from; i--) {
    if (isPunct(tokens, i, ']')) {
      while (i > part.from && !isPunct(tokens, i, '[')) i--;
    } else if (tokens.kind[i] === TokenKind.Ident) {
      return { name: tokenText(tokens, i), type: typeTag(tokens, part.from, i) };
    }
  }
  return { name: '', type: '' };
}

const BUILTIN = new Set(
  'void char short int long unsigned signed float double const volatile static extern register inline struct union enum'.split(
    ' ',
  ),
);

/** The struct tag or typedef name among the tokens of a type; '' for builtin types. */
export function typeTag(tokens: Tokens, from: number, to: number): string {
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== TokenKind.Ident) continue;
    const text = tokenText(tokens, i);
    if (text === 'struct' || text === 'union') return tokenText(tokens, i + 1);
    if (!BUILTIN.has(text) && !text.startsWith('__')) return text;
  }
  return '';
}

function lastArgument(tokens: Tokens, from: number, close: number): string {
  const last = splitAt(tokens, from, close).at(-1);
  if (last === undefined) return '';
  return tokens.source.slice(tokens.start[last.from], tokens.end[last.to - 1]);
}
