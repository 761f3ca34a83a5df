import { TestRandom } from './test-random.js';

const INTERESTING = [0, 1, 2, 4, 7, 0x1d, 0x1e, 0x1f, 0x7f, 0x80, 0xff];
const INTERESTING_WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 0x100000, 0x7ffffff];

/** A damaged copy of a file, the same for the same seed: bytes, words, lengths, text and whole stretches are changed. */
export function mutant(original: Uint8Array, seed: number): Uint8Array {
  const random = new TestRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  let bytes = Buffer.from(original);
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    // The file's description is at its start, so a quarter of the changes go there.
    const reach = random.below(4) === 0 ? Math.min(bytes.length, 2048) : bytes.length;
    if (reach === 0) return bytes;
    const at = random.below(reach);
    switch (random.below(9)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        bytes[at] = random.pick(INTERESTING);
        break;
      case 2:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(random.pick(INTERESTING_WORDS), at);
        break;
      case 3:
        if (at + 4 <= bytes.length) bytes.writeUInt32BE(random.pick(INTERESTING_WORDS), at);
        break;
      case 4:
        if (random.below(4) === 0) bytes = bytes.subarray(0, at);
        break;
      case 5:
        bytes.fill(random.pick(INTERESTING), at, Math.min(bytes.length, at + random.below(64)));
        break;
      case 6:
        bytes.copyWithin(at, random.below(bytes.length), bytes.length - random.below(bytes.length));
        break;
      case 7: {
        // Digits in format texts: offsets, sizes, ids.
        const digit = bytes.subarray(at).findIndex((byte) => byte >= 0x30 && byte <= 0x39);
        if (digit >= 0) bytes[at + digit] = 0x30 + random.below(10);
        break;
      }
      case 8:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random.below(300)))]);
        break;
    }
  }
  return bytes;
}
