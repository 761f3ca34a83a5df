import { InputError } from '../../model/report.js';
import { ByteReader, type ByteStore, latin1 } from './bytes.js';
import type { Compression } from './layout.js';

/** First bytes of every trace.dat file. */
export const TRACE_DAT_MAGIC = Uint8Array.of(0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67);

/** True when `head` (the first bytes of an input, 10 suffice) begins a trace.dat file. */
export function isTraceDat(head: Uint8Array): boolean {
  return TRACE_DAT_MAGIC.every((byte, index) => head[index] === byte);
}

/** What the fixed first part of the file says. */
export interface Prelude {
  version: 6 | 7;
  bigEndian: boolean;
  longSize: number;
  pageSize: number;
  /** Always `none` for version 6. */
  compression: Compression;
  /** Version 7: offset of the first options section. */
  firstOptions: number;
  /** Version 6: offset of the first byte behind the prelude. */
  end: number;
}

const PRELUDE_LIMIT = 512;

/** Reads the fixed first part. Throws InputError for other versions and unknown compression. */
export function readPrelude(store: ByteStore, path: string): Prelude {
  const head = new Uint8Array(Math.min(store.size, PRELUDE_LIMIT));
  store.read(0, head);
  if (!isTraceDat(head)) throw new InputError(path, undefined, 'not a trace.dat file');
  const start = new ByteReader(head, false, path, 'file header');
  start.at = TRACE_DAT_MAGIC.length;
  const version = start.text(16);
  if (version !== '6' && version !== '7') {
    throw start.problem(`version ${JSON.stringify(version)}; only 6 and 7 are known`);
  }
  const endian = start.u8();
  if (endian > 1) throw start.problem(`byte order mark ${endian}; 0 or 1 expected`);
  const reader = new ByteReader(head, endian === 1, path, 'file header');
  reader.at = start.at;
  const longSize = reader.u8();
  const pageSize = reader.u32();
  checkPageSize(pageSize, (what) => reader.problem(what));
  const prelude: Prelude = {
    version: version === '6' ? 6 : 7,
    bigEndian: endian === 1,
    longSize,
    pageSize,
    compression: 'none',
    firstOptions: 0,
    end: reader.at,
  };
  if (prelude.version === 7) {
    const name = reader.text(64);
    reader.text(64);
    if (name !== 'none' && name !== 'zstd' && name !== 'zlib') {
      throw reader.problem(`compressed with ${JSON.stringify(name)}; only zstd and zlib are known`);
    }
    prelude.compression = name;
    prelude.firstOptions = reader.u64();
  }
  return prelude;
}

/** Pages are powers of two from 1 KiB to 1 MiB; anything else is damage. */
export function checkPageSize(pageSize: number, problem: (what: string) => Error): void {
  const isPowerOfTwo = pageSize > 0 && 2 ** Math.round(Math.log2(pageSize)) === pageSize;
  if (!isPowerOfTwo || pageSize < 1024 || pageSize > 2 ** 20) throw problem(`page size ${pageSize} makes no sense`);
}

/** Reads the header_page and header_event texts that both versions store the same way. */
export function readPageHeaders(reader: ByteReader): { headerPage: string; headerEvent: string } {
  if (reader.text(16) !== 'header_page') throw reader.problem('header_page is missing');
  const headerPage = latin1(reader.take(reader.u64()));
  if (reader.text(16) !== 'header_event') throw reader.problem('header_event is missing');
  const headerEvent = latin1(reader.take(reader.u64()));
  return { headerPage, headerEvent };
}

/** Reads the formats of ftrace's own events (stored without a system name). */
export function readFtraceFormats(reader: ByteReader): { system: string; text: string }[] {
  const count = reader.u32();
  const formats: { system: string; text: string }[] = [];
  for (let i = 0; i < count; i++) formats.push({ system: 'ftrace', text: latin1(reader.take(reader.u64())) });
  return formats;
}

/** Reads the formats of all other events, system by system. */
export function readEventFormats(reader: ByteReader): { system: string; text: string }[] {
  const systems = reader.u32();
  const formats: { system: string; text: string }[] = [];
  for (let s = 0; s < systems; s++) {
    const system = reader.text();
    const count = reader.u32();
    for (let i = 0; i < count; i++) formats.push({ system, text: latin1(reader.take(reader.u64())) });
  }
  return formats;
}
