import { headlineOf } from './headline.js';
import { withoutNuls } from './lines.js';
import { hasKernelHead } from './record.js';

const LINES = 200;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;
/** With NULs and more of other control bytes than one in so many, it is no text that a serial line or a crash has put NULs into. */
const CONTROLS = 20;

/**
 * Whether the beginning of an input is a kernel log: most lines carry a head that only kernel logs have, or a report's
 * headline stands on a line of its own. Recordings of events have neither.
 */
export function looksLikeKernelLog(head: Buffer): boolean {
  const text = withoutNuls(head);
  if (text.length < head.length && controls(text) * CONTROLS > text.length) return false;
  let seen = 0;
  let headed = 0;
  for (const raw of Buffer.from(text).toString('utf8').split('\n', LINES)) {
    const line = raw.trim();
    if (line === '') continue;
    seen++;
    if (hasKernelHead(raw)) headed++;
    else if (headlineOf(line) !== undefined || /^Linux version \d+\.\d+/.test(line)) return true;
  }
  return headed > 0 && headed * 2 >= seen;
}

function controls(text: Uint8Array): number {
  let count = 0;
  for (const byte of text) if (byte < 0x20 && byte !== TAB && byte !== LF && byte !== CR && byte !== ESC) count++;
  return count;
}
