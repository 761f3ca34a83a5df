import { Gfp, gfpByName } from '../../model/gfp.js';
import { constantValue } from './constant.js';

/** A flag or compound of flags and the name it is printed as. */
export interface NamedFlag {
  mask: number;
  name: string;
}

/** Longest part of a `print fmt` that is looked at. */
const MAX_TEXT = 256 * 1024;

/**
 * The table of `__print_flags(ARG, "|", { VALUE, "NAME" }, ...)` whose first argument names the field, in its order.
 * Undefined when there is none, or when a value in it cannot be computed (an enum name that the kernel left unresolved).
 */
export function flagTable(printFormat: string, field: string): NamedFlag[] | undefined {
  const text = printFormat.slice(0, MAX_TEXT);
  for (let at = text.indexOf('__print_flags('); at >= 0; at = text.indexOf('__print_flags(', at + 1)) {
    const body = at + '__print_flags('.length;
    const firstBrace = text.indexOf('{', body);
    if (firstBrace < 0) return undefined;
    if (!new RegExp(`REC->${field}\\b`).test(text.slice(body, firstBrace))) continue;
    return pairs(text, firstBrace);
  }
  return undefined;
}

/** Reads `{ VALUE, "NAME" }, { ... }` from the first brace on. */
function pairs(text: string, firstBrace: number): NamedFlag[] | undefined {
  const table: NamedFlag[] = [];
  let at = firstBrace;
  while (text[at] === '{') {
    const quote = text.indexOf('"', at);
    const comma = text.lastIndexOf(',', quote);
    const endQuote = text.indexOf('"', quote + 1);
    const close = text.indexOf('}', endQuote);
    if (quote < 0 || comma <= at || endQuote < 0 || close < 0) return undefined;
    const mask = constantValue(text.slice(at + 1, comma));
    if (mask === undefined) return undefined;
    table.push({ mask, name: text.slice(quote + 1, endQuote) });
    at = close + 1;
    while (text[at] === ' ' || text[at] === ',') at++;
  }
  return table;
}

/** Bits of 6.1 with lockdep: what a recording without a usable table is read with. */
const DEFAULT_TABLE: readonly NamedFlag[] = [
  '__GFP_DMA',
  '__GFP_HIGHMEM',
  '__GFP_DMA32',
  '__GFP_MOVABLE',
  '__GFP_RECLAIMABLE',
  '__GFP_HIGH',
  '__GFP_IO',
  '__GFP_FS',
  '__GFP_ZERO',
  '__GFP_ATOMIC',
  '__GFP_DIRECT_RECLAIM',
  '__GFP_KSWAPD_RECLAIM',
  '__GFP_WRITE',
  '__GFP_NOWARN',
  '__GFP_RETRY_MAYFAIL',
  '__GFP_NOFAIL',
  '__GFP_NORETRY',
  '__GFP_MEMALLOC',
  '__GFP_COMP',
  '__GFP_NOMEMALLOC',
  '__GFP_HARDWALL',
  '__GFP_THISNODE',
  '__GFP_ACCOUNT',
  '__GFP_ZEROTAGS',
].map((name, bit) => ({ mask: 1 << bit, name }));

/**
 * Translates one kernel's gfp bits into canonical masks. Each distinct value is worked out once, the way the kernel
 * prints it: names in the table's order, each taking its bits away; what is left counts as unknown.
 */
export class GfpTranslation {
  readonly #table: readonly NamedFlag[];
  readonly #known = new Map<number, number>();

  constructor(table: readonly NamedFlag[] | undefined) {
    this.#table = table && table.length > 0 ? table : DEFAULT_TABLE;
  }

  /** Canonical mask of the kernel's 32 bits. */
  canonical(bits: number): number {
    const known = this.#known.get(bits);
    if (known !== undefined) return known;
    let rest = bits;
    let mask = 0;
    for (const flag of this.#table) {
      if (flag.mask === 0 || (rest & flag.mask) >>> 0 !== flag.mask >>> 0) continue;
      mask |= gfpByName(flag.name) ?? Gfp.UNKNOWN;
      rest &= ~flag.mask;
    }
    if (rest !== 0) mask |= Gfp.UNKNOWN;
    // A hostile file could name every 32-bit value; a kernel uses a few dozen.
    if (this.#known.size < 65536) this.#known.set(bits, mask);
    return mask;
  }
}
