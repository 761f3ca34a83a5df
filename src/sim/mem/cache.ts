/** Shape and speed of the caches. */
export interface CacheOptions {
  /** Bytes a line, a power of two. Default 64. */
  lineSize?: number;
  /** From the first level outwards; the last one is shared by all CPUs, the others are private. */
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
