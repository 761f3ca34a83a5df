import { InputError } from '../../model/report.js';
import { ByteReader, type ByteStore } from './bytes.js';
import { emptyLayout, type RingBuffer, type TraceDatLayout } from './layout.js';
import { applyOption, Option, optionText, selectedClock } from './options.js';
import { type Prelude, readEventFormats, readFtraceFormats, readPageHeaders } from './prelude.js';

/** The head of a version 6 file is one run of fields; it is read in one piece, first a small one, then more. */
const HEAD_SIZES = [8 * 2 ** 20, 128 * 2 ** 20];

/** Reads what a version 6 file says about itself. Throws InputError when a mandatory part is missing or damaged. */
export function readVersion6(store: ByteStore, prelude: Prelude, path: string): TraceDatLayout {
  let failure: unknown;
  for (const size of HEAD_SIZES) {
    const head = new Uint8Array(Math.min(store.size, size));
    store.read(0, head);
    const reader = new ByteReader(head, prelude.bigEndian, path, 'file header');
    reader.at = prelude.end;
    try {
      return readHead(store, prelude, reader, path);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failure = error;
      if (size >= store.size) break;
    }
  }
  throw failure;
}

function readHead(store: ByteStore, prelude: Prelude, reader: ByteReader, path: string): TraceDatLayout {
  const layout = emptyLayout(6, prelude.bigEndian, prelude.longSize);
  Object.assign(layout, readPageHeaders(reader));
  layout.eventFormats.push(...readFtraceFormats(reader), ...readEventFormats(reader));
  layout.kallsyms = reader.take(reader.u32()).slice();
  reader.take(reader.u32()); // formats of trace_printk()
  layout.cmdlines = reader.take(reader.u64()).slice();
  let cpus = reader.u32();
  const instances: { name: string; offset: number }[] = [];
  let clock = '';

  let kind = reader.text(10);
  if (kind.trimEnd() === 'options') {
    for (let id = reader.u16(); id !== Option.Done; id = reader.u16()) {
      const data = new ByteReader(reader.take(reader.u32()), prelude.bigEndian, path, `option ${id}`);
      if (id === Option.Buffer) instances.push({ offset: data.u64(), name: optionText(data) });
      else if (id === Option.TraceClock) clock = selectedClock(optionText(data));
      else if (id === Option.CpuCount) cpus = data.u32();
      else applyOption(layout, id, data);
    }
    kind = reader.text(10);
  }
  if (kind.trimEnd() === 'latency') {
    layout.hasTextBuffer = true;
    return layout;
  }
  if (kind.trimEnd() !== 'flyrecord') throw reader.problem('the table of CPUs is missing');
  const describe = (name: string, table: ByteReader): RingBuffer => ({
    name,
    clock,
    pageSize: prelude.pageSize,
    compression: 'none',
    cpus: readCpuTable(table, cpus),
  });
  // A recording made of instances only has an empty top buffer.
  layout.buffers.push(describe('', reader));
  for (const { name, offset } of instances) {
    const table = new Uint8Array(Math.max(0, Math.min(store.size - offset, 10 + cpus * 16)));
    store.read(offset, table);
    const tableReader = new ByteReader(table, prelude.bigEndian, path, `buffer ${name}`);
    if (tableReader.text(10).trimEnd() !== 'flyrecord') throw tableReader.problem('the table of CPUs is missing');
    layout.buffers.push(describe(name, tableReader));
  }
  return layout;
}

function readCpuTable(reader: ByteReader, cpus: number): RingBuffer['cpus'] {
  if (cpus * 16 > reader.left)
    throw reader.problem(`${cpus} CPUs are said to be in the file, but their table is cut off`);
  return Array.from({ length: cpus }, (_, cpu) => ({ cpu, offset: reader.u64(), size: reader.u64() }));
}
