import type { FieldFact, GlobalFact, IrFunction, IrUnit, Piece, TableFact } from '../ir/ir.js';
import { type Chunk, chunks } from './chunks.js';
import { type Header, readHeader } from './header.js';
import { type Comment, isPunct, lex, TokenKind, type Tokens, tokenText } from './lex.js';
import { lowerFunction } from './lower.js';
import { type Macro, macroTokens, readMacro, usesParamAsName } from './macros.js';
import type { BodyParser } from './parser.js';
import { Pieces, type Side } from './pieces.js';
import { throughPointers } from './pointers.js';
import { prepareBody } from './prepare.js';
import { readDeclaration, readTable, readType } from './types.js';
import type { Vocabulary } from './vocabulary.js';

/** Longer bodies are generated tables or unrolled code: they cost more than they tell. */
const MAX_BODY = 400_000;

interface Found {
  readonly header: Header;
  readonly chunk: Chunk & { kind: 'function' };
}

/**
 * Reads one C file into the intermediate form. Never throws for what the text is: what cannot be understood is counted
 * in {@link IrUnit.unknown} by reason and costs its function only.
 * @param source the file's bytes as Latin-1
 * @param earlier what the file's functions were made of when it was last read with the same vocabulary
 */
export function readUnit(
  file: string,
  source: string,
  vocabulary: Vocabulary,
  parser: BodyParser,
  earlier: readonly Piece[] = [],
): IrUnit {
  const unknown: Record<string, number> = {};
  const complain = (reason: string): void => {
    unknown[reason] = (unknown[reason] ?? 0) + 1;
  };
  const isHeader = file.endsWith('.h');
  const tokens = lex(source);
  const declared = {
    fields: [] as FieldFact[],
    globals: [] as GlobalFact[],
    tables: [] as TableFact[],
  };
  const side: Side = { callbacks: [], registered: [], inits: [], tables: declared.tables, globals: declared.globals };
  const found: Found[] = [];
  const macros: (Macro & { kind: 'function' })[] = [];
  const aliases: Record<string, string> = {};
  const loops = new Set<string>();
  const own = new Set<string>();
  for (const chunk of chunks(tokens, vocabulary)) {
    switch (chunk.kind) {
      case 'function': {
        const header = readHeader(tokens, chunk.from, chunk.open, vocabulary);
        if (header === undefined) complain('function head not understood');
        else {
          found.push({ header, chunk });
          if (header.isStatic && !isHeader) own.add(header.name);
        }
        break;
      }
      case 'type':
        readType(tokens, chunk, vocabulary, declared);
        break;
      case 'table':
        readTable(tokens, chunk, vocabulary, declared);
        break;
      case 'declaration':
        readDeclaration(tokens, chunk.from, chunk.to, vocabulary, declared);
        break;
      case 'define': {
        const macro = readMacro(tokenText(tokens, chunk.token), tokens.line[chunk.token] as number, vocabulary);
        if (macro?.kind === 'alias') aliases[macro.name] = macro.target;
        else if (macro?.kind === 'loop') loops.add(macro.name);
        else if (macro !== undefined) {
          macros.push(macro);
          if (!isHeader) own.add(macro.name);
        }
      }
    }
  }
  // Macros defined inside function bodies.
  for (const { chunk } of found) {
    for (let i = chunk.open; i < chunk.to; i++) {
      if (tokens.kind[i] !== TokenKind.Directive) continue;
      const macro = readMacro(tokenText(tokens, i), tokens.line[i] as number, vocabulary);
      if (macro?.kind === 'function') macros.push(macro);
      else if (macro?.kind === 'loop') loops.add(macro.name);
    }
  }
  const mentioned = mentionedNames(tokens);
  const functions: IrFunction[] = [];
  const pieces = new Pieces(earlier, side, complain);
  for (const macro of macros) {
    const { name, params, body, line } = macro;
    const body0 = macroTokens(macro);
    const hides = hidden(body0, 0, body0.count, own, loops);
    const made = pieces.add(['macro', name, params, body, isHeader, hides], line, (into, fail) =>
      attempt(() => lowerMacro(macro, body0, vocabulary, parser, own, loops, into, isHeader), fail),
    );
    if (made !== undefined) functions.push(made);
  }
  for (const { header, chunk } of found) {
    const held = commentBefore(tokens, chunk.from);
    const hides = hidden(tokens, chunk.from, chunk.to, own, loops);
    const text = textOf(tokens, chunk);
    const made = pieces.add(['function', text, chunk.when, held, isHeader, hides], header.line, (into, fail) =>
      attempt(() => lowerOne(tokens, header, chunk, held, vocabulary, parser, own, loops, into, isHeader, fail), fail),
    );
    if (made === undefined) continue;
    // A handler that nothing mentions is entered by nobody.
    const { entry, ...rest } = made;
    functions.push(entry !== undefined && made.local && !mentioned.has(made.name) ? rest : made);
  }
  const withTables = throughPointers(functions, declared.tables, declared.fields, side, vocabulary);
  const { callbacks, inits } = side;
  const stored = [...new Set(withTables.map((fn) => fn.name))].filter((name) => mentioned.has(name));
  return { file, functions: withTables, ...declared, callbacks, inits, stored, aliases, unknown, pieces: pieces.made };
}

function textOf(tokens: Tokens, chunk: Chunk & { kind: 'function' }): string {
  const last = Math.min(chunk.to, tokens.count) - 1;
  return tokens.source.slice(tokens.start[chunk.from] as number, tokens.end[last] as number);
}

/** Names in some tokens that mean something else in this file than in others: what else of the file a function depends on. */
function hidden(
  tokens: Tokens,
  from: number,
  to: number,
  own: ReadonlySet<string>,
  loops: ReadonlySet<string>,
): string[] {
  const names = new Set<string>();
  for (let i = from; i < to; i++) {
    if (tokens.kind[i] !== TokenKind.Ident) continue;
    const name = tokenText(tokens, i);
    if (own.has(name)) names.add(name);
    if (loops.has(name)) names.add(`${name} loop`);
  }
  return [...names];
}

/** Names that occur without being called or defined there: functions among them are stored or handed on. */
function mentionedNames(tokens: Tokens): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i < tokens.count; i++) {
    if (tokens.kind[i] !== TokenKind.Ident || isPunct(tokens, i + 1, '(')) continue;
    const isExport = isPunct(tokens, i - 1, '(') && tokenText(tokens, i - 2).startsWith('EXPORT_');
    if (!isExport) names.add(tokenText(tokens, i));
  }
  return names;
}

/** A function nested too deeply for the stack is counted, not fatal; any other exception is a bug and goes on. */
function attempt(make: () => IrFunction | undefined, complain: (reason: string) => void): IrFunction | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    complain('nested too deeply');
    return undefined;
  }
}

function lowerOne(
  tokens: Tokens,
  header: Header,
  chunk: Chunk & { kind: 'function' },
  commentHeld: readonly string[],
  vocabulary: Vocabulary,
  parser: BodyParser,
  own: ReadonlySet<string>,
  loops: ReadonlySet<string>,
  side: Side,
  isHeader: boolean,
  complain: (reason: string) => void,
): IrFunction | undefined {
  const last = Math.min(chunk.to, tokens.count) - 1;
  if ((tokens.end[last] as number) - (tokens.start[chunk.open] as number) > MAX_BODY) {
    complain('function too long');
    return undefined;
  }
  const prepared = prepareBody(tokens, chunk.open, chunk.to, vocabulary, loops);
  const parsed = parser.parse(prepared.text, prepared.line);
  if (parsed === undefined) {
    complain('body not parsed');
    return undefined;
  }
  if (parsed.errors > 0) complain('statements not understood');
  if (prepared.lost > 0) complain('#if inside a statement: first side only');
  return lowerFunction(
    {
      parsed,
      header,
      cleanups: prepared.cleanups,
      when: chunk.when,
      problems: parsed.errors,
      isMacro: false,
      isLocal: header.isStatic && !isHeader,
      commentHeld,
    },
    vocabulary,
    own,
    side,
  );
}

function lowerMacro(
  macro: Macro & { kind: 'function' },
  tokens: Tokens,
  vocabulary: Vocabulary,
  parser: BodyParser,
  own: ReadonlySet<string>,
  loops: ReadonlySet<string>,
  side: Side,
  isHeader: boolean,
): IrFunction | undefined {
  if (tokens.count === 0 || usesParamAsName(tokens, macro.params)) return undefined;
  const prepared = prepareBody(tokens, 0, tokens.count, vocabulary, loops);
  const parsed = parser.parse(prepared.text, macro.line);
  if (parsed === undefined || parsed.errors > 0) return undefined;
  const header: Header = {
    name: macro.name,
    line: macro.line,
    params: macro.params.map((name) => ({ name, type: '' })),
    returns: '',
    returnsPointer: false,
    isStatic: true,
    isInline: true,
    mustHold: [],
    releases: [],
    acquires: [],
    takesFirst: false,
    handsOver: false,
  };
  const made = lowerFunction(
    {
      parsed,
      header,
      cleanups: prepared.cleanups,
      when: [],
      problems: 0,
      isMacro: true,
      isLocal: !isHeader,
      commentHeld: [],
    },
    vocabulary,
    own,
    side,
  );
  const matters = made.blocks.some((block) => block.ops.length > 0);
  return matters ? made : undefined;
}

const HELD_COMMENT = /(?:hold(?:ing|s)?|held|under|with|lock(?:ed|ing)?:?)\b/i;
const HELD_LOCK = /((?:[A-Za-z_]\w*(?:->|\.))+\w*lock\w*|\w*_lock)\b(?=[^.;]{0,40}\bheld\b)/gi;

/** Locks that the comment just before a function says must be held: `called with desc->lock held`. */
function commentBefore(tokens: Tokens, from: number): string[] {
  const start = tokens.start[from] as number;
  const comment = lastCommentBefore(tokens.comments, start);
  if (comment === undefined || (tokens.line[from] as number) - comment.lastLine > 1) return [];
  const text = tokens.source.slice(comment.start, comment.end).replace(/\n\s*\*/g, ' ');
  if (!HELD_COMMENT.test(text)) return [];
  const locks = new Set<string>();
  for (const match of text.matchAll(HELD_LOCK)) {
    if (match[1] !== undefined && !/^(?:must_|the_|is_)/.test(match[1])) locks.add(match[1]);
  }
  return [...locks];
}

function lastCommentBefore(comments: readonly Comment[], start: number): Comment | undefined {
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle] as Comment).end <= start) low = middle + 1;
    else high = middle;
  }
  return comments[low - 1];
}
