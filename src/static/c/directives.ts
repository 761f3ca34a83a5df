/** A conditional directive, understood. */
export interface Directive {
  readonly kind: 'if' | 'elif' | 'else' | 'endif' | 'define' | 'other';
  /** For `if` and `elif`: the condition, see {@link conditionKey}. */
  readonly condition: string;
}

const HEAD = /^#\s*([a-z]+)/;

/** Reads a directive token's text (continuation lines included). */
export function readDirective(text: string): Directive {
  const word = HEAD.exec(text)?.[1] ?? '';
  switch (word) {
    case 'if':
    case 'elif':
      return { kind: word, condition: conditionKey(argumentOf(text)) };
    case 'ifdef':
      return { kind: 'if', condition: conditionKey(`defined(${argumentOf(text)})`) };
    case 'ifndef':
      return { kind: 'if', condition: conditionKey(`!defined(${argumentOf(text)})`) };
    case 'else':
    case 'endif':
    case 'define':
      return { kind: word, condition: '' };
    default:
      return { kind: 'other', condition: '' };
  }
}

function argumentOf(text: string): string {
  return text
    .replace(/\\\r?\n/g, ' ')
    .replace(HEAD, '')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\/\/.*$/, '')
    .trim();
}

/**
 * One name for equal conditions: `X` for `#ifdef X`, `defined(X)`, `IS_ENABLED(X)` and the like, `!X` for their
 * negations, `0` and `1` for constants, otherwise the expression without white space.
 */
export function conditionKey(expression: string): string {
  let text = expression.replace(/\s+/g, '');
  let negated = false;
  for (;;) {
    if (text.startsWith('!') && isAtom(text.slice(1))) {
      negated = !negated;
      text = text.slice(1);
      continue;
    }
    const wrapped = /^(?:defined|IS_ENABLED|IS_BUILTIN|IS_MODULE|IS_REACHABLE)\(([A-Za-z0-9_]+)\)$/.exec(text);
    if (wrapped?.[1] !== undefined) text = wrapped[1];
    else if (/^defined[A-Z_]/.test(text)) text = text.slice('defined'.length);
    else break;
  }
  if (/^\d+$/.test(text)) return (Number(text) !== 0) !== negated ? '1' : '0';
  return negated ? `!${text}` : text;
}

function isAtom(text: string): boolean {
  return /^(?:[A-Za-z0-9_]+|[A-Za-z_]+\([A-Za-z0-9_]+\))$/.test(text);
}

/** The key of the opposite condition. */
export function negate(key: string): string {
  if (key === '0') return '1';
  if (key === '1') return '0';
  return key.startsWith('!') ? key.slice(1) : `!${key}`;
}

/** What is known of a condition: `assumed` holds the values of names that are decided. */
export function decided(key: string, assumed: ReadonlyMap<string, boolean>): boolean | undefined {
  if (key === '0') return false;
  if (key === '1') return true;
  const negated = key.startsWith('!');
  const value = assumed.get(negated ? key.slice(1) : key);
  return value === undefined ? undefined : value !== negated;
}
