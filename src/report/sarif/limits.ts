import { gzipSync } from 'node:zlib';

/** What GitHub's code scanning accepts at most, as it documents it; it rejects a file that has more, or shows none of the rest. */
export const LIMITS = {
  results: 25_000,
  /** Steps of a result that are shown (it accepts ten times as many). */
  steps: 1_000,
  /** Bytes of the file after gzip. */
  bytes: 10 * 1024 * 1024,
} as const;

/**
 * The text of as many of `results` as fit, from the front. Returns it with how many that are.
 * @param textOf the whole document with the first `count` results
 * @param bytes how large it may be, compressed
 */
export function fitting(
  results: number,
  textOf: (count: number) => string,
  bytes: number = LIMITS.bytes,
): { text: string; count: number } {
  let count = results;
  for (;;) {
    const text = textOf(count);
    // What is small already needs no compressing to know that it fits.
    const size = text.length * 3 <= bytes ? 0 : gzipSync(text).length;
    if (size <= bytes || count === 0) return { text, count };
    // Results are about equally large: a little less than the share that fits, at least one less.
    count = Math.min(count - 1, Math.floor(count * (bytes / size) * 0.95));
  }
}
