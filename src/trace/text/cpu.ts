import { BRACKET, BRACKET_END, COLON, DOT, NEWLINE, NINE, PAREN, PAREN_END, SPACE, ZERO } from './ascii.js';
import type { Line } from './line.js';

/** Longest `(TGID)`. */
const MAX_TGID = 16;

/** `[CPU]`, or `(TGID) [CPU]`, or trace-cmd's latency form, where the CPU touches the flags. Behind it, or -1. */
export function readCpu(line: Line, at: number): number {
  const buf = line.buf;
  let p = at;
  while (buf[p] === SPACE) p++;
  if (buf[p] === BRACKET) return readBracketedCpu(line, p);
  if (buf[p] === PAREN) {
    const limit = p + MAX_TGID;
    while (buf[p] !== PAREN_END && buf[p] !== NEWLINE && p < limit) p++;
    return buf[p] === PAREN_END ? readBracketedCpu(line, line.skipSpaces(p + 1)) : -1;
  }
  const digits = p === at ? -1 : line.decimal(p);
  const next = digits < 0 ? SPACE : buf[digits];
  const isFraction = next === DOT && buf[digits + 1] >= ZERO && buf[digits + 1] <= NINE;
  if (next <= SPACE || next === COLON || isFraction) return -1;
  line.header.cpu = line.value;
  return digits;
}

/** `[CPU]`. */
export function readBracketedCpu(line: Line, at: number): number {
  const buf = line.buf;
  if (buf[at] !== BRACKET) return -1;
  let p = at + 1;
  let cpu = 0;
  for (;;) {
    const digit = buf[p] - ZERO;
    if (digit < 0 || digit > 9) break;
    cpu = (cpu * 10 + digit) | 0;
    p++;
  }
  if (p === at + 1 || buf[p] !== BRACKET_END) return -1;
  line.header.cpu = cpu;
  return p + 1;
}
