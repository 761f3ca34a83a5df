/** Shape and speed of the caches. */
export interface CacheOptions {
  /** Bytes a line, a power of two. Default 64. */
  lineSize?: number;
  /** From the first level outwards; the last of several is shared by all CPUs, the others are private. */
  levels?: readonly CacheLevel[];
  /** Nanoseconds of an access that misses everywhere. Default 80. */
  memoryLatency?: number;
  /** Nanoseconds more when another CPU has the line modified. Default 60. */
  coherenceLatency?: number;
}

export interface CacheLevel {
  sets: number;
  ways: number;
  /** Nanoseconds of a hit. */
  latency: number;
}

/** What a CPU's accesses came to. */
export interface CacheStats {
  /** Lines touched. */
  accesses: number;
  /** Lines that were in no level. */
  misses: number;
  /** Misses because another CPU had written the line since. */
  coherenceMisses: number;
  /** Hits by level. */
  hits: number[];
}

/** 32 KiB of 8 ways, 1 MiB of 16 ways, 16 MiB shared of 16 ways: a server core of the 2020s. */
const DEFAULT_LEVELS: readonly CacheLevel[] = [
  { sets: 64, ways: 8, latency: 1 },
  { sets: 1024, ways: 16, latency: 4 },
  { sets: 16384, ways: 16, latency: 20 },
];

/** More CPUs than one may have a line. */
const SEVERAL = -1;

/** One set-associative cache, least recently used line out first. */
class Level {
  readonly latency: number;
  readonly #sets: number;
  readonly #ways: number;
  /** Line numbers of each set, most recently used first; -1: empty. */
  readonly #lines: Float64Array;

  constructor(shape: CacheLevel) {
    this.latency = shape.latency;
    this.#sets = shape.sets;
    this.#ways = shape.ways;
    this.#lines = new Float64Array(shape.sets * shape.ways).fill(-1);
  }

  /** Whether the line is there; it is most recently used afterwards, and there in any case. */
  touch(line: number): boolean {
    const start = (line % this.#sets) * this.#ways;
    const lines = this.#lines;
    let at = start;
    while (at < start + this.#ways - 1 && lines[at] !== line) at++;
    const found = lines[at] === line;
    lines.copyWithin(start + 1, start, at);
    lines[start] = line;
    return found;
  }

  drop(line: number): void {
    const start = (line % this.#sets) * this.#ways;
    const at = this.#lines.subarray(start, start + this.#ways).indexOf(line);
    if (at >= 0) this.#lines[start + at] = -1;
  }
}

/** The caches of all CPUs, kept coherent: a write takes the line away from the others. */
export class CacheModel {
  readonly lineSize: number;
  readonly stats: CacheStats[];
  readonly #memoryLatency: number;
  readonly #coherenceLatency: number;
  readonly #private: readonly (readonly Level[])[];
  readonly #shared: Level | undefined;
  /** The one CPU whose private caches may have a line, or {@link SEVERAL}, by line: who alone has it takes it from nobody. */
  readonly #holder = new Map<number, number>();
  /** CPU that has a line modified, by line. */
  readonly #modified = new Map<number, number>();

  constructor(options: CacheOptions, cpus: number) {
    const levels = options.levels ?? DEFAULT_LEVELS;
    this.lineSize = options.lineSize ?? 64;
    this.#memoryLatency = options.memoryLatency ?? 80;
    this.#coherenceLatency = options.coherenceLatency ?? 60;
    const own = levels.length > 1 ? levels.slice(0, -1) : levels;
    const shared = levels.length > 1 ? levels[levels.length - 1] : undefined;
    this.#private = Array.from({ length: cpus }, () => own.map((shape) => new Level(shape)));
    this.#shared = shared && new Level(shared);
    this.stats = Array.from({ length: cpus }, () => ({
      accesses: 0,
      misses: 0,
      coherenceMisses: 0,
      hits: levels.map(() => 0),
    }));
  }

  /** Nanoseconds that an access of `size` bytes by a CPU takes. */
  access(cpu: number, hi: number, lo: number, size: number, writes: boolean): number {
    const first = Math.floor(((hi >>> 0) % 0x100000) * (0x100000000 / this.lineSize) + (lo >>> 0) / this.lineSize);
    const last = first + Math.floor((((lo >>> 0) % this.lineSize) + Math.max(1, size) - 1) / this.lineSize);
    let ns = 0;
    for (let line = first; line <= last; line++) ns += this.#line(cpu, line, writes);
    return ns;
  }

  #line(cpu: number, line: number, writes: boolean): number {
    const stats = this.stats[cpu];
    if (stats === undefined) return 0;
    stats.accesses++;
    const owner = this.#modified.get(line);
    const stolen = owner !== undefined && owner !== cpu;
    let ns = this.#lookUp(cpu, line, stats, stolen);
    if (stolen) {
      ns += this.#coherenceLatency;
      stats.coherenceMisses++;
      this.#modified.delete(line);
    }
    const holder = this.#holder.get(line) ?? cpu;
    if (writes) {
      if (holder !== cpu) {
        this.#private.forEach((levels, other) => {
          if (other !== cpu && (holder === SEVERAL || holder === other)) for (const level of levels) level.drop(line);
        });
      }
      this.#modified.set(line, cpu);
    }
    this.#holder.set(line, writes || holder === cpu ? cpu : SEVERAL);
    return ns;
  }

  #lookUp(cpu: number, line: number, stats: CacheStats, stolen: boolean): number {
    const own = this.#private[cpu] ?? [];
    let hit = -1;
    for (const [i, level] of own.entries()) {
      // A line comes into every level that missed, so all are touched.
      if (level.touch(line) && hit < 0) hit = i;
      if (hit >= 0) break;
    }
    if (hit < 0 && this.#shared?.touch(line) === true && !stolen) hit = own.length;
    if (hit < 0) {
      stats.misses++;
      return this.#memoryLatency;
    }
    stats.hits[hit] = (stats.hits[hit] ?? 0) + 1;
    return (own[hit] ?? this.#shared)?.latency ?? 0;
  }
}
