import type { AllocKind } from '../../model/events.js';
import { COLON, EQUALS, SPACE } from './ascii.js';
import type { Line } from './line.js';

/**
 * Events of the allocators: `FIELD=VALUE` words, of which those that lockvet uses are read whatever their order and
 * whatever else the kernel prints (`name=`, `pfn=`, `node=`, `accounted=`, ...). False when there is none of them.
 */
export function allocatorLine(line: Line, kind: AllocKind, isFree: boolean, event: number): boolean {
  const a = line.alloc;
  a.kind = kind;
  a.event = event;
  a.gfp = -1;
  a.size = -1;
  a.order = -1;
  a.ip = 0;
  a.hi = 0;
  a.lo = 0;
  if (!allocatorFields(line, line.findEnd())) return false;
  if (isFree) line.sink.free(line.header, a);
  else line.sink.alloc(line.header, a);
  return true;
}

/** Reads the fields up to `end` into the line's {@link AllocEvent}; false when there is none. */
export function allocatorFields(line: Line, end: number): boolean {
  const buf = line.buf;
  let found = false;
  let p = line.pos;
  while (p < end) {
    while (buf[p] === SPACE) p++;
    const key = p;
    while (p < end && buf[p] !== EQUALS && buf[p] !== SPACE && buf[p] !== COLON) p++;
    if (buf[p] === EQUALS || buf[p] === COLON) {
      const behind = allocatorField(line, key, p - key, p + 1);
      if (behind >= 0) {
        found = true;
        p = behind;
      }
    }
    while (p < end && buf[p] !== SPACE) p++;
  }
  return found;
}

/** One field, told by its first letters and length; behind its value, or -1 when it is not used or not readable. */
function allocatorField(line: Line, key: number, length: number, value: number): number {
  const a = line.alloc;
  let p = -1;
  switch ((line.buf[key] << 16) | (line.buf[key + 1] << 8) | length) {
    case CALL_SITE:
      a.ip = line.site(value);
      return line.pos;
    case PTR:
    case PAGE:
      p = line.address(value);
      if (p >= 0) {
        a.hi = line.hi;
        a.lo = line.lo;
      }
      return p;
    case BYTES_REQ:
    case SIZE:
      p = line.decimal(value);
      if (p >= 0) a.size = line.value;
      return p;
    case ORDER:
      p = line.decimal(value);
      if (p >= 0) a.order = line.value;
      return p;
    case GFP_FLAGS:
      p = line.wordEnd(value);
      a.gfp = line.gfp.mask(line.buf, value, p);
      return p;
    case VA_START:
      return line.buf[value - 1] === COLON ? value : line.address(value);
    default:
      return -1;
  }
}

/** Two letters and the length tell apart all fields that these events print. */
const keyOf = (name: string): number => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.length;
const CALL_SITE = keyOf('call_site');
const PTR = keyOf('ptr');
const PAGE = keyOf('page');
const BYTES_REQ = keyOf('bytes_req');
const SIZE = keyOf('size');
const ORDER = keyOf('order');
const GFP_FLAGS = keyOf('gfp_flags');
const VA_START = keyOf('va_start');
