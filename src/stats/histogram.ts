/** Buckets a power of two; a value is known to half a bucket, a 32nd of itself. */
const PER_OCTAVE = 16;
const LOG = 4;

/** Largest relative error of {@link Histogram.quantile}, beside half a unit for values that are not whole. */
export const RELATIVE_ERROR = 1 / (2 * PER_OCTAVE);

/** Numbers before the buckets. */
const COUNT = 0;
const TOTAL = 1;
const MIN = 2;
const MAX = 3;
const BUCKETS = 4;

/**
 * Counts values >= 0 in buckets whose width grows with the value: constant memory (at most 8 KiB, for values to 2^64), quantiles with
 * a bounded error. Values below 16 have a bucket each and are exact when whole.
 */
export class Histogram {
  /** All in one array: millions of values a second come in, to hundreds of histograms. */
  #data = new Float64Array(BUCKETS + PER_OCTAVE);

  constructor() {
    this.#data[MIN] = Number.POSITIVE_INFINITY;
    this.#data[MAX] = -1;
  }

  /** Negative values count as 0. True when it is greater than all before it. */
  add(value: number): boolean {
    const own = value > 0 ? value : 0;
    const at = BUCKETS + bucketOf(own);
    if (at >= this.#data.length) this.#grow(at + 1);
    const data = this.#data;
    data[at]++;
    data[COUNT]++;
    data[TOTAL] += own;
    if (own < data[MIN]) data[MIN] = own;
    if (own <= data[MAX]) return false;
    data[MAX] = own;
    return true;
  }

  get count(): number {
    return this.#data[COUNT];
  }

  get total(): number {
    return this.#data[TOTAL];
  }

  /** 0 when nothing was counted. */
  get min(): number {
    return this.count === 0 ? 0 : this.#data[MIN];
  }

  /** 0 when nothing was counted. */
  get max(): number {
    return Math.max(0, this.#data[MAX]);
  }

  /**
   * The value of nearest rank: at least `q` (0 to 1) of all values are not greater. Off by {@link RELATIVE_ERROR} of the
   * value at most; 0 when nothing was counted.
   */
  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (let at = BUCKETS; at < this.#data.length; at++) {
      seen += this.#data[at];
      if (seen >= rank) return Math.min(Math.max(middleOf(at - BUCKETS), this.min), this.max);
    }
    return this.max;
  }

  #grow(length: number): void {
    const grown = new Float64Array(BUCKETS + Math.ceil((length - BUCKETS) / PER_OCTAVE) * PER_OCTAVE);
    grown.set(this.#data);
    this.#data = grown;
  }
}

function bucketOf(value: number): number {
  if (value < 2 ** 31) {
    // Nearly all values: the same without floating point.
    const small = value | 0;
    if (small < PER_OCTAVE) return small;
    const shift = 31 - LOG - Math.clz32(small);
    return (shift << LOG) + (small >>> shift);
  }
  const whole = Math.floor(value);
  if (whole < PER_OCTAVE) return whole;
  const octave = exponentOf(whole);
  const step = Math.floor(whole / 2 ** (octave - LOG)) - PER_OCTAVE;
  return (octave - LOG + 1) * PER_OCTAVE + step;
}

/** Floor of the binary logarithm, exact. */
function exponentOf(whole: number): number {
  return whole < 2 ** 32 ? 31 - Math.clz32(whole) : 63 - Math.clz32(Math.floor(whole / 2 ** 32));
}

function middleOf(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket;
  const width = 2 ** (Math.floor(bucket / PER_OCTAVE) - 1);
  const low = (PER_OCTAVE + (bucket % PER_OCTAVE)) * width;
  // The whole values of a bucket run from low to low + width - 1.
  return low + (width - 1) / 2;
}
