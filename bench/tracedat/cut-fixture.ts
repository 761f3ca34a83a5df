/**
 * Makes a small fixture of a real version 7 recording: the CPUs' data as they are, but only the event formats and symbols
 * that its events need. Usage: cut-fixture IN OUT
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileStore } from '../../src/trace/tracedat/bytes.js';
import { parseFormatText } from '../../src/trace/tracedat/format-text.js';
import { openTraceDat } from '../../src/trace/tracedat/index.js';
import { openInflater } from '../../src/trace/tracedat/inflate.js';
import { readPrelude } from '../../src/trace/tracedat/prelude.js';
import { USER_ENTRY_FUNCTIONS } from '../../src/trace/tracedat/user-entry.js';
import { readVersion7 } from '../../src/trace/tracedat/version7.js';
import { CanonicalSink } from '../../test/trace/tracedat/canonical.js';
import { ByteWriter } from '../../test/trace/tracedat/writer/byte-writer.js';

const [input = '', output = ''] = process.argv.slice(2);
const store = fileStore(input, input);
const prelude = readPrelude(store, input);
const layout = readVersion7(store, prelude, await openInflater(prelude.compression), input);

const events = new Set(['sched_process_fork', 'sched_process_exit', 'sys_enter', 'sys_exit']);
const functions = new Set([...USER_ENTRY_FUNCTIONS, '_stext', '__lockdep_no_validate__']);
const source = await openTraceDat(input);
await source.pump(
  new CanonicalSink(source.names, (line) => {
    const event = / ([\w.]+): /.exec(line)?.[1];
    if (event) events.add(event);
    for (const match of line.matchAll(/=([\w.]+)\+0x/g)) functions.add(match[1] ?? '');
  }),
);

const formats = layout.eventFormats.filter(({ system, text }) => {
  const name = parseFormatText(system, text)?.name ?? '';
  return events.has(name) || ['mm_page_alloc_zone_locked', 'sched_waking'].includes(name);
});
const symbols = Buffer.from(layout.kallsyms).toString('latin1').split('\n');
const kept = symbols.filter(
  (line, i) => functions.has(line.slice(19)) || functions.has((symbols[i - 1] ?? '').slice(19)),
);

const out = new ByteWriter(prelude.bigEndian);
out
  .bytes(Uint8Array.of(0x17, 0x08, 0x44))
  .bytes(Buffer.from('tracing'))
  .text('7')
  .int(0, 1)
  .int(prelude.longSize, 1);
out.int(prelude.pageSize, 4).text(prelude.compression).text('1.5.4');
const firstOptions = out.length;
out.int(0, 8);
function section(id: number, fill: (body: ByteWriter) => void): number {
  const body = new ByteWriter(prelude.bigEndian);
  fill(body);
  const at = out.length;
  out.int(id, 2).int(0, 2).int(0, 4).int(body.length, 8).bytes(body.done());
  return at;
}
function sized(body: ByteWriter, text: string | Uint8Array, lengthBytes: 4 | 8): void {
  body.int(text.length, lengthBytes).bytes(Buffer.from(text as string, 'latin1'));
}
const systems = [...new Set(formats.map(({ system }) => system))].filter((system) => system !== 'ftrace');
const places: [number, number][] = [
  [
    16,
    section(16, (body) => {
      body.text('header_page');
      sized(body, layout.headerPage, 8);
      body.text('header_event');
      sized(body, layout.headerEvent, 8);
    }),
  ],
  [17, section(17, (body) => body.int(0, 4))],
  [
    18,
    section(18, (body) => {
      body.int(systems.length, 4);
      for (const system of systems) {
        const own = formats.filter((format) => format.system === system);
        body.text(system).int(own.length, 4);
        for (const { text } of own) sized(body, text, 8);
      }
    }),
  ],
  [19, section(19, (body) => sized(body, `${kept.join('\n')}\n`, 4))],
  [21, section(21, (body) => sized(body, layout.cmdlines, 8))],
];
const options = new ByteWriter(prelude.bigEndian);
const option = (id: number, data: Uint8Array): ByteWriter => options.int(id, 2).int(data.length, 4).bytes(data);
const offsetOf = (at: number): Uint8Array => new ByteWriter(prelude.bigEndian).int(at, 8).done();
for (const [id, at] of places) option(id, offsetOf(at));
option(5, Buffer.from(`${layout.uname}\0`));
for (const buffer of layout.buffers) {
  const at = out.length;
  out
    .int(3, 2)
    .int(1, 2)
    .int(0, 4)
    .int(
      buffer.cpus.reduce((sum, cpu) => sum + cpu.size + 4, 0),
      8,
    );
  const data = new ByteWriter(prelude.bigEndian);
  data.int(at, 8).text(buffer.name).text(buffer.clock).int(buffer.pageSize, 4).int(buffer.cpus.length, 4);
  for (const cpu of buffer.cpus) {
    data.int(cpu.cpu, 4).int(out.length, 8).int(cpu.size, 8);
    const bytes = new Uint8Array(cpu.size + 4);
    store.read(cpu.offset, bytes);
    out.bytes(bytes);
  }
  option(3, data.done());
}
option(0, new Uint8Array(8));
out.patch(firstOptions, out.length, 8);
out.int(0, 2).int(0, 2).int(0, 4).int(options.length, 8).bytes(options.done());
writeFileSync(output, out.done());
console.log(
  `${output}: ${out.length} bytes, ${formats.length} formats, ${kept.length} symbols (of ${readFileSync(input).length} bytes)`,
);
