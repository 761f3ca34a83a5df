import path from 'node:path';
import type { Finding, Where } from '../model/finding.js';

/** The file that a place is in: its own, or the input; relative to `root` where it is below it, with forward slashes. */
export function fileOf(where: Where, input: string, root: string): string {
  const file = wellFormed(where.file ?? input);
  if (!path.isAbsolute(file)) return path.posix.normalize(file.split(path.sep).join('/'));
  const relative = path.relative(root, file);
  const isBelow = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  return (isBelow ? relative : file).split(path.sep).join('/');
}

/** `(possible)` where it is not certain: for formats that have no place for confidence. */
export function messageOf({ message, confidence }: Finding): string {
  return confidence === 'possible' ? `${message} (possible)` : message;
}

/** Halves of characters, which neither a URI nor XML can hold, become the replacement character. */
export function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
