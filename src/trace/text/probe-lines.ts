import { WaitType } from '../../model/wait-type.js';
import { acquireFields } from './acquire-fields.js';
import { bytes, PAREN, QUOTE, SPACE } from './ascii.js';
import type { Line } from './line.js';

const ON_ACQUIRE = bytes('(lock.lock_acquire)');
const ON_RELEASE = bytes('(lock.lock_release)');
const NAME = bytes(' name=');
const MAP = bytes(' map=');

/** What an event probe is attached to, as `(lock.lock_acquire)` behind its name tells. */
export const Probed = { Nothing: 0, Acquire: 1, Release: 2 } as const;

/** Tells event probes of any name by what they are attached to. */
export function probedEvent(line: Line): number {
  const p = line.skipSpaces(line.pos);
  if (line.buf[p] !== PAREN) return Probed.Nothing;
  if (line.literal(p, ON_ACQUIRE) >= 0) return Probed.Acquire;
  return line.literal(p, ON_RELEASE) >= 0 ? Probed.Release : Probed.Nothing;
}

/**
 * An event probe runs while the event that it is attached to is being written, which keeps preemption off once more than the
 * probed code does. Lines that were made otherwise show it: by a depth of 0, or of 1 where a raw_spinlock_t, which is taken
 * with preemption off, is just being taken.
 */
function ownDepth(line: Line, takesRaw: boolean): void {
  const { header } = line;
  if (header.preemptDepth === 0 || (takesRaw && header.preemptDepth === 1)) line.probesAddDepth = false;
  if (line.probesAddDepth && header.preemptDepth > 0) header.preemptDepth--;
}

/**
 * `(lock.lock_acquire) flags=0 map=0x.. key=0x.. name="..." outer=0 inner=2 type=0`: an event probe on lock_acquire.
 * Readers of the binary form print it without the brackets. False without a map.
 */
export function probeAcquire(line: Line): boolean {
  line.findEnd();
  const a = line.acquire;
  a.hi = 0;
  a.lo = 0;
  a.name = 0;
  a.trylock = false;
  a.read = 0;
  a.subclass = 0;
  a.check = 1;
  a.keyHi = 0;
  a.keyLo = 0;
  a.nestHi = 0;
  a.nestLo = 0;
  a.waitOuter = 0;
  a.waitInner = 0;
  a.lockType = 0;
  a.lockdepContext = 0;
  a.ip = 0;
  a.has = 0;
  const map = line.find(line.pos, MAP);
  if (map < 0 || line.address(map) < 0) return false;
  const name = line.find(line.pos, NAME);
  if (name < 0) {
    if (!acquireFields(line, line.pos)) return false;
  } else {
    const behind = quotedName(line, name);
    // Fields stand on both sides of the name, which itself may look like fields.
    const end = line.end;
    line.end = name;
    acquireFields(line, line.pos);
    line.end = end;
    acquireFields(line, behind);
  }
  ownDepth(line, a.waitInner === WaitType.Spin && a.waitOuter === WaitType.Unchecked);
  line.sink.lockAcquire(line.header, a);
  return true;
}

/** Reads `"NAME"` up to the line's last quote into the acquisition; behind it. `(fault)` is an unknown name. */
function quotedName(line: Line, at: number): number {
  const buf = line.buf;
  if (buf[at] !== QUOTE) {
    const end = line.wordEnd(at);
    if (buf[at] !== PAREN) line.acquire.name = line.names.internRange(buf, at, end);
    return end;
  }
  let close = line.end - 1;
  while (close > at && !(buf[close] === QUOTE && (close + 1 === line.end || buf[close + 1] === SPACE))) close--;
  if (close === at) return line.end;
  line.acquire.name = line.names.internRange(buf, at + 1, close);
  return close + 1;
}

/** `(lock.lock_release) map=0x..`, with or without a name. */
export function probeRelease(line: Line): boolean {
  line.findEnd();
  const map = line.find(line.pos, MAP);
  if (map < 0 || line.address(map) < 0) return false;
  const { hi, lo } = line;
  line.acquire.name = 0;
  const name = line.find(line.pos, NAME);
  if (name >= 0) quotedName(line, name);
  ownDepth(line, false);
  line.sink.lockRelease(line.header, hi, lo, line.acquire.name);
  return true;
}
