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
  /** Whether the format has it; an absent piece reads as 0. */
  readonly present: boolean;
  /** Words from the start of the event. */
  readonly word: number;
  /** Bits to skip at the file-order front of the word when the piece spans two words, else 0. */
  readonly skip: number;
  /** Shift left, then right: leaves the piece, sign-extended or not. */
  readonly left: number;
  readonly right: number;
  readonly signed: boolean;
  readonly bigEndian: boolean;

  constructor(offset: number, size: number, signed: boolean, order: WordOrder, present = true) {
    const bits = size * 8;
    const bitInWord = (offset & 3) * 8;
    this.present = present;
    this.word = offset >> 2;
    this.signed = signed;
    this.bigEndian = order.bigEndian;
    const spans = bitInWord + bits > 32;
    this.skip = spans ? bitInWord : 0;
    const front = spans ? 0 : bitInWord;
    this.left = order.bigEndian ? front : 32 - bits - front;
    this.right = 32 - bits;
  }
}

/** Reads a piece of the event that starts at word `base`. */
export function readPiece(words: Int32Array, base: number, piece: Piece): number {
  if (!piece.present) return 0;
  let word = words[base + piece.word] as number;
  if (piece.skip !== 0) word = spanned(word, words[base + piece.word + 1] as number, piece.skip, piece.bigEndian);
  word <<= piece.left;
  return piece.signed ? word >> piece.right : word >>> piece.right;
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

const NOTHING: WordOrder = { bigEndian: false };

/** A field that the format does not have; its halves read as 0. */
export const ABSENT: WideField = {
  present: false,
  low: new Piece(0, 4, true, NOTHING, false),
  high: new Piece(0, 4, true, NOTHING, false),
};

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
  return { present: true, low: new Piece(offset, size, field.signed || size === 4, order), high: ABSENT.high };
}

/** The value of an unsigned field as a number; above 2^53 it is rounded. */
export function unsignedValue(words: Int32Array, base: number, field: WideField): number {
  return (readPiece(words, base, field.high) >>> 0) * 4294967296 + (readPiece(words, base, field.low) >>> 0);
}

/** Whether this machine keeps the low byte of a word first. */
export const MACHINE_IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
