/** Random numbers that a seed determines (xorshift32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) | 1;
    for (let i = 0; i < 4; i++) this.next(1);
  }

  /** An integer in [0, limit). */
  next(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

/** Pieces that mean something to a reader of lines. */
const TOKENS = [
  ' ',
  '\n',
  '\r\n',
  '-',
  '[',
  ']',
  ':',
  '=',
  ' subclass=',
  ' ip=',
  '(',
  '0x',
  '\0',
  '"',
  '==>',
  'x'.repeat(70_000),
];

type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const splice = (bytes: Buffer, at: number, remove: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + remove)]);

const MUTATIONS: readonly Mutation[] = [
  // One byte becomes another.
  (bytes, random) => splice(bytes, random.next(bytes.length), 1, Buffer.of(random.next(256))),
  // A part goes.
  (bytes, random) => splice(bytes, random.next(bytes.length), random.next(60), Buffer.alloc(0)),
  // A token comes.
  (bytes, random) => {
    const token = TOKENS[random.next(TOKENS.length)] ?? '';
    return splice(bytes, random.next(bytes.length), random.next(3), Buffer.from(token, 'latin1'));
  },
  // A part stands twice.
  (bytes, random) => {
    const at = random.next(bytes.length);
    return splice(bytes, at, 0, bytes.subarray(at, at + random.next(400)));
  },
  // A part of another recording comes.
  (bytes, random, others) => {
    const other = others[random.next(others.length)] ?? bytes;
    const from = random.next(other.length);
    return splice(bytes, random.next(bytes.length), 0, other.subarray(from, from + random.next(2000)));
  },
  // It is cut off.
  (bytes, random) => bytes.subarray(0, random.next(bytes.length) + 1),
];

/** One of the originals with a few mutations. */
export function mutate(originals: readonly Buffer[], random: Random): Buffer {
  let bytes = originals[random.next(originals.length)] ?? Buffer.alloc(0);
  for (let count = 1 + random.next(12); count > 0 && bytes.length > 0; count--) {
    const mutation = MUTATIONS[random.next(MUTATIONS.length)];
    if (mutation) bytes = mutation(bytes, random, originals);
  }
  return bytes;
}
