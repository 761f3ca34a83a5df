import type { EventHeader, EventSink } from '../../../model/events.js';
import type { Comms } from '../comms.js';
import { type EventFormat, type FormatField, fieldNamed } from '../format-text.js';
import type { TraceNames } from '../names.js';
import type { UserEntry } from '../user-entry.js';
import { Piece, readPiece, type WideField, type WordOrder, wideField } from '../words.js';

/** What every decoder of a recording shares. */
export interface DecodeContext {
  sink: EventSink;
  /** Filled in before a decoder is called. */
  header: EventHeader;
  names: TraceNames;
  comms: Comms;
  order: WordOrder;
  userEntry: UserEntry;
  /** Dynamic strings that lay outside of their event. */
  badStrings: number;
}

/** Decodes the events of one format and hands them to the sink. Made once a format, before the first event. */
export interface EventDecoder {
  /** Words that an event must have at least. */
  readonly minWords: number;
  /** `base`: word where the event's fields start; `length`: its words. */
  decode(words: Int32Array, base: number, length: number): void;
}

/** Makes a decoder for a format, or undefined when the format lacks what the event is read for. */
export type DecoderFactory = (context: DecodeContext, format: EventFormat) => EventDecoder | undefined;

/** Words up to the end of the last fixed field. */
export function minWordsOf(format: EventFormat): number {
  let end = 0;
  for (const field of format.fields) end = Math.max(end, field.offset + field.size);
  return (end + 3) >> 2;
}

/** The numeric field of one of these names; ABSENT when there is none. */
export function numberField(context: DecodeContext, format: EventFormat, ...names: string[]): WideField {
  return wideField(fieldNamed(format, ...names), context.order);
}

/** Reads a string field: in the event, or somewhere behind its fixed part. */
export class StringField {
  readonly #context: DecodeContext;
  readonly #offset: number;
  readonly #size: number;
  readonly #locator: Piece | undefined;
  /** What a locator's offset counts from: the event's start, or the locator's own end. */
  readonly #origin: number;

  constructor(context: DecodeContext, field: FormatField) {
    this.#context = context;
    this.#offset = field.offset;
    this.#size = field.size;
    this.#locator = field.dynamic === 'none' ? undefined : new Piece(field.offset, 4, true, context.order);
    this.#origin = field.dynamic === 'rel' ? field.offset + field.size : 0;
  }

  /** Name id of the string; 0 when empty or outside of the event. */
  read(words: Int32Array, base: number, length: number): number {
    if (!this.#locator) return this.#context.names.internString(words, base * 4 + this.#offset, this.#size);
    const locator = readPiece(words, base, this.#locator);
    const start = this.#origin + (locator & 0xffff);
    const size = locator >>> 16;
    if (start + size > length * 4) {
      this.#context.badStrings++;
      return 0;
    }
    return this.#context.names.internString(words, base * 4 + start, size);
  }
}

/** The string field of one of these names, or undefined. */
export function stringField(context: DecodeContext, format: EventFormat, ...names: string[]): StringField | undefined {
  const field = fieldNamed(format, ...names);
  if (!field || (field.dynamic === 'none' && !field.isArray)) return undefined;
  return new StringField(context, field);
}
