import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { InputError } from '../model/report.js';
import { readProblem, readYaml } from '../rules/yaml-file.js';

/** A validated JSON file. */
export interface JsonFile<T> {
  readonly value: T;
  /** 1-based line of the value at `path`, of the nearest one above it where there is none. */
  line(...path: readonly (string | number)[]): number | undefined;
}

/**
 * Reads a JSON file and validates it. Throws InputError with the line of the first problem: unreadable, not JSON, a field unknown,
 * missing or of the wrong type.
 */
export function readJson<S extends z.ZodType>(path: string, schema: S): JsonFile<z.output<S>> {
  const text = readSource(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(path, lineOfSyntaxError(text, error), 'is not JSON');
  }
  // JSON is YAML: the slower reader, which knows lines, is asked only when one is needed.
  const located = () => readYaml(path, schema);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    located();
    throw new InputError(path, undefined, parsed.error.issues[0]?.message ?? 'invalid');
  }
  return { value: parsed.data, line: (...at) => located().line(...at) };
}

/** Reads a text file. Throws InputError. */
export function readSource(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(path, undefined, readProblem(error));
  }
}

/** Where V8 stopped: `... in JSON at position 12`; at the end of the text it names no position. */
function lineOfSyntaxError(text: string, error: unknown): number {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  return text.slice(0, position === undefined ? text.trimEnd().length : Number(position)).split('\n').length;
}
