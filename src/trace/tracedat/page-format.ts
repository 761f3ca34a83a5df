import { InputError } from '../../model/report.js';
import { type FormatField, parseFieldLine } from './format-text.js';

/** Where a ring buffer page keeps its parts; all in 32-bit words from the start of the page. */
export interface PageFormat {
  /** First word of the 64-bit time stamp of the page's first event. */
  timeWord: number;
  /** Word of the commit count that has the low 32 bits: bytes of data, and flags above them. */
  commitWord: number;
  /** First word of the events. */
  dataWord: number;
  /** Words of the kernel's `long`. */
  longWords: 1 | 2;
}

/** Bytes of data in the commit count. */
export const COMMIT_MASK = (1 << 27) - 1;
/** Commit flag: events were lost before the first event of the page. */
export const MISSED_EVENTS = 1 << 31;
/** Commit flag: how many is stored behind the page's data, as a long. */
export const MISSED_STORED = 1 << 30;

/** The layout since Linux 2.6.30 on a 64-bit kernel, where the file does not tell. */
const DEFAULT_TEXT = `	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:1;`;

/**
 * Parses events/header_page and checks events/header_event. Throws InputError for layouts that make no sense and for the
 * event headers of kernels before 2.6.30.
 */
export function parsePageFormat(headerPage: string, headerEvent: string, bigEndian: boolean, path: string): PageFormat {
  const fields = new Map<string, FormatField>();
  for (const line of (headerPage.trim() === '' ? DEFAULT_TEXT : headerPage).split('\n')) {
    const field = parseFieldLine(line);
    if (field) fields.set(field.name, field);
  }
  const timestamp = fields.get('timestamp');
  const commit = fields.get('commit');
  const data = fields.get('data');
  const isWord = (field: FormatField): boolean => field.offset % 4 === 0 && field.offset < 256;
  if (!timestamp || !commit || !data || timestamp.size !== 8 || ![timestamp, commit, data].every(isWord)) {
    throw new InputError(path, undefined, 'header_page does not describe a ring buffer page');
  }
  if (commit.size !== 4 && commit.size !== 8) {
    throw new InputError(path, undefined, `header_page: a commit count of ${commit.size} bytes makes no sense`);
  }
  const typeBits = /^\s*type_len\s*:\s*(\d+) bits/m.exec(headerEvent);
  if (headerEvent.trim() !== '' && typeBits?.[1] !== '5') {
    throw new InputError(path, undefined, 'header_event: event headers of kernels before 2.6.30 are not known');
  }
  const lowWord = bigEndian && commit.size === 8 ? 1 : 0;
  return {
    timeWord: timestamp.offset / 4,
    commitWord: commit.offset / 4 + lowWord,
    dataWord: data.offset / 4,
    longWords: commit.size === 8 ? 2 : 1,
  };
}
