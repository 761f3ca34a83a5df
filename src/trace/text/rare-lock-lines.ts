import { bytes, SPACE } from './ascii.js';
import { siteOf } from './context-lines.js';
import type { Line } from './line.js';

const KEY = bytes(' key=');
const SUBCLASS = bytes(' subclass=');
const LEN = bytes(' len=');
const BEGIN = bytes('begin ');
const END = bytes('end ');
const EXPECTED = bytes(' expected=');

/** `ADDR NAME key=ADDR subclass=N [ip=SITE]`. */
export function lockSetClass(line: Line): boolean {
  line.findEnd();
  const name = line.address(line.skipSpaces(line.pos));
  if (name < 0) return false;
  const { hi, lo } = line;
  const nameEnd = line.findLast(name, KEY);
  if (nameEnd < 0) return false;
  const behindKey = line.address(nameEnd + KEY.length);
  const subclass = behindKey < 0 ? -1 : line.literal(behindKey, SUBCLASS);
  if (subclass < 0 || line.decimal(subclass) < 0) return false;
  const keyHi = line.hi;
  const keyLo = line.lo;
  const id = line.names.internRange(line.buf, name + 1, nameEnd);
  line.pos = subclass;
  const ip = siteOf(line);
  line.sink.lockSetClass(line.header, hi, lo, id, keyHi, keyLo, line.value, ip);
  return true;
}

/** `ADDR [NAME] [ip=SITE]`. */
export function lockDowngrade(line: Line): boolean {
  const behind = line.address(line.skipSpaces(line.pos));
  if (behind < 0) return false;
  line.pos = behind;
  line.sink.lockDowngrade(line.header, line.hi, line.lo, siteOf(line));
  return true;
}

/** `ADDR len=N`. */
export function lockFreeCheck(line: Line): boolean {
  const behind = line.address(line.skipSpaces(line.pos));
  const length = behind < 0 ? -1 : line.literal(behind, LEN);
  if (length < 0) return false;
  const end = line.decimal(length);
  if (end < 0) return false;
  line.pos = end;
  line.sink.lockFreeCheck(line.header, line.hi, line.lo, line.value);
  return true;
}

/** `begin|end NAME expected=... verdict=...`. */
export function lockSelftest(line: Line): boolean {
  line.findEnd();
  const p = line.skipSpaces(line.pos);
  const begin = line.literal(p, BEGIN);
  const name = begin >= 0 ? begin : line.literal(p, END);
  if (name < 0) return false;
  const expected = line.findLast(name, EXPECTED);
  let end = expected < 0 ? line.end : expected;
  while (end > name && line.buf[end - 1] === SPACE) end--;
  line.sink.selftest(line.header, begin >= 0, line.names.internRange(line.buf, name, end));
  return true;
}
