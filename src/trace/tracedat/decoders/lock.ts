import { AcquireHas, LockAcquire, LockdepCtx, ReadKind } from '../../../model/events.js';
import { type EventFormat, fieldNamed } from '../format-text.js';
import { PieceTable } from '../piece-table.js';
import { readPiece, unsignedValue } from '../words.js';
import {
  type DecodeContext,
  type DecoderFactory,
  type EventDecoder,
  minWordsOf,
  numberField,
  type StringField,
  stringField,
} from './decoder.js';

/** Bits of lock_acquire's `flags`. */
const TRYLOCK = 1;
const READ = 2;

/** Spellings of the fields of an acquisition, in the order of {@link At}. The first {@link ADDRESSES} are addresses. */
const AT_NAMES: readonly (readonly string[])[] = [
  ['lockdep_addr', 'map', 'lock'],
  ['key'],
  ['nest', 'nest_lock'],
  ['ip'],
  ['flags'],
  ['sub', 'subclass'],
  ['rd', 'read'],
  ['chk', 'check'],
  ['wto', 'outer', 'wait_outer', 'wait_type_outer'],
  ['wti', 'inner', 'wait_inner', 'wait_type_inner'],
  ['lt', 'type', 'lock_type'],
  ['hc', 'hardirq_ctx'],
  ['sc', 'softirq_ctx'],
  ['ht', 'threaded'],
  ['he', 'hardirqs_on'],
  ['se', 'softirqs_on'],
];
const ADDRESSES = 4;

/** Indices into the values read; the low half of an address follows its high half. */
const At = {
  map: 0,
  key: 2,
  nest: 4,
  ip: 6,
  flags: 8,
  subclass: 9,
  read: 10,
  check: 11,
  outer: 12,
  inner: 13,
  type: 14,
  hardirq: 15,
  softirq: 16,
  threaded: 17,
  hardirqsOn: 18,
  softirqsOn: 19,
} as const;

/**
 * lock_acquire, stock and extended, and the event probe `acquire` on it: they differ only in which fields the format has.
 */
export class AcquireDecoder implements EventDecoder {
  readonly minWords: number;
  readonly #context: DecodeContext;
  readonly #args = new LockAcquire();
  readonly #table = new PieceTable(32);
  readonly #name: StringField | undefined;
  readonly #hasIp: boolean;
  readonly #hasRead: boolean;
  readonly #hasCheck: boolean;
  /** Whether the format has all of lockdep's own context. */
  readonly #hasLockdep: boolean;

  constructor(context: DecodeContext, format: EventFormat) {
    this.minWords = minWordsOf(format);
    this.#context = context;
    this.#name = stringField(context, format, 'name');
    const fields = AT_NAMES.map((names) => numberField(context, format, ...names));
    // In the order of At: both halves of addresses, the low half of everything else.
    fields.forEach((field, i) => {
      if (i < ADDRESSES) this.#table.add(field.high);
      this.#table.add(field.low);
    });
    const has = (name: string): boolean => fields[AT_NAMES.findIndex((names) => names[0] === name)]?.present === true;
    this.#hasIp = has('ip');
    this.#hasRead = has('rd');
    this.#hasCheck = has('chk');
    this.#hasLockdep = ['hc', 'sc', 'ht', 'he', 'se'].every(has);
    this.#args.has =
      (has('key') ? AcquireHas.Key : 0) |
      (has('wti') ? AcquireHas.Wait : 0) |
      (has('sub') ? AcquireHas.Subclass : 0) |
      (this.#hasCheck ? AcquireHas.Check : 0) |
      (this.#hasRead ? AcquireHas.ReadKind : 0);
  }

  decode(words: Int32Array, base: number, length: number): void {
    const args = this.#args;
    const values = this.#table.values;
    this.#table.read(words, base);
    const flags = values[At.flags] as number;
    args.trylock = (flags & TRYLOCK) !== 0;
    args.hi = values[At.map] as number;
    args.lo = values[At.map + 1] as number;
    args.name = this.#name ? this.#name.read(words, base, length) : 0;
    args.keyHi = values[At.key] as number;
    args.keyLo = values[At.key + 1] as number;
    args.nestHi = values[At.nest] as number;
    args.nestLo = values[At.nest + 1] as number;
    args.subclass = values[At.subclass] as number;
    if (this.#hasRead) args.read = values[At.read] as number;
    else args.read = flags & READ ? ReadKind.Shared : ReadKind.Write;
    if (this.#hasCheck) args.check = values[At.check] as number;
    args.waitOuter = values[At.outer] as number;
    args.waitInner = values[At.inner] as number;
    args.lockType = values[At.type] as number;
    if (this.#hasLockdep) {
      args.lockdepContext =
        LockdepCtx.Known |
        (values[At.hardirq] ? LockdepCtx.HardIrq : 0) |
        (values[At.softirq] ? LockdepCtx.SoftIrq : 0) |
        (values[At.threaded] ? LockdepCtx.Threaded : 0) |
        (values[At.hardirqsOn] ? LockdepCtx.HardIrqsOn : 0) |
        (values[At.softirqsOn] ? LockdepCtx.SoftIrqsOn : 0);
    }
    if (this.#hasIp) {
      args.ip = this.#context.names.internCallSite(values[At.ip] as number, values[At.ip + 1] as number);
    }
    this.#context.sink.lockAcquire(this.#context.header, args);
  }
}

/** Fails for formats that do not say which lock they speak of. */
function withMap(format: EventFormat, make: () => EventDecoder): EventDecoder | undefined {
  return fieldNamed(format, 'lockdep_addr', 'map', 'lock') ? make() : undefined;
}

export const lockAcquire: DecoderFactory = (context, format) =>
  withMap(format, () => new AcquireDecoder(context, format));

type LockCall = (context: DecodeContext, hi: number, lo: number, name: number) => void;

/** Events that say a lock and its name: lock_release, lock_contended, lock_acquired. */
const lockAndName =
  (call: LockCall): DecoderFactory =>
  (context, format) =>
    withMap(format, () => {
      const map = numberField(context, format, 'lockdep_addr', 'map', 'lock');
      const name = stringField(context, format, 'name');
      return {
        minWords: minWordsOf(format),
        decode(words, base, length) {
          const id = name ? name.read(words, base, length) : 0;
          call(context, readPiece(words, base, map.high), readPiece(words, base, map.low), id);
        },
      };
    });

export const lockRelease = lockAndName((c, hi, lo, name) => c.sink.lockRelease(c.header, hi, lo, name));
export const lockContended = lockAndName((c, hi, lo, name) => c.sink.lockContended(c.header, hi, lo, name));
export const lockAcquired = lockAndName((c, hi, lo, name) => c.sink.lockAcquired(c.header, hi, lo, name));

export const lockDowngrade: DecoderFactory = (context, format) =>
  withMap(format, () => {
    const map = numberField(context, format, 'lock', 'lockdep_addr', 'map');
    const ip = numberField(context, format, 'ip');
    return {
      minWords: minWordsOf(format),
      decode(words, base) {
        const site = context.names.internCallSite(readPiece(words, base, ip.high), readPiece(words, base, ip.low));
        context.sink.lockDowngrade(
          context.header,
          readPiece(words, base, map.high),
          readPiece(words, base, map.low),
          site,
        );
      },
    };
  });

export const lockSetClass: DecoderFactory = (context, format) =>
  withMap(format, () => {
    const map = numberField(context, format, 'lock', 'lockdep_addr', 'map');
    const key = numberField(context, format, 'key');
    const subclass = numberField(context, format, 'sub', 'subclass');
    const ip = numberField(context, format, 'ip');
    const name = stringField(context, format, 'name');
    return {
      minWords: minWordsOf(format),
      decode(words, base, length) {
        context.sink.lockSetClass(
          context.header,
          readPiece(words, base, map.high),
          readPiece(words, base, map.low),
          name ? name.read(words, base, length) : 0,
          readPiece(words, base, key.high),
          readPiece(words, base, key.low),
          readPiece(words, base, subclass.low),
          context.names.internCallSite(readPiece(words, base, ip.high), readPiece(words, base, ip.low)),
        );
      },
    };
  });

export const lockFreeCheck: DecoderFactory = (context, format) => {
  const from = numberField(context, format, 'from', 'addr');
  const length = numberField(context, format, 'len', 'length');
  if (!from.present || !length.present) return undefined;
  return {
    minWords: minWordsOf(format),
    decode(words, base) {
      const bytes = unsignedValue(words, base, length);
      context.sink.lockFreeCheck(
        context.header,
        readPiece(words, base, from.high),
        readPiece(words, base, from.low),
        bytes,
      );
    },
  };
};

export const lockSoftirqs: DecoderFactory = (context, format) => {
  const on = numberField(context, format, 'on');
  const ip = numberField(context, format, 'ip');
  if (!on.present) return undefined;
  return {
    minWords: minWordsOf(format),
    decode(words, base) {
      const site = context.names.internCallSite(readPiece(words, base, ip.high), readPiece(words, base, ip.low));
      if (readPiece(words, base, on.low) !== 0) context.sink.softirqsOn(context.header, site);
      else context.sink.softirqsOff(context.header, site);
    },
  };
};

export const lockSelftest: DecoderFactory = (context, format) => {
  const begin = numberField(context, format, 'begin');
  const test = numberField(context, format, 'fn');
  if (!begin.present) return undefined;
  return {
    minWords: minWordsOf(format),
    decode(words, base) {
      const name = context.names.internSymbol(readPiece(words, base, test.high), readPiece(words, base, test.low));
      context.sink.selftest(context.header, readPiece(words, base, begin.low) !== 0, name);
    },
  };
};

/** Event probes: recorded while their event is being written, which keeps preemption off once more than the probed code does. */
export const inProbe =
  (factory: DecoderFactory): DecoderFactory =>
  (context, format) => {
    const decoder = factory(context, format);
    if (!decoder) return undefined;
    return {
      minWords: decoder.minWords,
      decode(words, base, length) {
        if (context.header.preemptDepth > 0) context.header.preemptDepth--;
        decoder.decode(words, base, length);
      },
    };
  };
