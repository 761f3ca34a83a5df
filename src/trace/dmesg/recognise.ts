import { headlineOf } from './headline.js';
import { hasKernelHead } from './record.js';

const LINES = 200;

/**
 * Whether the beginning of an input is a kernel log: most lines carry a head that only kernel logs have, or a report's
 * headline stands on a line of its own. Recordings of events have neither.
 */
export function looksLikeKernelLog(head: Buffer): boolean {
  let seen = 0;
  let headed = 0;
  for (const raw of head.toString('utf8').split('\n', LINES)) {
    const line = raw.trim();
    if (line === '') continue;
    seen++;
    if (hasKernelHead(raw)) headed++;
    else if (headlineOf(line) !== undefined || /^Linux version \d+\.\d+/.test(line)) return true;
  }
  return headed > 0 && headed * 2 >= seen;
}
