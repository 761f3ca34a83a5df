import { InputError } from '../../model/report.js';
import { ScenarioError } from '../errors.js';
import type { Sites } from '../sites.js';

/**
 * What a scenario's own fault is to the user: one line with the place in the scenario's file. Anything that does not come
 * out of the file is a bug of lockvet and stays as it is.
 *
 * @param path the file as the user gave it; `file` is its absolute path.
 */
export function problemOf(error: unknown, path: string, file: string, sites?: Sites): unknown {
  if (error instanceof InputError || !(error instanceof Error)) return error;
  if (error instanceof ScenarioError) {
    const place = sites?.placeOf(error.callSite);
    return new InputError(path, place?.line ?? lineIn(error, file), error.message);
  }
  const line = lineIn(error, file);
  if (line === undefined && !isSyntaxError(error)) return error;
  return new InputError(path, line, firstLine(error.message, file));
}

/** The innermost line of `file` in the error's stack or, for syntax errors, message. */
function lineIn(error: Error, file: string): number | undefined {
  const text = `${error.stack ?? ''}\n${error.message}`;
  for (const name of [file, `file://${encodeURI(file)}`]) {
    for (let at = text.indexOf(`${name}:`); at >= 0; at = text.indexOf(`${name}:`, at + 1)) {
      const line = Number.parseInt(text.slice(at + name.length + 1), 10);
      if (line > 0) return line;
    }
  }
  const parenthesised = /\((\d+):\d+\)/.exec(error.message);
  return parenthesised === null ? undefined : Number(parenthesised[1]);
}

function isSyntaxError(error: Error): boolean {
  return error instanceof SyntaxError || error.name === 'SyntaxError' || /ParseError/.test(error.message);
}

/** The sentence without the path and place that is said before it, and without babel's drawing. */
function firstLine(message: string, file: string): string {
  const lines = message.split('\n').map((line) => line.replaceAll(file, '').trim());
  const line =
    lines.find((candidate) => candidate !== '' && !/^(ParseError|:\d+)/.test(candidate)) ?? lines[0] ?? message;
  return line
    .replace(/^(Error: )?(ParseError: )?[:\s]*/, '')
    .replace(/\s*\(\d+:\d+\)$/, '')
    .replace(/\s+\(?:\d+:\d+\)?$/, '');
}
