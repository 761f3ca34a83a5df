import { matching } from './chunks.js';
import { insertAfter, insertBefore, replaceRange, replaceToken, type Work } from './edits.js';
import { splitAt } from './header.js';
import { isPunct, TokenKind, tokenText } from './lex.js';
import {
  allWords,
  endsStatement,
  holdsStatements,
  isInitialiser,
  isOperatorOnly,
  isPartOfString,
  isUnaryPlace,
} from './shapes.js';

const HEADS = new Set(['if', 'while', 'for', 'switch']);
const KEYWORDS = new Set(
  'if else while for do switch case default return goto break continue sizeof struct union enum typeof'.split(' '),
);
const EACH =
  /(?:^|_)(?:for_?each|each)(?:_|$)|^foreach|FOREACH|FOR_EACH|^for_|^list_for|^while_each|^idr_for|^scoped_(?:cond_)?guard$/;

/** Rewrites tokens that the grammar has no rule for. */
export function statements(
  work: Work,
  from: number,
  to: number,
  dropped: Uint8Array,
  loops: ReadonlySet<string>,
): void {
  const { tokens, vocabulary } = work;
  let starts = false;
  // Inside `= { ... }` nothing is a statement.
  let initialiserEnd = -1;
  const headClose = new Set<number>();
  for (let i = from; i < to; i++) {
    if (dropped[i - from] === 1) continue;
    const kind = tokens.kind[i];
    if (kind === TokenKind.Directive) continue;
    if (kind === TokenKind.Punct) {
      if (isPunct(tokens, i, '{') && isInitialiser(tokens, i))
        initialiserEnd = Math.max(initialiserEnd, matching(tokens, i));
      starts = endsStatement(tokens, i) || headClose.has(i);
      if (isPunct(tokens, i, '&') && isPunct(tokens, i + 1, '&') && isUnaryPlace(tokens, i))
        replaceRange(work, i, i + 1, '');
      continue;
    }
    if (kind !== TokenKind.Ident) {
      // `f(1000baseT)`: pasted by a macro, no number.
      if (kind === TokenKind.Number && /^\d+[a-zA-Z_]*[g-tv-wyzA-Z_]\w*$/.test(tokenText(tokens, i))) {
        if (!/^0[xX]|^\d+[uUlL]+$/.test(tokenText(tokens, i))) replaceToken(work, i, '0');
      }
      starts = false;
      continue;
    }
    const text = tokenText(tokens, i);
    const opens = isPunct(tokens, i + 1, '(');
    if (vocabulary.attributes.has(text)) {
      if (!opens || text === 'volatile' || text === '__force') replaceToken(work, i, '');
      continue;
    }
    if (opens && vocabulary.attributeCalls.has(text)) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, '');
      i = close;
      continue;
    }
    if (text === '__free' && opens) {
      const close = matching(tokens, i + 1);
      work.cleanups.set(tokens.line[i] as number, tokenText(tokens, i + 2));
      replaceRange(work, i, close, '');
      i = close;
      continue;
    }
    if (isPartOfString(tokens, i, text, opens)) {
      replaceToken(work, i, '""');
      starts = false;
      continue;
    }
    if (starts && opens && !HEADS.has(text) && holdsStatements(tokens, i + 1)) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, isPunct(tokens, close + 1, ';') ? '0' : ';');
      i = close;
      starts = false;
      continue;
    }
    if (text === 'static' && tokens.kind[i + 1] === TokenKind.Ident && isPunct(tokens, i + 2, '(')) {
      replaceToken(work, i, '');
      continue;
    }
    if (opens && (text === 'offsetof' || /^__alignof/.test(text) || text === '_Alignof' || text === 'sizeof_field')) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, '0');
      i = close;
      starts = false;
      continue;
    }
    if (opens && text.startsWith('while_each') && isPunct(tokens, i - 1, '}')) {
      const close = matching(tokens, i + 1);
      insertBefore(work, i, 'while (');
      insertAfter(work, close, ')');
      starts = false;
      continue;
    }
    if ((text === 'asm' || text === '__asm__' || text === '__asm') && i + 1 < to) {
      let at = i + 1;
      while (at < to && tokens.kind[at] === TokenKind.Ident) at++;
      if (isPunct(tokens, at, '(')) {
        const close = matching(tokens, at);
        const after = isPunct(tokens, close + 1, ';') ? '' : ';';
        replaceRange(work, i, close, `((void)0)${after}`);
        i = close;
        starts = false;
        continue;
      }
    }
    if ((text === 'typeof' || text === '__typeof__' || text === '__typeof') && opens) {
      const close = matching(tokens, i + 1);
      replaceRange(work, i, close, 'int');
      i = close;
      starts = false;
      continue;
    }
    if (text === 'case') {
      gnuRange(work, i, to);
      starts = false;
      continue;
    }
    if (HEADS.has(text) && opens) {
      headClose.add(matching(tokens, i + 1));
      starts = false;
      continue;
    }
    if (text === 'else' || text === 'do') {
      starts = true;
      continue;
    }
    if (opens && !KEYWORDS.has(text)) {
      const close = matching(tokens, i + 1);
      typeArguments(work, i + 2, close);
      if (starts && close + 1 < to && i > initialiserEnd) {
        let next = close + 1;
        while (next < to && (tokens.kind[next] === TokenKind.Directive || dropped[next - from] === 1)) next++;
        const isLoop = loops.has(text) || EACH.test(text);
        if (isPunct(tokens, next, '=') && /^DE(?:CLARE|FINE)_/.test(text))
          replaceRange(work, i, close, 'int lockvet_declared');
        else if (isPunct(tokens, next, '{') || (isLoop && !isPunct(tokens, next, ';'))) {
          insertBefore(work, i, 'for (;');
          insertAfter(work, close, ';)');
          headClose.add(close);
        } else if (tokens.kind[next] === TokenKind.Ident || isPunct(tokens, next, '}')) {
          if (!vocabulary.attributes.has(tokenText(tokens, next))) {
            insertAfter(work, close, ';');
            headClose.add(close);
          }
        }
      }
    }
    starts = false;
  }
}

/** `case A ... B:` becomes `case A:`. */
function gnuRange(work: Work, at: number, to: number): void {
  const { tokens } = work;
  for (let i = at + 1; i < to && i < at + 24; i++) {
    if (isPunct(tokens, i, ':')) return;
    if (isPunct(tokens, i, '.') && isPunct(tokens, i + 1, '.') && isPunct(tokens, i + 2, '.')) {
      let end = i + 3;
      while (end < to && !isPunct(tokens, end, ':')) end++;
      replaceRange(work, i, end - 1, '');
      return;
    }
  }
}

/** Types among the arguments of a macro (`container_of(p, struct s, m)`): the tag alone is left. */
function typeArguments(work: Work, from: number, close: number): void {
  const { tokens } = work;
  for (const part of splitAt(tokens, from, close)) {
    const first = tokenText(tokens, part.from);
    if (first === 'struct' || first === 'union' || first === 'enum') {
      if (part.to - part.from < 2) continue;
      replaceRange(work, part.from, part.to - 1, tokenText(tokens, part.from + 1));
    } else if (
      /^(?:unsigned|signed|const|int|long|char|short|void)$/.test(first) ||
      isPunct(tokens, part.to - 1, '*')
    ) {
      if (allWords(tokens, part.from, part.to)) replaceRange(work, part.from, part.to - 1, '0');
    } else if (part.to - part.from <= 3 && isOperatorOnly(tokens, part.from, part.to)) {
      replaceRange(work, part.from, part.to - 1, '0');
    }
  }
}
