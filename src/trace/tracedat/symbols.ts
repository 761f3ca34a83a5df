import { latin1 } from './bytes.js';

/** The kernel's symbol table as the recording has it: finds the function that an address lies in. */
export class Symbols {
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #names: readonly string[];
  /** Number of symbols. */
  readonly count: number;

  private constructor(high: Int32Array, low: Int32Array, names: readonly string[]) {
    this.#high = high;
    this.#low = low;
    this.#names = names;
    this.count = names.length;
  }

  /**
   * Parses the text of /proc/kallsyms. Left out: absolute symbols (per-CPU offsets), mapping symbols (`$a`), and
   * addresses that the kernel hid (all zero).
   */
  static parse(bytes: Uint8Array): Symbols {
    const text = latin1(bytes);
    const names: string[] = [];
    const high: number[] = [];
    const low: number[] = [];
    let at = 0;
    while (at < text.length) {
      let end = text.indexOf('\n', at);
      if (end < 0) end = text.length;
      const space = text.indexOf(' ', at);
      const type = text[space + 1];
      if (
        space > at &&
        space - at <= 16 &&
        space + 3 < end &&
        type !== 'A' &&
        type !== 'a' &&
        text[space + 3] !== '$'
      ) {
        const split = Math.max(at, space - 8);
        const highHalf = split > at ? Number.parseInt(text.slice(at, split), 16) : 0;
        const lowHalf = Number.parseInt(text.slice(split, space), 16);
        if ((highHalf !== 0 || lowHalf !== 0) && !Number.isNaN(highHalf) && !Number.isNaN(lowHalf)) {
          names.push(withoutModule(text.slice(space + 3, end)));
          high.push(highHalf | 0);
          low.push(lowHalf | 0);
        }
      }
      at = end + 1;
    }
    return Symbols.#sorted(Int32Array.from(high), Int32Array.from(low), names);
  }

  static #sorted(high: Int32Array, low: Int32Array, names: string[]): Symbols {
    const order = Uint32Array.from(names.keys());
    // Stable, so symbols of one address stay in the table's order.
    order.sort((a, b) => compare(high[a] ?? 0, low[a] ?? 0, high[b] ?? 0, low[b] ?? 0) || a - b);
    return new Symbols(
      Int32Array.from(order, (i) => high[i] ?? 0),
      Int32Array.from(order, (i) => low[i] ?? 0),
      Array.from(order, (i) => names[i] ?? ''),
    );
  }

  /** Address of the symbol of that name, or undefined. */
  address(name: string): { hi: number; lo: number } | undefined {
    const index = this.#names.indexOf(name);
    return index < 0 ? undefined : { hi: this.#high[index] ?? 0, lo: this.#low[index] ?? 0 };
  }

  /** Name of the symbol that the address lies in, and the distance from its start; undefined below the first symbol. */
  find(hi: number, lo: number): { name: string; offset: number } | undefined {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (compare(this.#high[middle] ?? 0, this.#low[middle] ?? 0, hi, lo) <= 0) from = middle + 1;
      else to = middle;
    }
    if (from === 0) return undefined;
    let index = from - 1;
    // Of several names for one address the kernel prints the first.
    while (index > 0 && this.#high[index - 1] === this.#high[index] && this.#low[index - 1] === this.#low[index])
      index--;
    const offset =
      (hi >>> 0) * 4294967296 -
      ((this.#high[index] ?? 0) >>> 0) * 4294967296 +
      (lo >>> 0) -
      ((this.#low[index] ?? 0) >>> 0);
    return { name: this.#names[index] ?? '', offset };
  }
}

/** Symbols of modules are followed by a tab and the module's name. */
function withoutModule(name: string): string {
  const tab = name.indexOf('\t');
  return tab < 0 ? name : name.slice(0, tab);
}

/** Order of two unsigned 64-bit addresses. */
function compare(highA: number, lowA: number, highB: number, lowB: number): number {
  return (highA >>> 0) - (highB >>> 0) || (lowA >>> 0) - (lowB >>> 0);
}
