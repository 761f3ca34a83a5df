import { deflateSync } from 'node:zlib';
import { ByteWriter } from './byte-writer.js';
import { type EventSpec, formatText, type Machine } from './formats.js';
import { HEADER_EVENT_TEXT, headerPageText, type RingEntry, ringPages } from './pages.js';
import { zstdFrame } from './zstd-frame.js';

/** One ring buffer of a test recording; `cpus[i]` is what CPU number `cpuIds[i]` (default i) recorded. */
export interface BufferSpec {
  name: string;
  cpus: readonly (readonly RingEntry[])[];
  cpuIds?: readonly number[];
}

/** A whole test recording. */
export interface RecordingSpec {
  version: 6 | 7;
  machine: Machine;
  compression: 'none' | 'zstd' | 'zlib';
  pageSize: number;
  clock: string;
  events: readonly EventSpec[];
  buffers: readonly BufferSpec[];
  kallsyms: string;
  cmdlines: string;
  uname: string;
  /** Further options: id and data. */
  options?: readonly { id: number; data: Uint8Array }[];
  /** Pages in a compressed chunk. */
  chunkPages?: number;
}

const MAGIC = [0x17, 0x08, 0x44];

/** Writes the recording as a trace.dat file. */
export function traceDatFile(spec: RecordingSpec): Uint8Array {
  const out = new ByteWriter(spec.machine.bigEndian);
  out.bytes(Uint8Array.from(MAGIC)).bytes(Buffer.from('tracing')).text(String(spec.version));
  out
    .int(spec.machine.bigEndian ? 1 : 0, 1)
    .int(spec.machine.longSize, 1)
    .int(spec.pageSize, 4);
  if (spec.version === 6) version6(spec, out);
  else version7(spec, out);
  return out.done();
}

function option(out: ByteWriter, id: number, data: Uint8Array): void {
  out.int(id, 2).int(data.length, 4).bytes(data);
}

const textBytes = (text: string): Uint8Array => Buffer.from(`${text}\0`, 'latin1');

function numbers(spec: RecordingSpec, ...values: [number, number][]): Uint8Array {
  const out = new ByteWriter(spec.machine.bigEndian);
  for (const [value, size] of values) out.int(value, size);
  return out.done();
}

function pageHeaders(spec: RecordingSpec, out: ByteWriter): void {
  const page = headerPageText(spec.machine, spec.pageSize);
  out.text('header_page').int(page.length, 8).bytes(Buffer.from(page));
  out.text('header_event').int(HEADER_EVENT_TEXT.length, 8).bytes(Buffer.from(HEADER_EVENT_TEXT));
}

function ftraceFormats(out: ByteWriter): void {
  out.int(0, 4);
}

function eventFormats(spec: RecordingSpec, out: ByteWriter): void {
  const systems = [...new Set(spec.events.map((event) => event.system))];
  out.int(systems.length, 4);
  for (const system of systems) {
    const events = spec.events.filter((event) => event.system === system);
    out.text(system).int(events.length, 4);
    for (const event of events) {
      const text = formatText(event, spec.machine);
      out.int(text.length, 8).bytes(Buffer.from(text, 'latin1'));
    }
  }
}

function sized(out: ByteWriter, text: string, lengthSize: 4 | 8): void {
  out.int(text.length, lengthSize).bytes(Buffer.from(text, 'latin1'));
}

function version6(spec: RecordingSpec, out: ByteWriter): void {
  pageHeaders(spec, out);
  ftraceFormats(out);
  eventFormats(spec, out);
  sized(out, spec.kallsyms, 4);
  sized(out, '', 4);
  sized(out, spec.cmdlines, 8);
  const [top, ...instances] = spec.buffers;
  if (!top) throw new Error('a recording needs a buffer');
  out.int(top.cpus.length, 4).bytes(Buffer.from('options  \0'));
  option(out, 4, textBytes(`local [${spec.clock}] counter`));
  option(out, 5, textBytes(spec.uname));
  for (const { id, data } of spec.options ?? []) option(out, id, data);
  const places: number[] = [];
  for (const { name } of instances) {
    places.push(out.length + 6);
    option(out, 3, Buffer.concat([new Uint8Array(8), textBytes(name)]));
  }
  out.int(0, 2);
  cpuTables(spec, top, out);
  instances.forEach((instance, i) => {
    out.patch(places[i] ?? 0, out.length, 8);
    cpuTables(spec, instance, out);
  });
}

function cpuTables(spec: RecordingSpec, buffer: BufferSpec, out: ByteWriter): void {
  out.bytes(Buffer.from('flyrecord\0'));
  const table = out.length;
  out.bytes(new Uint8Array(buffer.cpus.length * 16)).align(spec.pageSize);
  buffer.cpus.forEach((entries, i) => {
    const pages = ringPages(entries, spec.machine, spec.pageSize);
    out.patch(table + i * 16, out.length, 8);
    out.patch(table + i * 16 + 8, pages.length, 8);
    out.bytes(pages);
  });
}

function version7(spec: RecordingSpec, out: ByteWriter): void {
  out.text(spec.compression).text('1.0');
  const firstOptions = out.length;
  out.int(0, 8);
  const section = (id: number, fill: (body: ByteWriter) => void): number => {
    const body = new ByteWriter(spec.machine.bigEndian);
    fill(body);
    const at = out.length;
    const packed = spec.compression === 'none' ? undefined : compress(spec, body.done());
    out
      .int(id, 2)
      .int(packed ? 1 : 0, 2)
      .int(0, 4)
      .int(packed ? packed.length + 8 : body.length, 8);
    if (packed) out.int(packed.length, 4).int(body.length, 4).bytes(packed);
    else out.bytes(body.done());
    return at;
  };
  const parts: [number, number][] = [
    [16, section(16, (body) => pageHeaders(spec, body))],
    [17, section(17, (body) => ftraceFormats(body))],
    [18, section(18, (body) => eventFormats(spec, body))],
    [19, section(19, (body) => sized(body, spec.kallsyms, 4))],
    [21, section(21, (body) => sized(body, spec.cmdlines, 8))],
  ];
  const options = new ByteWriter(spec.machine.bigEndian);
  for (const [id, at] of parts) option(options, id, numbers(spec, [at, 8]));
  option(options, 4, textBytes(`local [${spec.clock}] counter`));
  option(options, 5, textBytes(spec.uname));
  for (const { id, data } of spec.options ?? []) option(options, id, data);
  // Recorders write the buffers into a second options section: the first one is on disk before they end.
  const at = out.length;
  const done = at + 16 + options.length + 6;
  option(options, 0, new Uint8Array(8));
  out.int(0, 2).int(0, 2).int(0, 4).int(options.length, 8).bytes(options.done());
  out.patch(firstOptions, at, 8);
  const buffers = spec.buffers.map((buffer) => writeBuffer(spec, buffer, out));
  out.patch(done, out.length, 8);
  const second = new ByteWriter(spec.machine.bigEndian);
  for (const data of buffers) option(second, 3, data);
  option(second, 0, new Uint8Array(8));
  out.int(0, 2).int(0, 2).int(0, 4).int(second.length, 8).bytes(second.done());
}

/** Writes a buffer's section; returns the data of its option. */
function writeBuffer(spec: RecordingSpec, buffer: BufferSpec, out: ByteWriter): Uint8Array {
  const { pageSize, machine } = spec;
  const at = out.length;
  const compressed = spec.compression !== 'none';
  out
    .int(3, 2)
    .int(compressed ? 1 : 0, 2)
    .int(0, 4);
  const sizeAt = out.length;
  out.int(0, 8);
  const option = new ByteWriter(machine.bigEndian);
  option.int(at, 8).text(buffer.name).text(spec.clock).int(pageSize, 4).int(buffer.cpus.length, 4);
  buffer.cpus.forEach((entries, i) => {
    out.align(pageSize);
    const pages = ringPages(entries, machine, pageSize);
    const offset = out.length;
    let size = pages.length;
    if (compressed && pages.length > 0) {
      const chunkBytes = (spec.chunkPages ?? 10) * pageSize;
      const count = Math.ceil(pages.length / chunkBytes);
      out.int(count, 4);
      for (let from = 0; from < pages.length; from += chunkBytes) {
        const plain = pages.subarray(from, from + chunkBytes);
        const packed = compress(spec, plain);
        out.int(packed.length, 4).int(plain.length, 4).bytes(packed);
      }
      // The recorder counts the chunks, not their number before them.
      size = out.length - offset - 4;
    } else {
      out.bytes(pages);
    }
    option
      .int(buffer.cpuIds?.[i] ?? i, 4)
      .int(offset, 8)
      .int(size, 8);
  });
  out.patch(sizeAt, out.length - at - 16, 8);
  return option.done();
}

function compress(spec: RecordingSpec, bytes: Uint8Array): Uint8Array {
  return spec.compression === 'zlib' ? deflateSync(bytes) : zstdFrame(bytes);
}
