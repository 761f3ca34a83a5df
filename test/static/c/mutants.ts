/** Damaged sources: the same ones for the same seed. */

/** A small generator of the same numbers for the same seed (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PIECES = [
  '{',
  '}',
  '(',
  ')',
  ';',
  '#if X\n',
  '#else\n',
  '#endif\n',
  '"',
  "'",
  '/*',
  '*/',
  '\\\n',
  'case 1:',
  'else',
  ',',
  '=',
  '->',
];

/** The text with one to four pieces cut, doubled, put in or overwritten. */
export function mutate(text: string, seed: number): string {
  const pick = random(seed * 2654435761);
  let out = text;
  for (let n = 1 + pick(4); n > 0; n--) {
    const at = pick(out.length + 1);
    const length = pick(40);
    switch (pick(4)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + length);
        break;
      case 1:
        out = out.slice(0, at) + (PIECES[pick(PIECES.length)] ?? '') + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + out.slice(at, at + length) + out.slice(at);
        break;
      default:
        out = out.slice(0, at) + String.fromCharCode(pick(256)) + out.slice(at + 1);
    }
  }
  return out;
}
