import type { TraceDatLayout } from './layout.js';
import type { PumpState, Stream } from './pump.js';

/** What was counted while a recording was read. */
export interface ReadingCounts {
  layout: TraceDatLayout;
  streams: readonly Stream[];
  state: PumpState;
  badStrings: number;
  droppedNames: number;
  unreadFormats: number;
  hasSymbols: boolean;
}

/** Sentences for the user about what the recording lacks; nothing when all is well. */
export function readingNotes(counts: ReadingCounts): string[] {
  const { layout, streams, state } = counts;
  const notes = [...layout.notes];
  const add = (count: number, sentence: (count: string) => string): void => {
    if (count > 0) notes.push(sentence(String(count)));
  };
  for (const { cursor, feeder } of streams) {
    const buffer = layout.buffers[cursor.buffer]?.name;
    const where = buffer ? `CPU ${cursor.cpu} of instance ${buffer}` : `CPU ${cursor.cpu}`;
    add(feeder.missingBytes, (n) => `${where}: ${n} bytes of its data are missing or unreadable`);
    add(feeder.damagedChunks, (n) => `${where}: ${n} compressed chunks are damaged, their events are lost`);
    add(cursor.damagedPages, (n) => `${where}: ${n} ring buffer pages are damaged, events of them are lost`);
  }
  const clocks = new Set(
    layout.buffers.filter(({ cpus }) => cpus.some(({ size }) => size > 0)).map(({ clock }) => clock),
  );
  if (clocks.size > 1)
    notes.push(`its instances have different clocks (${[...clocks].join(', ')}): their order is not known`);
  for (const { cpu, events } of layout.overruns) {
    notes.push(`CPU ${cpu}: the kernel overwrote or dropped ${events} events before they were recorded`);
  }
  add(state.unknownEvents, (n) => `${n} events have no format in the file and were skipped`);
  add(state.shortEvents, (n) => `${n} events are shorter than their format and were skipped`);
  add(
    state.duplicates?.count ?? 0,
    (n) => `${n} events are in several instances of the recording and were counted once`,
  );
  add(counts.badStrings, (n) => `${n} strings lie outside of their events and were left out`);
  add(counts.droppedNames, (n) => `${n} names were left out: the file has too many different ones`);
  add(counts.unreadFormats, (n) => `${n} event formats could not be understood`);
  if (!counts.hasSymbols) notes.push('the file has no symbol addresses: call sites cannot be named');
  if (layout.hasTextBuffer) notes.push('the file also holds formatted text of a latency tracer, which was not read');
  return notes;
}
