/** What comes in: pieces of the (decompressed) log, cut anywhere. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Longer lines are serial garbage: the rest of them is dropped unread, so that memory stays bounded. */
const MAX_LINE = 8192;
const NEWLINE = 0x0a;

/** The bytes without NULs, which serial lines put in at a reset, and file systems after a crash. */
export function withoutNuls(bytes: Uint8Array): Uint8Array {
  return bytes.includes(0) ? bytes.filter((byte) => byte !== 0) : bytes;
}

/**
 * Hands every line of a log to `each` with its 1-based number, in order, without its line end (LF or CRLF) and without NULs. Bytes that
 * are not UTF-8 become replacement characters. Returns how many lines there were. Errors of the input pass through.
 */
export async function forEachLine(chunks: Chunks, each: (raw: string, line: number) => void): Promise<number> {
  const decoder = new TextDecoder('utf-8');
  let rest: Uint8Array[] = [];
  let restLength = 0;
  let line = 0;

  const keep = (piece: Uint8Array): void => {
    const room = MAX_LINE - restLength;
    if (room <= 0 || piece.length === 0) return;
    const kept = piece.length > room ? piece.slice(0, room) : piece.slice();
    rest.push(kept);
    restLength += kept.length;
  };
  const emit = (piece: Uint8Array): void => {
    line++;
    if (restLength === 0) {
      each(decoder.decode(piece.length > MAX_LINE ? piece.subarray(0, MAX_LINE) : piece), line);
      return;
    }
    keep(piece);
    each(decoder.decode(Buffer.concat(rest)), line);
    rest = [];
    restLength = 0;
  };

  for await (const piece of chunks) {
    const chunk = withoutNuls(piece);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE, start); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      emit(chunk.subarray(start, end));
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (restLength > 0) emit(new Uint8Array(0));
  return line;
}
