import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.js';

/** Frames looked at for a call site. */
const DEPTH = 24;

/** A place in a scenario's source. */
export interface SourcePlace {
  file: string;
  line: number;
}

/**
 * Finds the call site of each operation in the JavaScript stack. That is a hundred times an operation's own cost, so
 * runs that only look for a failing schedule go without, and the one that reports goes with it: a run is deterministic.
 *
 * A call site reads `function+0xLINE`: the kernel's form, with the source line as the offset, which fingerprints leave out.
 */
export class Sites {
  readonly #internal = dirname(fileURLToPath(import.meta.url)) + sep;
  readonly #allocator = `${this.#internal}mm${sep}`;
  readonly #places = new Map<string, SourcePlace>();
  #machine: Machine | undefined;

  /** Name id of the call site of the operation being armed; `fallback`: the context's own function. */
  capture(machine: Machine, fallback: number): number {
    this.#machine = machine;
    const previous = { limit: Error.stackTraceLimit, prepare: Error.prepareStackTrace };
    const holder: { stack?: unknown } = {};
    Error.stackTraceLimit = DEPTH;
    Error.prepareStackTrace = (_error, frames) => frames;
    Error.captureStackTrace(holder, machine.arm);
    const frames = holder.stack as readonly NodeJS.CallSite[];
    Error.stackTraceLimit = previous.limit;
    Error.prepareStackTrace = previous.prepare;
    return this.#name(machine, frames, fallback);
  }

  /** The text of a call site id. */
  textOf(ip: number): string {
    return this.#machine?.names.text(ip) ?? '';
  }

  /** The source that a call site stands for. */
  placeOf(callSite: string): SourcePlace | undefined {
    return this.#places.get(callSite);
  }

  #name(machine: Machine, frames: readonly NodeJS.CallSite[], fallback: number): number {
    let inner: string | undefined;
    for (const frame of frames) {
      const file = fileOf(frame);
      // The engine's own frames, such as the generators' next().
      if (file === '') continue;
      if (file.startsWith(this.#internal)) {
        // The allocator's functions name themselves, as in a kernel; locks and waits are seen from their caller.
        if (inner === undefined && file.startsWith(this.#allocator)) inner = frame.getFunctionName() ?? undefined;
        if (frame.getFunctionName() === 'resume') break;
        continue;
      }
      const line = frame.getLineNumber() ?? 0;
      const text = `${plain(inner ?? frame.getFunctionName()) || machine.names.text(fallback)}+0x${line.toString(16)}`;
      if (!this.#places.has(text)) this.#places.set(text, { file, line });
      return machine.names.intern(text);
    }
    return inner === undefined ? fallback : machine.names.intern(plain(inner));
  }
}

function fileOf(frame: NodeJS.CallSite): string {
  const name = frame.getFileName() ?? '';
  return name.startsWith('file:') ? fileURLToPath(name) : name;
}

/** `Class.method` and `#method` without what is not the function's own name. */
function plain(name: string | null | undefined): string {
  return (name ?? '').replace(/^.*\./, '').replace(/^#/, '');
}
