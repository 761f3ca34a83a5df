import type { FieldFact, GlobalFact, TableFact } from '../ir/ir.js';
import { type Chunk, matching } from './chunks.js';
import { splitAt, typeTag } from './header.js';
import { isPunct, TokenKind, type Tokens, tokenText } from './lex.js';
import type { Vocabulary } from './vocabulary.js';

/** What declarations outside functions tell. */
export interface Declared {
  readonly fields: FieldFact[];
  readonly globals: GlobalFact[];
  readonly tables: TableFact[];
}

/** Reads a struct or union definition; nested ones, too. Fields of anonymous members belong to the outer struct. */
export function readType(
  tokens: Tokens,
  chunk: Chunk & { kind: 'type' },
  vocabulary: Vocabulary,
  into: Declared,
): void {
  let tag = '';
  let isTypedef = false;
  for (let i = chunk.from; i < chunk.open; i++) {
    const text = tokenText(tokens, i);
    if (text === 'typedef') isTypedef = true;
    if (text === 'struct' || text === 'union') {
      let at = i + 1;
      while (at < chunk.open && vocabulary.attributes.has(tokenText(tokens, at))) at++;
      if (at < chunk.open && tokens.kind[at] === TokenKind.Ident) tag = tokenText(tokens, at);
    }
    if (text === 'enum') return;
  }
  const close = matching(tokens, chunk.open);
  // `typedef struct { ... } name_t;` and `struct { ... } variable;`
  const after = tokens.kind[close + 1] === TokenKind.Ident ? tokenText(tokens, close + 1) : '';
  if (tag === '') tag = after;
  if (tag === '') return;
  readFields(tokens, chunk.open + 1, close, tag, vocabulary, into);
  if (!isTypedef && after !== '' && !vocabulary.attributes.has(after)) {
    into.globals.push({ name: after, line: tokens.line[close + 1] as number, type: tag, local: true });
  }
}

function readFields(
  tokens: Tokens,
  from: number,
  to: number,
  struct: string,
  vocabulary: Vocabulary,
  into: Declared,
): void {
  let begin = from;
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] === TokenKind.Directive) {
      if (begin === i) begin = i + 1;
      continue;
    }
    if (isPunct(tokens, i, '(')) i = matching(tokens, i);
    else if (isPunct(tokens, i, '{')) {
      const close = matching(tokens, i);
      const keyword = nestedTag(tokens, begin, i);
      const name = tokens.kind[close + 1] === TokenKind.Ident ? tokenText(tokens, close + 1) : '';
      if (keyword !== undefined) {
        const anonymous = name === '' || vocabulary.attributes.has(name);
        const inner = anonymous ? struct : keyword || `${struct}.${name}`;
        readFields(tokens, i + 1, close, inner, vocabulary, into);
        if (!anonymous) into.fields.push({ struct, field: name, type: inner });
      }
      i = close;
      while (i < to && !isPunct(tokens, i, ';')) i++;
      begin = i + 1;
    } else if (isPunct(tokens, i, ';')) {
      readField(tokens, begin, i, struct, vocabulary, into);
      begin = i + 1;
    }
  }
}

/** The tag of a nested struct or union ('' when it has none), or undefined for an enum. */
function nestedTag(tokens: Tokens, from: number, open: number): string | undefined {
  for (let i = from; i < open; i++) {
    const text = tokenText(tokens, i);
    if (text === 'enum') return undefined;
    if (text === 'struct' || text === 'union') {
      return i + 1 < open && tokens.kind[i + 1] === TokenKind.Ident ? tokenText(tokens, i + 1) : '';
    }
  }
  return undefined;
}

function readField(
  tokens: Tokens,
  from: number,
  to: number,
  struct: string,
  vocabulary: Vocabulary,
  into: Declared,
): void {
  const type = typeTag(tokens, from, to);
  if (type === '') return;
  const kind = vocabulary.lockTypes.get(type);
  const isPointer = hasStar(tokens, from, to);
  for (const part of splitAt(tokens, from, to)) {
    const name = declaredName(tokens, part.from, part.to, vocabulary);
    if (name === '' || (name === type && !isTwice(tokens, from, part.to, name))) continue;
    into.fields.push(
      kind !== undefined && !isPointer ? { struct, field: name, type, kind } : { struct, field: name, type },
    );
  }
}

/** `struct mutex mutex;`: a declaration whose name is its type's, too. */
function isTwice(tokens: Tokens, from: number, to: number, name: string): boolean {
  let n = 0;
  for (let i = from; i < to; i++) if (tokens.kind[i] === TokenKind.Ident && tokenText(tokens, i) === name) n++;
  return n > 1;
}

function hasStar(tokens: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (isPunct(tokens, i, '*')) return true;
  return false;
}

/** The declared name: the last identifier that is not an attribute, an array size or a bit width. */
function declaredName(tokens: Tokens, from: number, to: number, vocabulary: Vocabulary): string {
  let name = '';
  for (let i = from; i < to; i++) {
    if (isPunct(tokens, i, '[')) i = matching(tokens, i);
    else if (isPunct(tokens, i, '(')) {
      if (isPunct(tokens, i + 1, '*')) return tokenText(tokens, i + 2);
      i = matching(tokens, i);
    } else if (isPunct(tokens, i, ':') || isPunct(tokens, i, '=')) break;
    else if (tokens.kind[i] === TokenKind.Ident && !vocabulary.attributes.has(tokenText(tokens, i))) {
      if (vocabulary.attributeCalls.has(tokenText(tokens, i))) continue;
      name = tokenText(tokens, i);
    }
  }
  return name;
}

/** Reads a declaration outside functions: variables that are locks or structs, `DEFINE_...(name)` macros. */
export function readDeclaration(
  tokens: Tokens,
  from: number,
  to: number,
  vocabulary: Vocabulary,
  into: Declared,
): void {
  let local = false;
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== TokenKind.Ident) {
      if (isPunct(tokens, i, '(')) return;
      continue;
    }
    const text = tokenText(tokens, i);
    if (text === 'static') local = true;
    if (text === 'typedef' || text === 'extern') return;
    const definition = vocabulary.definitions.get(text);
    if (definition !== undefined && isPunct(tokens, i + 1, '(')) {
      const name = tokenText(tokens, i + 2);
      const line = tokens.line[i] as number;
      into.globals.push({ name, line, type: definition.field === undefined ? '' : text, kind: definition.kind, local });
      return;
    }
    if ((text === 'DEFINE_PER_CPU' || text === 'DEFINE_PER_CPU_SHARED_ALIGNED') && isPunct(tokens, i + 1, '(')) {
      const parts = splitAt(tokens, i + 2, matching(tokens, i + 1));
      const typePart = parts[0];
      const namePart = parts[1];
      if (typePart === undefined || namePart === undefined) return;
      pushGlobal(
        tokens,
        typeTag(tokens, typePart.from, typePart.to),
        tokenText(tokens, namePart.from),
        namePart.from,
        local,
        vocabulary,
        into,
        true,
      );
      return;
    }
    if (isPunct(tokens, i + 1, '(')) return;
  }
  const type = typeTag(tokens, from, to);
  if (type === '' || hasStar(tokens, from, to)) return;
  const name = declaredName(tokens, from, to, vocabulary);
  if (name !== '' && (name !== type || isTwice(tokens, from, to, name)))
    pushGlobal(tokens, type, name, from, local, vocabulary, into);
}

function pushGlobal(
  tokens: Tokens,
  type: string,
  name: string,
  at: number,
  local: boolean,
  vocabulary: Vocabulary,
  into: Declared,
  isPerCpu = false,
): void {
  const kind = vocabulary.lockTypes.get(type);
  const line = tokens.line[at] as number;
  const known = kind === undefined ? {} : { kind };
  into.globals.push({ name, line, type, ...known, local, ...(isPerCpu ? { perCpu: true } : {}) });
}

/** Reads an initialised variable: functions stored in the members of an operations table. */
export function readTable(
  tokens: Tokens,
  chunk: Chunk & { kind: 'table' },
  vocabulary: Vocabulary,
  into: Declared,
): void {
  let equals = chunk.from;
  while (equals < chunk.open && !isPunct(tokens, equals, '=')) equals++;
  const struct = typeTag(tokens, chunk.from, equals);
  readDeclaration(tokens, chunk.from, equals, vocabulary, into);
  if (struct === '') return;
  const close = matching(tokens, chunk.open);
  const object = declaredName(tokens, chunk.from, equals, vocabulary);
  for (let i = chunk.open; i + 3 < close; i++) {
    if (!isPunct(tokens, i, '.') || tokens.kind[i + 1] !== TokenKind.Ident || !isPunct(tokens, i + 2, '=')) continue;
    let at = i + 3;
    if (isPunct(tokens, at, '&')) at++;
    if (tokens.kind[at] !== TokenKind.Ident) continue;
    if (!isPunct(tokens, at + 1, ',') && !isPunct(tokens, at + 1, '}')) continue;
    const name = tokenText(tokens, at);
    if (!/[a-z]/.test(name)) continue;
    into.tables.push({
      struct,
      field: tokenText(tokens, i + 1),
      function: name,
      line: tokens.line[at] as number,
      object,
    });
  }
}
