/**
 * Wound/wait mutexes, as far as lock events show them (Documentation/locking/ww-mutex-design.rst). An acquire context is the
 * nest lock of its mutexes. A task that is told to back off (-EDEADLK) must release all of them and then take the one it lost
 * first; taking anything else can deadlock again, which is what DEBUG_WW_MUTEXES warns of.
 */
export interface WwState {
  /** Last blocking attempt under an acquire context: instance, context, preemption depth inside the attempt. */
  attemptHi: number;
  attemptLo: number;
  attemptDepth: number;
  /** Context that must back off, and the mutex it must take first; 0:0 when there is none. */
  contextHi: number;
  contextLo: number;
  contendedHi: number;
  contendedLo: number;
}

/** Nothing attempted, nothing contended. */
export function newWwState(): WwState {
  return {
    attemptHi: 0,
    attemptLo: 0,
    attemptDepth: -1,
    contextHi: 0,
    contextLo: 0,
    contendedHi: 0,
    contendedLo: 0,
  };
}
