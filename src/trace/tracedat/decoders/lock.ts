import { AcquireHas, LockAcquire, LockdepCtx, ReadKind } from '../../../model/events.js';
import { type EventFormat, fieldNamed } from '../format-text.js';
import { readPiece, unsignedValue, type WideField } from '../words.js';
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

/**
 * lock_acquire, stock and extended, and the event probe `acquire` on it: they differ only in which fields the format has.
 */
export class AcquireDecoder implements EventDecoder {
  readonly minWords: number;
  readonly #context: DecodeContext;
  readonly #args = new LockAcquire();
  readonly #flags: WideField;
  readonly #map: WideField;
  readonly #name: StringField | undefined;
  readonly #key: WideField;
  readonly #nest: WideField;
  readonly #ip: WideField;
  readonly #subclass: WideField;
  readonly #read: WideField;
  readonly #check: WideField;
  readonly #outer: WideField;
  readonly #inner: WideField;
  readonly #type: WideField;
  /** lockdep's own context; all absent unless the format has all of them. */
  readonly #hasLockdep: boolean;
  readonly #hardirq: WideField;
  readonly #softirq: WideField;
  readonly #threaded: WideField;
  readonly #hardirqsOn: WideField;
  readonly #softirqsOn: WideField;

  constructor(context: DecodeContext, format: EventFormat) {
    const field = (...names: string[]): WideField => numberField(context, format, ...names);
    this.minWords = minWordsOf(format);
    this.#context = context;
    this.#flags = field('flags');
    this.#map = field('lockdep_addr', 'map', 'lock');
    this.#name = stringField(context, format, 'name');
    this.#key = field('key');
    this.#nest = field('nest', 'nest_lock');
    this.#ip = field('ip');
    this.#subclass = field('sub', 'subclass');
    this.#read = field('rd', 'read');
    this.#check = field('chk', 'check');
    this.#outer = field('wto', 'outer', 'wait_outer', 'wait_type_outer');
    this.#inner = field('wti', 'inner', 'wait_inner', 'wait_type_inner');
    this.#type = field('lt', 'type', 'lock_type');
    this.#hardirq = field('hc', 'hardirq_ctx');
    this.#softirq = field('sc', 'softirq_ctx');
    this.#threaded = field('ht', 'threaded');
    this.#hardirqsOn = field('he', 'hardirqs_on');
    this.#softirqsOn = field('se', 'softirqs_on');
    this.#hasLockdep = [this.#hardirq, this.#softirq, this.#threaded, this.#hardirqsOn, this.#softirqsOn].every(
      (entry) => entry.present,
    );
    this.#args.has =
      (this.#key.present ? AcquireHas.Key : 0) |
      (this.#inner.present ? AcquireHas.Wait : 0) |
      (this.#subclass.present ? AcquireHas.Subclass : 0) |
      (this.#check.present ? AcquireHas.Check : 0) |
      (this.#read.present ? AcquireHas.ReadKind : 0);
  }

  decode(words: Int32Array, base: number, length: number): void {
    const args = this.#args;
    const flags = readPiece(words, base, this.#flags.low);
    args.trylock = (flags & TRYLOCK) !== 0;
    args.hi = readPiece(words, base, this.#map.high);
    args.lo = readPiece(words, base, this.#map.low);
    args.name = this.#name ? this.#name.read(words, base, length) : 0;
    args.keyHi = readPiece(words, base, this.#key.high);
    args.keyLo = readPiece(words, base, this.#key.low);
    args.nestHi = readPiece(words, base, this.#nest.high);
    args.nestLo = readPiece(words, base, this.#nest.low);
    args.subclass = readPiece(words, base, this.#subclass.low);
    if (this.#read.present) args.read = readPiece(words, base, this.#read.low);
    else args.read = flags & READ ? ReadKind.Shared : ReadKind.Write;
    if (this.#check.present) args.check = readPiece(words, base, this.#check.low);
    args.waitOuter = readPiece(words, base, this.#outer.low);
    args.waitInner = readPiece(words, base, this.#inner.low);
    args.lockType = readPiece(words, base, this.#type.low);
    if (this.#hasLockdep) {
      args.lockdepContext =
        LockdepCtx.Known |
        (readPiece(words, base, this.#hardirq.low) ? LockdepCtx.HardIrq : 0) |
        (readPiece(words, base, this.#softirq.low) ? LockdepCtx.SoftIrq : 0) |
        (readPiece(words, base, this.#threaded.low) ? LockdepCtx.Threaded : 0) |
        (readPiece(words, base, this.#hardirqsOn.low) ? LockdepCtx.HardIrqsOn : 0) |
        (readPiece(words, base, this.#softirqsOn.low) ? LockdepCtx.SoftIrqsOn : 0);
    }
    const ip = this.#ip;
    if (ip.present) {
      args.ip = this.#context.names.internCallSite(readPiece(words, base, ip.high), readPiece(words, base, ip.low));
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
