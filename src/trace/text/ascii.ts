/** Characters that the line grammar is made of. */
export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const PAREN = 0x28;
export const PAREN_END = 0x29;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const EQUALS = 0x3d;
export const BRACKET = 0x5b;
export const BRACKET_END = 0x5d;
export const LETTER_X = 0x78;

/** Value of a hexadecimal digit by character, -1 for all other characters. */
export const HEX_VALUE = new Int8Array(256).fill(-1);
for (const digit of '0123456789abcdefABCDEF') HEX_VALUE[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** 1 for the characters of an event's name. */
export const IS_NAME = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_') IS_NAME[c.charCodeAt(0)] = 1;

/** Bytes of an ASCII literal. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/**
 * The hash that names are interned by: rotate by five and exclusive-or, a step a byte. Scanners compute it as they go,
 * so it must be cheap before it is good; tables multiply it once more.
 */
export function hashRange(buf: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let p = start; p < end; p++) hash = ((hash << 5) | (hash >>> 27)) ^ buf[p];
  return hash;
}

/** Start of the digits that end at `end`. */
export function digitsBefore(buf: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && buf[p - 1] >= ZERO && buf[p - 1] <= NINE) p--;
  return p;
}
