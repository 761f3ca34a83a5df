import type { TreeUnit } from '../ir/tree.js';
import { ts } from './compiler.js';
import type { Disk } from './disk.js';
import type { FileNode, Parser } from './file-graph.js';
import type { Problem } from './front.js';
import { lowerFile } from './lower.js';
import { Names } from './names.js';
import { type Resolved, TypedProject } from './project.js';
import { type Outline, outlineOf } from './shape.js';

/** A file in the intermediate form, and what is wrong with it. */
export interface Lowered {
  readonly unit: TreeUnit;
  readonly syntax: readonly Problem[];
  /** undefined: not asked for. */
  readonly types?: readonly Problem[];
}

/** Nodes of a file in each other: with more the compiler, and what comes after it, may run out of stack. People write less than 100. */
const DEEPEST = 500;

/** The compiler's part of reading sources: it takes long to load, and does so only for files that changed. */
export class Reader implements Parser {
  readonly #project: TypedProject;

  /** @param nameOf name of a path in reports */
  constructor(disk: Disk, nameOf: (path: string) => string) {
    this.#project = new TypedProject(disk, nameOf);
  }

  outline(path: string, text: () => string): Outline | undefined {
    let file: ts.SourceFile;
    try {
      file = this.#project.add(path, text);
    } catch (error) {
      // The parser descends as the code does.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    if (depthOf(file) <= DEEPEST) return outlineOf(file);
    this.#project.remove(path);
    return undefined;
  }

  resolve(specifier: string, containing: string): Resolved {
    return this.#project.resolve(specifier, containing);
  }

  /**
   * Reads files into the intermediate form, one after the other.
   * @param needed files and all that they import
   * @param typed names of those whose types are checked for errors
   */
  *lower(
    needed: readonly FileNode[],
    files: readonly FileNode[],
    typed: ReadonlySet<string>,
  ): Generator<readonly [name: string, Lowered]> {
    for (const { path, text } of needed) this.#project.add(path, text);
    const sources = this.#project.sources();
    const names = new Names(sources);
    for (const { path, name } of files) {
      const file = sources.program.getSourceFile(path);
      if (file === undefined) continue;
      const unit = lowerFile(sources, names, file);
      const syntax = problems(sources.program.getSyntacticDiagnostics(file), file);
      const isTyped = typed.has(name);
      const types = isTyped && syntax.length === 0 ? problems(sources.program.getSemanticDiagnostics(file), file) : [];
      yield [name, { unit, syntax, ...(isTyped ? { types } : {}) }];
    }
  }
}

/** How deep the nodes of a file are in each other; no further than it matters. */
function depthOf(file: ts.SourceFile): number {
  let depth = 0;
  let level: ts.Node[] = [file];
  while (level.length > 0 && depth <= DEEPEST) {
    const below: ts.Node[] = [];
    for (const node of level) ts.forEachChild(node, (child) => void below.push(child));
    level = below;
    depth++;
  }
  return depth;
}

function problems(diagnostics: readonly ts.Diagnostic[], file: ts.SourceFile): Problem[] {
  return diagnostics.map(({ start, messageText }) => ({
    line: file.getLineAndCharacterOfPosition(start ?? 0).line + 1,
    text: ts.flattenDiagnosticMessageText(messageText, ' ').replace(/\s+/g, ' '),
  }));
}
