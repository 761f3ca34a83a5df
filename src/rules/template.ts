/** Values that a message template can show; an empty one drops the brackets around it. */
export const TEMPLATE_VARIABLES = {
  event: 'trace event or function, such as kmalloc',
  gfp: 'the gfp mask as traces print it',
  size: 'bytes requested',
  order: 'page order',
  caller: 'function that called',
  lock: 'innermost of the offending locks',
  locks: 'all offending locks, outermost first',
  taken_by: 'function that took the innermost offending lock',
  context: 'what the context is, such as hardirq or interrupts off',
} as const;
export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;
export type TemplateValues = Readonly<Record<TemplateVariable, string>>;

/** Why a text is no template. */
export class TemplateError extends Error {
  readonly offset: number;

  constructor(offset: number, problem: string) {
    super(problem);
    this.name = 'TemplateError';
    this.offset = offset;
  }
}

/** A piece: text or a variable, in square brackets where `optional` numbers the pair. */
interface Piece {
  readonly text?: string;
  readonly variable?: TemplateVariable;
  readonly optional: number;
}

/**
 * A message such as `{event}[ called by {caller}] under {lock}`. Text in square brackets is left out where a variable
 * in it is empty.
 */
export class Template {
  readonly #pieces: readonly Piece[];

  /** Throws TemplateError for an unknown variable and for brackets that do not match. */
  constructor(source: string) {
    this.#pieces = parse(source);
  }

  render(values: TemplateValues): string {
    const dropped = new Set<number>();
    for (const piece of this.#pieces) {
      if (piece.variable && piece.optional > 0 && values[piece.variable] === '') dropped.add(piece.optional);
    }
    return this.#pieces
      .filter((piece) => !dropped.has(piece.optional))
      .map((piece) => (piece.variable ? values[piece.variable] : piece.text))
      .join('');
  }
}

function parse(source: string): Piece[] {
  const pieces: Piece[] = [];
  let pairs = 0;
  let open = 0;
  for (const match of source.matchAll(/[[\]]|\{[^}]*\}?|[^[\]{]+/g)) {
    const [token] = match;
    if (token === '[') {
      if (open > 0) throw new TemplateError(match.index, 'brackets inside brackets in the message');
      open = ++pairs;
    } else if (token === ']') {
      if (open === 0) throw new TemplateError(match.index, "']' without '[' in the message");
      open = 0;
    } else if (token.startsWith('{')) {
      pieces.push({ variable: variableOf(token, match.index), optional: open });
    } else {
      pieces.push({ text: token, optional: open });
    }
  }
  if (open > 0) throw new TemplateError(source.lastIndexOf('['), "'[' without ']' in the message");
  return pieces;
}

function variableOf(token: string, offset: number): TemplateVariable {
  const name = token.slice(1).replace(/\}$/, '');
  if (!token.endsWith('}')) throw new TemplateError(offset, "'{' without '}' in the message");
  if (Object.hasOwn(TEMPLATE_VARIABLES, name)) return name as TemplateVariable;
  const known = Object.keys(TEMPLATE_VARIABLES).join(', ');
  throw new TemplateError(offset, `unknown variable {${name}} in the message; there are ${known}`);
}
