/**
 * What a trace.dat file says about itself, the same for versions 6 and 7: where its parts are and how its numbers are
 * stored. The parts themselves are parsed by their own modules.
 */

/** How the trace data of a CPU is stored. */
export type Compression = 'none' | 'zstd' | 'zlib';

/** The trace data of one CPU of one ring buffer. */
export interface CpuData {
  cpu: number;
  /** Bytes from the start of the file. */
  offset: number;
  /** Bytes in the file. */
  size: number;
}

/** One ring buffer: the top one (name '') or that of an instance. */
export interface RingBuffer {
  name: string;
  /** `local`, `global`, `mono`, `x86-tsc`, ...; '' when the file does not tell. */
  clock: string;
  /** Bytes of a ring buffer page. */
  pageSize: number;
  compression: Compression;
  cpus: CpuData[];
}

/**
 * Conversion of time stamp counter values: nanoseconds = (value * multiplier) >> shift. The file also has an offset, which
 * only matters beside the recordings of other machines; trace-cmd does not apply it to a single one either.
 */
export interface TscConversion {
  multiplier: number;
  shift: number;
}

export interface TraceDatLayout {
  version: 6 | 7;
  bigEndian: boolean;
  /** Bytes of a `long` of the recording machine's user space. */
  longSize: number;
  /** Text of events/header_page, which tells where a page keeps its time stamp, commit count and data. */
  headerPage: string;
  /** Text of events/header_event; '' when missing. */
  headerEvent: string;
  /** Text of every event's format file, with its system. */
  eventFormats: { system: string; text: string }[];
  /** Bytes of /proc/kallsyms; empty when missing. */
  kallsyms: Uint8Array;
  /** Bytes of saved_cmdlines: `PID COMM` lines. */
  cmdlines: Uint8Array;
  /** `Linux HOST RELEASE MACHINE`, or ''. */
  uname: string;
  /** Nanoseconds added to every time stamp. */
  timeOffset: number;
  tsc: TscConversion | undefined;
  /** What the recorder's per-CPU statistics count as overwritten or dropped, by CPU. */
  overruns: { cpu: number; events: number }[];
  buffers: RingBuffer[];
  /** Whether the file holds formatted text (latency tracers) instead of or beside ring buffer pages. */
  hasTextBuffer: boolean;
  /** What was missing or damaged but could be done without. */
  notes: string[];
}

/** A layout with nothing in it yet. */
export function emptyLayout(version: 6 | 7, bigEndian: boolean, longSize: number): TraceDatLayout {
  return {
    version,
    bigEndian,
    longSize,
    headerPage: '',
    headerEvent: '',
    eventFormats: [],
    kallsyms: new Uint8Array(0),
    cmdlines: new Uint8Array(0),
    uname: '',
    timeOffset: 0,
    tsc: undefined,
    overruns: [],
    buffers: [],
    hasTextBuffer: false,
    notes: [],
  };
}
