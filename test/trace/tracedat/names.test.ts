import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TraceNames } from '../../../src/trace/tracedat/names.js';
import { Symbols } from '../../../src/trace/tracedat/symbols.js';

const NO_SYMBOLS = Symbols.parse(new Uint8Array(0));
const SYMBOLS = Symbols.parse(
  Buffer.from(
    '0000000000000000 A fixed_percpu_data\n' +
      'ffffffff81000100 T first_name\n' +
      'ffffffff81000100 T second_name\n' +
      'ffffffff81000000 T _stext\n' +
      'ffffffff81000180 t $mapping\n' +
      'ffffffffc0000000 t in_module\t[some_module]\n',
  ),
);

describe('names', () => {
  it('are equal exactly when their texts are, wherever in an event they stand', () => {
    const text = fc.stringMatching(/^[\x20-\x7e]{0,40}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.nat(7)), { maxLength: 50 }), fc.boolean(), (entries, bigEndian) => {
        const names = new TraceNames(NO_SYMBOLS, bigEndian);
        for (const [value, at] of entries) {
          const bytes = Buffer.alloc(64, 0xee);
          bytes.write(`${value}\0`, at, 'latin1');
          if (bigEndian) bytes.swap32();
          const id = names.internString(new Int32Array(new Uint8Array(bytes).buffer), at, 64 - at);
          expect(names.text(id)).toBe(value);
          expect(names.internText(value)).toBe(id);
        }
      }),
    );
  });

  it('end where their field ends', () => {
    const names = new TraceNames(NO_SYMBOLS, false);
    const words = new Int32Array(new Uint8Array(Buffer.from('abcdefgh')).buffer);
    expect(names.text(names.internString(words, 0, 5))).toBe('abcde');
    expect(names.internString(words, 0, 0)).toBe(0);
  });

  it('stay apart when there are many', () => {
    const names = new TraceNames(NO_SYMBOLS, false);
    const ids = Array.from({ length: 20_000 }, (_, i) => names.internText(`lock ${i}`));
    const sites = Array.from({ length: 20_000 }, (_, i) => names.internCallSite(-1, i * 8));
    expect(new Set([...ids, ...sites]).size).toBe(40_000);
    expect(ids.every((id, i) => names.text(id) === `lock ${i}`)).toBe(true);
  });
});

describe('call sites', () => {
  const names = new TraceNames(SYMBOLS, false);

  it.each([
    [-1, 0x81000000 | 0, '_stext+0x0'],
    // Of two names for one address the kernel prints the first.
    [-1, 0x81000163 | 0, 'first_name+0x63'],
    [-1, 0x810001ff | 0, 'first_name+0xff'],
    [-1, 0xc0000010 | 0, 'in_module+0x10'],
    [-1, 0x80ffffff | 0, '0xffffffff80ffffff'],
    [0, 0x1234, '0x1234'],
  ])('%i:%i is %3$s', (hi, lo, text) => {
    expect(names.text(names.internCallSite(hi, lo))).toBe(text);
  });

  it('of functions alone have no offset', () => {
    expect(names.text(names.internSymbol(-1, 0x81000163 | 0))).toBe('first_name');
    expect(names.internSymbol(-1, 0x81000163 | 0)).not.toBe(names.internCallSite(-1, 0x81000163 | 0));
  });

  it('at address 0 are unknown', () => expect(names.internCallSite(0, 0)).toBe(0));
});
