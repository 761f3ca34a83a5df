import { ByteWriter } from './byte-writer.js';
import type { Machine } from './formats.js';

/** Something on a CPU's timeline. */
export type RingEntry =
  | { kind: 'event'; time: number; bytes: Uint8Array }
  /** An event that the kernel discarded after reserving `bytes` for it. */
  | { kind: 'discarded'; time: number; bytes: number }
  /** An absolute time stamp, as instead of a delta. */
  | { kind: 'stamp'; time: number }
  /** Events were lost here; a new page begins. `count` undefined: the kernel could not tell how many. */
  | { kind: 'lost'; count: number | undefined }
  /** A new page begins. */
  | { kind: 'page' };

const MAX_DELTA = 2 ** 27 - 1;
const MISSED_EVENTS = 0x80000000;
const MISSED_STORED = 0x40000000;
const LARGEST_SMALL = 28;

/** Text of events/header_page for the machine. */
export function headerPageText(machine: Machine, pageSize: number): string {
  const { longSize } = machine;
  const data = 8 + longSize;
  return (
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
    `\tfield: local_t commit;\toffset:8;\tsize:${longSize};\tsigned:1;\n` +
    '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
    `\tfield: char data;\toffset:${data};\tsize:${pageSize - data};\tsigned:1;\n`
  );
}

export const HEADER_EVENT_TEXT = `# compressed entry header
\ttype_len    :    5 bits
\ttime_delta  :   27 bits
\tarray       :   32 bits

\tpadding     : type == 29
\ttime_extend : type == 30
\ttime_stamp : type == 31
\tdata max type_len  == 28
`;

/** Lays a CPU's timeline out as ring buffer pages. */
export function ringPages(entries: readonly RingEntry[], machine: Machine, pageSize: number): Uint8Array {
  const pages: Uint8Array[] = [];
  const headerSize = 8 + machine.longSize;
  let page = new ByteWriter(machine.bigEndian);
  let data = 0;
  let pageTime = 0;
  let lastTime = 0;
  let missed: number | undefined | null = null;

  const finish = (): void => {
    if (data === 0 && missed === null) return;
    const out = new ByteWriter(machine.bigEndian);
    const stored = typeof missed === 'number' && headerSize + data + machine.longSize <= pageSize;
    const flags = (missed === null ? 0 : MISSED_EVENTS) + (stored ? MISSED_STORED : 0);
    out
      .int(BigInt(pageTime), 8)
      .int(BigInt(data + flags), machine.longSize)
      .bytes(page.done());
    if (stored) out.int(missed ?? 0, machine.longSize);
    pages.push(out.align(pageSize).done());
    page = new ByteWriter(machine.bigEndian);
    data = 0;
    missed = null;
  };
  const header = (type: number, delta: number): void => {
    page.int(machine.bigEndian ? type * 2 ** 27 + delta : delta * 32 + type, 4);
  };
  /** Makes room, begins a page at `time` where needed, and bridges what a delta cannot say. Returns the delta. */
  const approach = (time: number, bytes: number): number => {
    if (headerSize + data + bytes + 8 > pageSize) finish();
    if (data === 0) {
      pageTime = time;
      lastTime = time;
    }
    let delta = time - lastTime;
    if (delta > MAX_DELTA) {
      header(30, delta % 2 ** 27);
      page.int(Math.floor(delta / 2 ** 27), 4);
      data += 8;
      delta = 0;
    }
    lastTime = time;
    return delta;
  };

  for (const entry of entries) {
    switch (entry.kind) {
      case 'page':
        finish();
        break;
      case 'lost':
        finish();
        missed = entry.count;
        break;
      case 'stamp':
        approach(lastTime, 8);
        header(31, entry.time % 2 ** 27);
        page.int(Math.floor(entry.time / 2 ** 27) % 2 ** 32, 4);
        data += 8;
        lastTime = entry.time;
        break;
      case 'discarded': {
        const delta = Math.max(1, approach(entry.time, entry.bytes + 8));
        lastTime += delta === 1 ? 1 : 0;
        header(29, delta);
        page.int(entry.bytes + 4, 4).bytes(new Uint8Array(entry.bytes));
        data += entry.bytes + 8;
        break;
      }
      case 'event': {
        const words = entry.bytes.length / 4;
        const large = words > LARGEST_SMALL;
        const delta = approach(entry.time, entry.bytes.length + (large ? 8 : 4));
        header(large ? 0 : words, delta);
        if (large) page.int(entry.bytes.length + 4, 4);
        page.bytes(entry.bytes);
        data += entry.bytes.length + (large ? 8 : 4);
        break;
      }
    }
  }
  finish();
  return Buffer.concat(pages);
}
