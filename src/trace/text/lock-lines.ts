import { AcquireHas, LockdepCtx, ReadKind } from '../../model/events.js';
import { acquireFields } from './acquire-fields.js';
import { bytes, hashRange, NEWLINE, RETURN, SPACE, ZERO } from './ascii.js';
import type { Line } from './line.js';
import { Literal } from './literal.js';

const TRY = bytes('try ');
const READ = bytes('read ');
const SUBCLASS = bytes(' subclass=');
const ALL_FIELDS = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;

/** Literals between the values of an extended line, in order, each with the space before it. */
const FIELD = {
  read: new Literal(' read='),
  check: new Literal(' check='),
  nest: new Literal(' nest='),
  key: new Literal(' key='),
  wait: new Literal(' wait='),
  type: new Literal(' type='),
  hardirq: new Literal(' hardirq_ctx='),
  softirq: new Literal(' softirq_ctx='),
  threaded: new Literal(' threaded='),
  hardirqsOn: new Literal(' hardirqs_on='),
  softirqsOn: new Literal(' softirqs_on='),
  ip: new Literal(' ip='),
} as const;

/**
 * `lock_acquire: ADDR [try ][read ]NAME`, with or without the extended fields behind the name. A name may hold
 * anything, so the fields are those after the last ` subclass=`.
 */
export function lockAcquire(line: Line): boolean {
  const buf = line.buf;
  const a = line.acquire;
  let p = line.address(line.skipSpaces(line.pos));
  if (p < 0 || buf[p] !== SPACE) return false;
  a.hi = line.hi;
  a.lo = line.lo;
  p++;
  const afterTry = line.literal(p, TRY);
  a.trylock = afterTry >= 0;
  if (afterTry >= 0) p = afterTry;
  const afterRead = line.literal(p, READ);
  const start = afterRead >= 0 ? afterRead : p;
  let hash = 0;
  let c = 0;
  let candidate = -1;
  for (p = start; ; p++) {
    c = buf[p];
    if (c === SPACE) {
      // The space's successor is looked at first: names with spaces are rare, names with ` s...=` rarer still.
      if (buf[p + 1] === 0x73 && line.literal(p, SUBCLASS) >= 0) {
        if (fieldsInOrder(line, p + SUBCLASS.length)) break;
        candidate = p;
      }
    } else if (c === NEWLINE) {
      line.pos = p;
      return irregular(line, start, afterRead, candidate);
    }
    hash = ((hash << 5) | (hash >>> 27)) ^ c;
  }
  // A printed "read " belongs to the name where the field says that the lock is taken exclusively.
  const nameStart = afterRead >= 0 && a.read === ReadKind.Write ? start - READ.length : start;
  a.name = line.names.intern(buf, nameStart, p, nameStart === start ? hash : hashRange(buf, nameStart, p));
  line.sink.lockAcquire(line.header, a);
  return true;
}

/** All extended fields as the recording kernel prints them, up to the line's end, from behind `subclass=`. */
function fieldsInOrder(line: Line, at: number): boolean {
  const { buf, view } = line;
  const a = line.acquire;
  a.subclass = buf[at] - ZERO;
  let p = FIELD.read.behind(view, at + 1);
  if (p < 0 || (a.subclass | (9 - a.subclass)) < 0) return false;
  a.read = buf[p] - ZERO;
  p = FIELD.check.behind(view, p + 1);
  if (p < 0 || (a.read | (2 - a.read)) < 0) return false;
  a.check = buf[p] - ZERO;
  p = FIELD.nest.behind(view, p + 1);
  if (p < 0 || a.check >>> 1 !== 0) return false;
  p = line.address(p);
  if (p < 0) return false;
  a.nestHi = line.hi;
  a.nestLo = line.lo;
  p = FIELD.key.behind(view, p);
  if (p < 0) return false;
  p = line.address(p);
  if (p < 0) return false;
  a.keyHi = line.hi;
  a.keyLo = line.lo;
  p = FIELD.wait.behind(view, p);
  if (p < 0 || buf[p + 1] !== 0x3a) return false;
  a.waitOuter = buf[p] - ZERO;
  a.waitInner = buf[p + 2] - ZERO;
  p = FIELD.type.behind(view, p + 3);
  if (p < 0 || (a.waitOuter | (9 - a.waitOuter) | a.waitInner | (9 - a.waitInner)) < 0) return false;
  a.lockType = buf[p] - ZERO;
  p = FIELD.hardirq.behind(view, p + 1);
  if (p < 0 || (a.lockType | (9 - a.lockType)) < 0) return false;
  // A digit of these is 0 or 1: as a whole they are bits once shifted into place.
  let bits = buf[p] - ZERO;
  let context = LockdepCtx.Known | (bits << 1);
  p = FIELD.softirq.behind(view, p + 1);
  if (p < 0) return false;
  let bit = buf[p] - ZERO;
  bits |= bit;
  context |= bit << 2;
  p = FIELD.threaded.behind(view, p + 1);
  if (p < 0) return false;
  bit = buf[p] - ZERO;
  bits |= bit;
  context |= bit << 3;
  p = FIELD.hardirqsOn.behind(view, p + 1);
  if (p < 0) return false;
  bit = buf[p] - ZERO;
  bits |= bit;
  context |= bit << 4;
  p = FIELD.softirqsOn.behind(view, p + 1);
  if (p < 0) return false;
  bit = buf[p] - ZERO;
  bits |= bit;
  context |= bit << 5;
  p = FIELD.ip.behind(view, p + 1);
  if (p < 0 || bits >>> 1 !== 0) return false;
  return callSite(line, p, context);
}

/** The caller, which ends the line; any further word would make it something else than a caller. */
function callSite(line: Line, at: number, context: number): boolean {
  const buf = line.buf;
  const ip = line.site(at);
  const c = buf[line.pos];
  if (c !== NEWLINE && !(c === RETURN && buf[line.pos + 1] === NEWLINE)) return false;
  const a = line.acquire;
  a.ip = ip;
  a.lockdepContext = context;
  a.has = ALL_FIELDS;
  return true;
}

/** A stock line, or an extended one whose fields are not those of {@link fieldsInOrder}. */
function irregular(line: Line, start: number, afterRead: number, candidate: number): boolean {
  const buf = line.buf;
  const a = line.acquire;
  const end = buf[line.pos - 1] === RETURN ? line.pos - 1 : line.pos;
  line.end = end;
  a.subclass = 0;
  a.read = afterRead >= 0 ? ReadKind.Shared : ReadKind.Write;
  a.check = 1;
  a.nestHi = 0;
  a.nestLo = 0;
  a.keyHi = 0;
  a.keyLo = 0;
  a.waitOuter = 0;
  a.waitInner = 0;
  a.lockType = 0;
  a.lockdepContext = 0;
  a.ip = 0;
  a.has = 0;
  let nameStart = start;
  let nameEnd = end;
  if (candidate >= 0 && !acquireFields(line, candidate)) {
    a.subclass = 0;
    a.has = 0;
  } else if (candidate >= 0) {
    nameEnd = candidate;
    if (afterRead >= 0 && (a.has & AcquireHas.ReadKind) !== 0 && a.read === ReadKind.Write) nameStart -= READ.length;
  }
  if (nameEnd <= nameStart) return false;
  a.name = line.names.internRange(buf, nameStart, nameEnd);
  line.sink.lockAcquire(line.header, a);
  return true;
}

/** `ADDR NAME` of lock_release, lock_contended and lock_acquired into the line's address; the name's id, -1 when unread. */
export function lockAndName(line: Line): number {
  const buf = line.buf;
  let p = line.address(line.skipSpaces(line.pos));
  if (p < 0) return -1;
  if (buf[p] === SPACE) p++;
  const start = p;
  let hash = 0;
  let c = buf[p];
  while (c !== NEWLINE) {
    hash = ((hash << 5) | (hash >>> 27)) ^ c;
    c = buf[++p];
  }
  line.pos = p;
  if (buf[p - 1] === RETURN) return line.names.internRange(buf, start, p - 1);
  return line.names.intern(buf, start, p, hash);
}
