import { availableParallelism } from 'node:os';
import { EventHeader, type EventSink } from '../../model/events.js';
import { InputError } from '../../model/report.js';
import type { EventSource, ReadSummary } from '../source.js';
import { type BatchInflater, inlineInflater, workerInflater } from './batch-inflater.js';
import type { ByteStore } from './bytes.js';
import type { PageTreatment } from './chunks.js';
import { Comms } from './comms.js';
import { contextTables } from './context.js';
import { CpuCursor } from './cursor.js';
import type { DecodeContext } from './decoders/decoder.js';
import { makeDecoders } from './decoders/registry.js';
import { Duplicates } from './duplicates.js';
import { ChunkFeeder, type FeedLimits, feedBudget, PlainFeeder } from './feeder.js';
import { type EventFormat, fieldNamed, parseFormatText } from './format-text.js';
import type { RingBuffer, TraceDatLayout } from './layout.js';
import { TraceNames } from './names.js';
import { parsePageFormat } from './page-format.js';
import { type CommonFields, type PumpState, pumpStreams, type Stream } from './pump.js';
import { readingNotes } from './reading-notes.js';
import { Symbols } from './symbols.js';
import { UserEntry } from './user-entry.js';
import { MACHINE_IS_LITTLE_ENDIAN, Piece, type WordOrder } from './words.js';

/** Clocks that count in units of their own instead of nanoseconds. */
const TICK_CLOCKS: ReadonlySet<string> = new Set(['x86-tsc', 'tsc2nsec', 'counter', 'ppc-tb', 'uptime-raw']);
/** How a recording is read; the defaults suit every use but tests. */
export interface ReadOptions {
  /** Compressed bytes of a ring buffer from which a second thread decompresses it; below, its start costs more than it saves. */
  threadFromBytes: number;
  /** Is told now and then how many bytes of the file have been read; reaches about its size. */
  onProgress: (bytes: number) => void;
}

export const DEFAULT_READ_OPTIONS: ReadOptions = {
  threadFromBytes: availableParallelism() < 2 ? Number.POSITIVE_INFINITY : 2 * 2 ** 20,
  onProgress: () => {},
};

/** Bytes of pages in memory at a time, over all CPUs. */
const BLOCKS_TOTAL_BYTES = 48 * 2 ** 20;
const BLOCKS_PER_CPU = 3;
/** More CPUs than this get one block each. */
const MANY_CPUS = 256;

/** A trace.dat file whose description has been read. */
export class TraceDatSource implements EventSource {
  readonly kind = 'trace.dat';
  readonly path: string;
  readonly names: TraceNames;
  readonly ticksPerSecond: number;
  readonly noValidateKey?: { hi: number; lo: number };
  readonly kernel?: string;
  readonly #openStore: () => ByteStore;
  readonly #options: ReadOptions;
  readonly #layout: TraceDatLayout;
  readonly #symbols: Symbols;

  /** `openStore` is called once more by {@link pump}, which closes what it opened. */
  constructor(path: string, layout: TraceDatLayout, openStore: () => ByteStore, options: ReadOptions) {
    this.path = path;
    this.#options = options;
    this.#layout = layout;
    this.#openStore = openStore;
    this.#symbols = Symbols.parse(layout.kallsyms);
    layout.kallsyms = new Uint8Array(0);
    this.names = new TraceNames(this.#symbols, layout.bigEndian);
    this.ticksPerSecond = layout.tsc || !layout.buffers.some(({ clock }) => TICK_CLOCKS.has(clock)) ? 1e9 : 1;
    const noValidate = this.#symbols.address('__lockdep_no_validate__');
    if (noValidate) this.noValidateKey = noValidate;
    const release = layout.uname.trim().split(/\s+/).at(-2);
    if (release !== undefined && /^\d/.test(release)) this.kernel = release;
  }

  async pump(sink: EventSink): Promise<ReadSummary> {
    const layout = this.#layout;
    const formats = layout.eventFormats.map(({ system, text }) => parseFormatText(system, text));
    const known = formats.filter((format) => format !== undefined);
    const order: WordOrder = { bigEndian: layout.bigEndian };
    const header = new EventHeader();
    const context: DecodeContext = {
      sink,
      header,
      names: this.names,
      comms: new Comms(layout.cmdlines, this.names),
      order,
      userEntry: new UserEntry(this.#symbols),
      badStrings: 0,
    };
    const state: PumpState = {
      sink,
      header,
      comms: context.comms,
      common: commonFields(known, order),
      tables: contextTables(this.kernel),
      decoders: makeDecoders(context, known),
      knownIds: knownIds(known),
      duplicates: layout.buffers.filter(hasData).length > 1 ? new Duplicates() : undefined,
      timeOffset: layout.timeOffset,
      tsc: layout.tsc,
      events: 0,
      bytes: 0,
      shortEvents: 0,
      unknownEvents: 0,
    };
    const store = this.#openStore();
    const inflaters: BatchInflater[] = [];
    try {
      const streams = await this.#openStreams(store, inflaters);
      await pumpStreams(state, streams, this.#options.onProgress);
      sink.end();
      return {
        events: state.events,
        bytes: state.bytes,
        notes: readingNotes({
          layout,
          streams,
          state,
          badStrings: context.badStrings,
          droppedNames: this.names.dropped,
          unreadFormats: formats.length - known.length,
          hasSymbols: this.#symbols.count > 0,
        }),
      };
    } finally {
      await Promise.all(inflaters.map((inflater) => inflater.close()));
      store.close();
    }
  }

  async #openStreams(store: ByteStore, inflaters: BatchInflater[]): Promise<Stream[]> {
    const { buffers, headerPage, headerEvent, bigEndian } = this.#layout;
    const pageFormat = parsePageFormat(headerPage, headerEvent, bigEndian, this.path);
    this.#checkSizes(store.size);
    const cpus = buffers.reduce((count, buffer) => count + buffer.cpus.filter((cpu) => cpu.size > 0).length, 0);
    const limits: FeedLimits = {
      blockBytes: Math.min(2 ** 20, Math.max(64 * 1024, BLOCKS_TOTAL_BYTES / (Math.max(1, cpus) * BLOCKS_PER_CPU))),
      blocks: cpus > MANY_CPUS ? 1 : BLOCKS_PER_CPU,
    };
    const budget = feedBudget(store.size);
    const streams: Stream[] = [];
    for (const [index, buffer] of buffers.entries()) {
      const treatment: PageTreatment = {
        pageSize: buffer.pageSize,
        swap: bigEndian === MACHINE_IS_LITTLE_ENDIAN,
        commitWord: pageFormat.commitWord,
      };
      const inflater = buffer.compression === 'none' ? undefined : await this.#openInflater(buffer, treatment);
      if (inflater) inflaters.push(inflater);
      for (const data of buffer.cpus) {
        streams.push({
          cursor: new CpuCursor(data.cpu, streams.length, index, pageFormat, buffer.pageSize, bigEndian),
          feeder: inflater
            ? new ChunkFeeder(store, data, bigEndian, treatment, limits, inflater, budget)
            : new PlainFeeder(store, data, treatment, limits, budget),
        });
      }
    }
    return streams;
  }

  async #openInflater(buffer: RingBuffer, treatment: PageTreatment): Promise<BatchInflater> {
    const bytes = buffer.cpus.reduce((sum, cpu) => sum + cpu.size, 0);
    const inThread = bytes >= this.#options.threadFromBytes;
    return inThread ? workerInflater(buffer.compression, treatment) : inlineInflater(buffer.compression, treatment);
  }

  /** CPUs cannot have more data together than the file is long. */
  #checkSizes(fileBytes: number): void {
    let total = 0;
    for (const buffer of this.#layout.buffers) {
      for (const { offset, size } of buffer.cpus) total += Math.max(0, Math.min(size, fileBytes - offset));
    }
    if (total > fileBytes)
      throw new InputError(this.path, undefined, 'the data of its CPUs overlap: the file is damaged');
  }
}

const hasData = (buffer: RingBuffer): boolean => buffer.cpus.some((cpu) => cpu.size > 0);

function knownIds(formats: readonly EventFormat[]): Uint8Array {
  const ids = new Uint8Array(65536);
  for (const { id } of formats) ids[id] = 1;
  return ids;
}

/** The fields that every event begins with, as the first format that has them says; the usual ones otherwise. */
function commonFields(formats: readonly EventFormat[], order: WordOrder): CommonFields {
  const format = formats.find(
    (candidate) => fieldNamed(candidate, 'common_pid') && fieldNamed(candidate, 'common_type'),
  );
  const piece = (name: string, offset: number, size: number, signed: boolean): Piece => {
    const field = format && fieldNamed(format, name);
    if (!field || field.size > 4 || field.size === 0) return new Piece(offset, format ? 0 : size, signed, order);
    return new Piece(field.offset, field.size, signed, order);
  };
  const type = piece('common_type', 0, 2, false);
  const flags = piece('common_flags', 2, 1, false);
  const preemptCount = piece('common_preempt_count', 3, 1, false);
  const pid = piece('common_pid', 4, 4, true);
  const words = Math.max(...[type, flags, preemptCount, pid].map((field) => field.word + (field.skip === 0 ? 1 : 2)));
  return { type, flags, preemptCount, pid, words };
}
