import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InputError } from '../model/report.js';

/** A validated YAML file and the lines of its values. */
export interface YamlFile<T> {
  readonly path: string;
  readonly value: T;
  /** 1-based line of the value at `path`, of the nearest one above it where there is none. */
  line(...path: readonly (string | number)[]): number;
  /** 1-based line of the character at `offset` of the text at `path`, also within a literal block (`|`). */
  lineInText(offset: number, ...path: readonly (string | number)[]): number;
}

/**
 * Reads a YAML file and validates it. Throws InputError with the line of the first problem: unreadable, not YAML, a field
 * unknown, missing or of the wrong type.
 */
export function readYaml<S extends z.ZodType>(path: string, schema: S): YamlFile<z.output<S>> {
  const source = readText(path);
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken) throw new InputError(path, lines.linePos(broken.pos[0]).line, firstLine(broken.message));

  const lineOf = (node: ParsedNode | null | undefined): number => (node?.range ? lines.linePos(node.range[0]).line : 1);
  const nodeAt = (at: readonly (string | number)[]): ParsedNode | undefined => {
    const node = at.length === 0 ? document.contents : document.getIn(at, true);
    return isNode(node) ? (node as ParsedNode) : undefined;
  };
  const line = (...at: readonly (string | number)[]): number => {
    for (let length = at.length; length > 0; length--) {
      const node = nodeAt(at.slice(0, length));
      if (node) return lineOf(node);
    }
    return lineOf(document.contents);
  };

  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) {
    // A misspelt field is the reason for the missing one, so it is named first.
    const { issues } = parsed.error;
    const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
    const at = (issue?.path ?? []).filter((step) => typeof step !== 'symbol');
    if (issue?.code === 'unrecognized_keys') {
      const key = issue.keys[0] ?? '';
      const parent = nodeAt(at);
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      const keyNode = pair && isNode(pair.key) ? (pair.key as ParsedNode) : undefined;
      throw new InputError(path, keyNode ? lineOf(keyNode) : line(...at), `unknown field '${key}'`);
    }
    const field = at.length > 0 ? `field '${at.join('.')}': ` : '';
    throw new InputError(path, line(...at), `${field}${firstLine(issue?.message ?? 'invalid')}`);
  }

  const lineInText = (offset: number, ...at: readonly (string | number)[]): number => {
    const node = nodeAt(at);
    if (!isScalar(node) || typeof node.value !== 'string') return line(...at);
    // A literal block begins on the line after its `|` and keeps its line breaks; other styles fold them.
    if (node.type !== 'BLOCK_LITERAL') return lineOf(node as ParsedNode);
    const before = node.value.slice(0, Math.min(offset, node.value.trimEnd().length));
    return lineOf(node as ParsedNode) + before.split('\n').length;
  };
  return { path, value: parsed.data, line, lineInText };
}

/** Reads a text file. Throws InputError. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(path, undefined, readProblem(error));
  }
}

/** One phrase for a failed file access. */
export function readProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file or directory';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'is a directory';
  if (code === 'ENOTDIR') return 'is not a directory';
  return `cannot be read (${typeof code === 'string' ? code : 'unknown error'})`;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/:$/, '');
}
