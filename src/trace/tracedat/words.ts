import type { FormatField } from './format-text.js';

/**
 * Access to event bytes as 32-bit words.
 *
 * Blocks of pages are looked at through one Int32Array. Where the file's byte order is not the machine's, every word was
 * swapped when the block was read, so a 32-bit field is simply a word; only parts of words and 64-bit pairs depend on the
 * byte order, and those dependencies are worked out here, once a field.
 */

/** Which order bytes and words have: that of the file. */
export interface WordOrder {
  bigEndian: boolean;
}

/** How a piece of at most 32 bits is cut out of one word, or of two where it is not aligned. */
export class Piece {
  /** Words from the start of the event. */
  readonly word: number;
  /** Bits to skip at the file-order front of the word when the piece spans two words, else 0. */
  readonly skip: number;
  /** Bits below the piece. */
  readonly shift: number;
  /** Bits of the piece once shifted down; 0 for a piece that the format does not have. */
  readonly mask: number;
  /** Shift up and down again that extends the sign of a signed piece; 0 for none. */
  readonly extend: number;
  readonly bigEndian: boolean;

  constructor(offset: number, size: number, signed: boolean, order: WordOrder) {
    const bits = size * 8;
    const bitInWord = (offset & 3) * 8;
    const spans = bitInWord + bits > 32;
    const front = spans ? 0 : bitInWord;
    this.word = offset >> 2;
    this.skip = spans ? bitInWord : 0;
    this.shift = order.bigEndian && bits > 0 ? 32 - bits - front : front;
    this.mask = bits === 32 ? -1 : (1 << bits) - 1;
    this.extend = signed ? (32 - bits) & 31 : 0;
    this.bigEndian = order.bigEndian;
  }
}

/** Reads a piece of the event that starts at word `base`. A piece of 32 bits comes out signed, absent ones are 0. */
export function readPiece(words: Int32Array, base: number, piece: Piece): number {
  let word = words[base + piece.word] as number;
  if (piece.skip !== 0) word = spanned(word, words[base + piece.word + 1] as number, piece.skip, piece.bigEndian);
  return (((word >>> piece.shift) & piece.mask) << piece.extend) >> piece.extend;
}

/** The 32 bits that begin `skip` bits behind the front of `first`. */
function spanned(first: number, second: number, skip: number, bigEndian: boolean): number {
  return bigEndian ? (first << skip) | (second >>> (32 - skip)) : (first >>> skip) | (second << (32 - skip));
}

/** A number, address or flag word of an event: up to 64 bits, as two signed halves. */
export interface WideField {
  present: boolean;
  low: Piece;
  high: Piece;
}

/** A piece without bits: reads as 0. */
const NO_PIECE = new Piece(0, 0, false, { bigEndian: false });

/** A field that the format does not have; its halves read as 0. */
export const ABSENT: WideField = { present: false, low: NO_PIECE, high: NO_PIECE };

/**
 * Prepares a numeric field; ABSENT when there is none or its size is not 1, 2, 4 or 8 bytes. 32-bit addresses have a
 * high half of 0.
 */
export function wideField(field: FormatField | undefined, order: WordOrder): WideField {
  if (field?.dynamic !== 'none') return ABSENT;
  const { offset, size } = field;
  if (size === 8) {
    const first = new Piece(offset, 4, true, order);
    const second = new Piece(offset + 4, 4, true, order);
    return order.bigEndian ? { present: true, low: second, high: first } : { present: true, low: first, high: second };
  }
  if (size !== 1 && size !== 2 && size !== 4) return ABSENT;
  return { present: true, low: new Piece(offset, size, field.signed, order), high: NO_PIECE };
}

/** The value of an unsigned field as a number; above 2^53 it is rounded. */
export function unsignedValue(words: Int32Array, base: number, field: WideField): number {
  return (readPiece(words, base, field.high) >>> 0) * 4294967296 + (readPiece(words, base, field.low) >>> 0);
}

/** Whether this machine keeps the low byte of a word first. */
export const MACHINE_IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
