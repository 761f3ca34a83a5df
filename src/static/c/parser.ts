import { createRequire } from 'node:module';

/**
 * A syntax node as lockvet wants it: plain data made in one pass over the tree. Asking the parser's own nodes for text,
 * position and children costs a call into WebAssembly each.
 */
export interface Syntax {
  readonly type: string;
  /** Offsets into the parsed text. */
  readonly start: number;
  readonly end: number;
  /** 1-based line in the file. */
  readonly line: number;
  /** Named children; all children where punctuation tells (for, case, unary and binary operators). */
  readonly children: readonly Syntax[];
}

export interface Parsed {
  readonly text: string;
  readonly root: Syntax;
  /** Pieces the grammar did not understand. */
  readonly errors: number;
}

/** Parses function bodies. Holds the WebAssembly instance: one for each thread. */
export interface BodyParser {
  /**
   * @param text a compound statement or a statement
   * @param line line of the first character in its file
   * @returns undefined when the parser gives up
   */
  parse(text: string, line: number): Parsed | undefined;
}

/** Nodes whose unnamed children (operators, `;`, `:`) carry meaning. */
const KEEP_ALL = new Set([
  'for_statement',
  'case_statement',
  'unary_expression',
  'binary_expression',
  'assignment_expression',
  'update_expression',
  'conditional_expression',
]);

const PREFIX = 'void f()';

/** Loads the grammar. Takes a few tens of milliseconds, which a run whose files are all cached does not spend. */
export async function createParser(): Promise<BodyParser> {
  const { Language, Parser } = await import('web-tree-sitter');
  const require = createRequire(import.meta.url);
  await Parser.init();
  const language = await Language.load(require.resolve('tree-sitter-c/tree-sitter-c.wasm'));
  const parser = new Parser();
  parser.setLanguage(language);
  const names: string[] = [];
  const named: boolean[] = [];
  const keepAll: boolean[] = [];
  for (let id = 0; id < language.nodeTypeCount; id++) {
    const name = language.nodeTypeForId(id) ?? '';
    names.push(name);
    named.push(language.nodeTypeIsNamed(id));
    keepAll.push(KEEP_ALL.has(name));
  }
  return {
    parse(body, line) {
      const text = PREFIX + body;
      const tree = parser.parse(text);
      if (tree === null) return undefined;
      const cursor = tree.walk();
      let errors = 0;
      let lineAt = 0;
      let lineNow = line;

      const convert = (): Syntax => {
        const id = cursor.nodeTypeId;
        const isError = id === 65535;
        if (isError) errors++;
        const type = isError ? 'ERROR' : (names[id] ?? '');
        const start = cursor.startIndex;
        for (let at = text.indexOf('\n', lineAt); at >= 0 && at < start; at = text.indexOf('\n', at + 1)) {
          lineNow++;
          lineAt = at + 1;
        }
        const myLine = lineNow;
        const end = cursor.endIndex;
        const children: Syntax[] = [];
        if (cursor.gotoFirstChild()) {
          const all = keepAll[id] === true;
          do {
            const childId = cursor.nodeTypeId;
            if (childId === 65535 || named[childId] === true || all) {
              if (names[childId] !== 'comment') children.push(convert());
            }
          } while (cursor.gotoNextSibling());
          cursor.gotoParent();
        }
        return { type, start, end, line: myLine, children };
      };

      const root = convert();
      cursor.delete();
      tree.delete();
      const body0 = findBody(root);
      return body0 === undefined ? undefined : { text, root: body0, errors };
    },
  };
}

function findBody(root: Syntax): Syntax | undefined {
  for (const child of root.children) {
    if (child.type === 'compound_statement') return child;
    if (child.type === 'function_definition') return findBody(child);
  }
  return undefined;
}
