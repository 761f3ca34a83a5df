import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Piece, readPiece, unsignedValue, wideField } from '../../../src/trace/tracedat/words.js';

/** Bytes as the decoder sees them: words in this machine's order. */
function wordsOf(bytes: Uint8Array, bigEndian: boolean): Int32Array {
  const copy = Buffer.from(bytes);
  const machineIsBig = new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1;
  if (bigEndian !== machineIsBig) copy.swap32();
  const words = new Int32Array(copy.length / 4 + 1);
  new Uint8Array(words.buffer).set(copy);
  return words;
}

const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });

describe('pieces of events', () => {
  it('of 1, 2 and 4 bytes are read at any offset, in both byte orders, with and without sign', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom(1, 2, 4),
        fc.nat(56),
        fc.boolean(),
        fc.boolean(),
        (data, size, offset, signed, bigEndian) => {
          const view = new DataView(data.buffer, data.byteOffset);
          const piece = new Piece(offset, size, signed, { bigEndian });
          const expected = {
            1: signed ? view.getInt8(offset) : view.getUint8(offset),
            2: signed ? view.getInt16(offset, !bigEndian) : view.getUint16(offset, !bigEndian),
            4: view.getInt32(offset, !bigEndian),
          }[size];
          expect(readPiece(wordsOf(data, bigEndian), 0, piece)).toBe(expected);
        },
      ),
    );
  });

  it('of 8 bytes come as two halves', () => {
    fc.assert(
      fc.property(bytes, fc.nat(52), fc.boolean(), (data, offset, bigEndian) => {
        const view = new DataView(data.buffer, data.byteOffset);
        const value = view.getBigUint64(offset, !bigEndian);
        const field = wideField(
          { name: 'x', type: 'u64', offset, size: 8, signed: false, dynamic: 'none', isArray: false },
          { bigEndian },
        );
        const words = wordsOf(data, bigEndian);
        expect(BigInt.asUintN(32, BigInt(readPiece(words, 0, field.low)))).toBe(value & 0xffffffffn);
        expect(BigInt.asUintN(32, BigInt(readPiece(words, 0, field.high)))).toBe(value >> 32n);
        expect(unsignedValue(words, 0, field)).toBe(Number(value));
      }),
    );
  });

  it('that the format does not have are 0', () => {
    const field = wideField(undefined, { bigEndian: false });
    expect(field.present).toBe(false);
    expect(readPiece(Int32Array.of(-1, -1), 0, field.low)).toBe(0);
    expect(readPiece(Int32Array.of(-1, -1), 0, field.high)).toBe(0);
  });
});
