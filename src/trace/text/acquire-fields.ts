import { AcquireHas, LockdepCtx, ReadKind } from '../../model/events.js';
import { EQUALS } from './ascii.js';
import type { Line } from './line.js';

/** Context bits by field name. */
const CONTEXT_FIELDS: ReadonlyMap<string, number> = new Map([
  ['hardirq_ctx', LockdepCtx.HardIrq],
  ['softirq_ctx', LockdepCtx.SoftIrq],
  ['threaded', LockdepCtx.Threaded],
  ['hardirqs_on', LockdepCtx.HardIrqsOn],
  ['softirqs_on', LockdepCtx.SoftIrqsOn],
]);

/**
 * Reads `FIELD=VALUE` words from `at` to the line's end into the acquisition, whatever their order; what is missing
 * or not understood stays unknown. False when no field was read but the subclass: then it was part of a name.
 */
export function acquireFields(line: Line, at: number): boolean {
  const buf = line.buf;
  const a = line.acquire;
  let fields = 0;
  let contextFields = 0;
  let context = 0;
  let p = at;
  while (p < line.end) {
    p = line.skipSpaces(p);
    const end = line.wordEnd(p);
    const equals = buf.subarray(p, end).indexOf(EQUALS);
    if (equals > 0) {
      const key = buf.toString('latin1', p, p + equals);
      const value = p + equals + 1;
      if (key === 'ip') {
        // A caller may be any text: it ends the line.
        a.ip = line.restId(value);
        fields++;
        break;
      }
      const bit = CONTEXT_FIELDS.get(key);
      if (bit === undefined) {
        if (acquireField(line, key, value) && key !== 'subclass') fields++;
      } else if (line.decimal(value) >= 0) {
        contextFields++;
        if (line.value !== 0) context |= bit;
      }
    }
    p = end;
  }
  if (contextFields === CONTEXT_FIELDS.size) a.lockdepContext = LockdepCtx.Known | context;
  return fields + contextFields > 0;
}

/** One field of an acquisition; false when it is unknown or its value is not what it should be. */
function acquireField(line: Line, key: string, value: number): boolean {
  const a = line.acquire;
  switch (key) {
    case 'key':
    case 'nest':
    case 'map':
      if (line.address(value) < 0) return false;
      if (key === 'key') {
        a.keyHi = line.hi;
        a.keyLo = line.lo;
        a.has |= AcquireHas.Key;
      } else if (key === 'nest') {
        a.nestHi = line.hi;
        a.nestLo = line.lo;
      } else {
        a.hi = line.hi;
        a.lo = line.lo;
      }
      return true;
    case 'wait': {
      const colon = line.decimal(value);
      if (colon < 0) return false;
      a.waitOuter = line.value;
      if (line.decimal(colon + 1) < 0) return false;
      a.waitInner = line.value;
      a.has |= AcquireHas.Wait;
      return true;
    }
  }
  if (line.decimal(value) < 0) return false;
  switch (key) {
    case 'subclass':
      a.subclass = line.value;
      a.has |= AcquireHas.Subclass;
      return true;
    case 'read':
      a.read = line.value;
      a.has |= AcquireHas.ReadKind;
      return true;
    case 'check':
      a.check = line.value;
      a.has |= AcquireHas.Check;
      return true;
    case 'type':
      a.lockType = line.value;
      return true;
    case 'outer':
      a.waitOuter = line.value;
      return true;
    case 'inner':
      a.waitInner = line.value;
      a.has |= AcquireHas.Wait;
      return true;
    case 'flags':
      // Bits of the stock event: trylock, read.
      a.trylock = (line.value & 1) !== 0;
      if ((a.has & AcquireHas.ReadKind) === 0) a.read = line.value & 2 ? ReadKind.Shared : ReadKind.Write;
      return true;
    default:
      return false;
  }
}
