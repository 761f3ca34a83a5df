import { InputError } from '../../model/report.js';
import { ByteReader, type ByteStore } from './bytes.js';
import { type Inflater, MAX_BLOCK_BYTES } from './inflate.js';
import { emptyLayout, type RingBuffer, type TraceDatLayout } from './layout.js';
import { applyOption, Option, optionText, selectedClock } from './options.js';
import { checkPageSize, type Prelude, readEventFormats, readFtraceFormats, readPageHeaders } from './prelude.js';

const SECTION_HEADER_BYTES = 16;
const SECTION_COMPRESSED = 1;
/** More option sections than any recorder writes: a chain that runs in a circle. */
const MAX_OPTION_SECTIONS = 10_000;
/** More CPUs than Linux can have. */
const MAX_CPUS = 8192;

interface Section {
  id: number;
  compressed: boolean;
  reader: ByteReader;
}

/** Reads the sections of a version 7 file, section by section, as its options name them. */
export function readVersion7(store: ByteStore, prelude: Prelude, inflate: Inflater, path: string): TraceDatLayout {
  const layout = emptyLayout(7, prelude.bigEndian, prelude.longSize);
  const file: FileOfSections = { store, prelude, inflate, path };
  const clocks: string[] = [];
  let offset = prelude.firstOptions;
  for (let count = 0; offset !== 0; count++) {
    if (count >= MAX_OPTION_SECTIONS) throw new InputError(path, undefined, 'the options sections form a circle');
    const isFirst = count === 0;
    let reader: ByteReader;
    try {
      reader = readSection(file, offset, 0, 'options').reader;
    } catch (error) {
      if (isFirst || !(error instanceof InputError)) throw error;
      layout.notes.push('the file is cut off or damaged: a later options section cannot be read');
      break;
    }
    offset = readOptions(layout, file, reader, clocks);
  }
  for (const buffer of layout.buffers) if (buffer.clock === '') buffer.clock = clocks[0] ?? '';
  return layout;
}

interface FileOfSections {
  store: ByteStore;
  prelude: Prelude;
  inflate: Inflater;
  path: string;
}

/** Takes over one options section; returns the offset of the next one, 0 for none. */
function readOptions(layout: TraceDatLayout, file: FileOfSections, reader: ByteReader, clocks: string[]): number {
  while (reader.left >= 6) {
    const id = reader.u16();
    const data = new ByteReader(reader.take(reader.u32()), file.prelude.bigEndian, file.path, `option ${id}`);
    switch (id) {
      case Option.Done:
        return data.u64();
      case Option.HeaderInfo:
        Object.assign(layout, readPageHeaders(section(file, data, 16, 'page headers')));
        break;
      case Option.FtraceEvents:
        layout.eventFormats.push(...readFtraceFormats(section(file, data, 17, 'ftrace event formats')));
        break;
      case Option.EventFormats:
        layout.eventFormats.push(...readEventFormats(section(file, data, 18, 'event formats')));
        break;
      case Option.Kallsyms:
        layout.kallsyms = optional(layout, 'the symbol table', () => {
          const symbols = section(file, data, 19, 'kallsyms');
          return symbols.take(symbols.u32());
        });
        break;
      case Option.Cmdlines:
        layout.cmdlines = optional(layout, 'the table of task names', () => {
          const cmdlines = section(file, data, 21, 'saved command lines');
          return cmdlines.take(cmdlines.u64());
        });
        break;
      case Option.Buffer:
        layout.buffers.push(readBuffer(file, data));
        break;
      case Option.BufferText:
        layout.hasTextBuffer = true;
        break;
      case Option.TraceClock:
        clocks.push(selectedClock(optionText(data)));
        break;
      default:
        applyOption(layout, id, data);
    }
  }
  return 0;
}

/** A part that can be done without: its absence is noted, not fatal. */
function optional(layout: TraceDatLayout, what: string, read: () => Uint8Array): Uint8Array {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    layout.notes.push(`${what} of the file is damaged and was left out`);
    return new Uint8Array(0);
  }
}

function section(file: FileOfSections, data: ByteReader, id: number, part: string): ByteReader {
  return readSection(file, data.u64(), id, part).reader;
}

/** Reads a section and decompresses it. Throws InputError when it is not what is expected at `offset`. */
function readSection(file: FileOfSections, offset: number, id: number, part: string): Section {
  const { store, prelude, path } = file;
  const header = new Uint8Array(SECTION_HEADER_BYTES);
  if (store.read(offset, header) < SECTION_HEADER_BYTES) {
    throw new InputError(path, undefined, `${part}: should be at offset ${offset}, behind the end of the file`);
  }
  const reader = new ByteReader(header, prelude.bigEndian, path, part);
  const found = reader.u16();
  if (found !== id) throw reader.problem(`section ${found} found at offset ${offset} where ${id} is expected`);
  const compressed = (reader.u16() & SECTION_COMPRESSED) !== 0;
  reader.u32(); // id of a description string
  const size = reader.u64();
  const start = offset + SECTION_HEADER_BYTES;
  if (size > MAX_BLOCK_BYTES || start + size > store.size) {
    throw reader.problem(`its ${size} bytes at offset ${start} do not fit into the file`);
  }
  const stored = new Uint8Array(size);
  store.read(start, stored);
  const body = new ByteReader(stored, prelude.bigEndian, path, part);
  if (!compressed) return { id, compressed, reader: body };
  const compressedSize = body.u32();
  const plainSize = body.u32();
  const plain = file.inflate(body.take(compressedSize), plainSize);
  if (plain === undefined) throw body.problem('the compressed data is damaged');
  return { id, compressed, reader: new ByteReader(plain, prelude.bigEndian, path, part) };
}

function readBuffer(file: FileOfSections, data: ByteReader): RingBuffer {
  const { store, prelude, path } = file;
  const sectionOffset = data.u64();
  const name = data.text();
  const clock = data.text();
  const pageSize = data.u32();
  checkPageSize(pageSize, (what) => data.problem(what));
  const count = data.u32();
  if (count > MAX_CPUS || count * 20 > data.left) throw data.problem(`${count} CPUs do not fit into it`);
  const header = new Uint8Array(SECTION_HEADER_BYTES);
  if (store.read(sectionOffset, header) < SECTION_HEADER_BYTES) {
    throw data.problem(`buffer ${JSON.stringify(name)} lies behind the end of the file`);
  }
  const reader = new ByteReader(header, prelude.bigEndian, path, `buffer ${JSON.stringify(name)}`);
  const id = reader.u16();
  if (id !== Option.Buffer) throw reader.problem(`section ${id} found where ring buffer data is expected`);
  const isCompressed = (reader.u16() & SECTION_COMPRESSED) !== 0;
  const cpus = Array.from({ length: count }, () => ({ cpu: data.u32(), offset: data.u64(), size: data.u64() }));
  return { name, clock, pageSize, compression: isCompressed ? prelude.compression : 'none', cpus };
}
