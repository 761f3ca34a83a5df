import type { EventHeader, EventSink } from '../../model/events.js';
import type { Comms } from './comms.js';
import type { ContextTables } from './context.js';
import type { CpuCursor } from './cursor.js';
import type { EventDecoder } from './decoders/decoder.js';
import type { Duplicates } from './duplicates.js';
import type { BlockFeeder } from './feeder.js';
import type { TscConversion } from './layout.js';
import { CursorHeap } from './merge.js';
import { type Piece, readPiece } from './words.js';

/** Where the fields lie that every event begins with. */
export interface CommonFields {
  type: Piece;
  flags: Piece;
  preemptCount: Piece;
  pid: Piece;
  /** Words up to the end of the last of them. */
  words: number;
}

/** One CPU of one buffer: where its pages come from and where reading stands. */
export interface Stream {
  cursor: CpuCursor;
  feeder: BlockFeeder;
}

/** Everything the inner loop needs; counters are its results. */
export interface PumpState {
  sink: EventSink;
  header: EventHeader;
  comms: Comms;
  common: CommonFields;
  tables: ContextTables;
  decoders: readonly (EventDecoder | undefined)[];
  /** Whether an id has a format in the file. */
  knownIds: Uint8Array;
  /** Only where more than one buffer has data. */
  duplicates: Duplicates | undefined;
  timeOffset: number;
  tsc: TscConversion | undefined;
  /** Events handed to the sink. */
  events: number;
  /** Bytes of pages read. */
  bytes: number;
  /** Events too short for their format, and events without a format. */
  shortEvents: number;
  unknownEvents: number;
}

/** Feeds all events of all streams, merged by time. `onProgress` is told how many bytes of the file were read so far. */
export async function pumpStreams(
  state: PumpState,
  streams: readonly Stream[],
  onProgress: (bytes: number) => void,
): Promise<void> {
  const heap = new CursorHeap();
  const feeders = new Map<CpuCursor, BlockFeeder>();
  for (const { cursor, feeder } of streams) {
    feeders.set(cursor, feeder);
    if (await nextBlock(state, cursor, feeder)) heap.push(cursor);
  }
  for (let starved = drain(state, heap); starved !== undefined; starved = drain(state, heap)) {
    const feeder = feeders.get(starved);
    if (feeder && (await nextBlock(state, starved, feeder))) heap.settleTop();
    else heap.pop();
    onProgress(streams.reduce((sum, stream) => sum + stream.feeder.storedBytes, 0));
  }
}

/** Moves the cursor to the first event of its next block with events; false at the end. */
async function nextBlock(state: PumpState, cursor: CpuCursor, feeder: BlockFeeder): Promise<boolean> {
  for (;;) {
    const block = await feeder.next();
    if (!block) return false;
    state.bytes += block.length * 4;
    cursor.accept(block);
    if (cursor.advance()) return true;
  }
}

/** Hands events on until the top cursor has no more in its block; returns it, or undefined when all are done. */
function drain(state: PumpState, heap: CursorHeap): CpuCursor | undefined {
  for (let top = heap.top; top !== undefined; top = heap.top) {
    const second = heap.second;
    const limit = second ? second.time : Number.POSITIVE_INFINITY;
    const isFirstOfEquals = !second || top.rank < second.rank;
    // The other cursors stand still meanwhile, so only their nearest event has to be compared with.
    do {
      deliver(state, top);
      if (!top.advance()) return top;
    } while (top.time < limit || (isFirstOfEquals && top.time === limit));
    heap.settleTop();
  }
  return undefined;
}

/** Hands the cursor's event to its decoder. */
function deliver(state: PumpState, cursor: CpuCursor): void {
  const { common, header } = state;
  const words = cursor.words;
  const base = cursor.event;
  const length = cursor.eventWords;
  if (cursor.lost >= 0) {
    state.sink.lostEvents(cursor.cpu, cursor.lost);
    cursor.lost = -1;
  }
  if (length < common.words) {
    state.shortEvents++;
    return;
  }
  const id = readPiece(words, base, common.type);
  const decoder = state.decoders[id];
  if (decoder === undefined) {
    if (state.knownIds[id] !== 1) state.unknownEvents++;
    return;
  }
  if (length < decoder.minWords) {
    state.shortEvents++;
    return;
  }
  if (state.duplicates?.isRepeated(cursor)) return;
  const pid = readPiece(words, base, common.pid);
  header.cpu = cursor.cpu;
  header.pid = pid;
  header.comm = state.comms.of(pid);
  header.time = state.tsc ? nanoseconds(cursor.time, state.tsc) + state.timeOffset : cursor.time + state.timeOffset;
  header.context = state.tables.context[readPiece(words, base, common.flags) & 0xff] as number;
  header.preemptDepth = state.tables.preemptDepth[readPiece(words, base, common.preemptCount) & 0xff] as number;
  state.events++;
  decoder.decode(words, base, length);
}

/** A time stamp counter value in nanoseconds. */
function nanoseconds(ticks: number, tsc: TscConversion): number {
  return Math.floor((ticks * tsc.multiplier) / 2 ** tsc.shift);
}
