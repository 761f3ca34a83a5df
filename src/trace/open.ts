import { InputError } from '../model/report.js';
import { looksLikeKernelLog, openKernelLog } from './dmesg/index.js';
import { pieces } from './input/feed.js';
import { Input } from './input.js';
import type { EventSource, Source } from './source.js';
import { spill } from './spill.js';
import { strangerProblem } from './stranger.js';
import { recogniseText } from './text/recognise.js';
import { TextSource } from './text/source.js';
import { isTraceDat, openTraceDat } from './tracedat/index.js';

/** How much of an input is looked at to tell what it is. */
const HEAD = 2 ** 18;
const LOG_PIECE = 2 ** 20;

/** Is told how far reading an input got. */
export interface ReadProgress {
  /** An input begins; `total` is its size in bytes, as stored (0 where it is not known). */
  start(input: string, total: number): void;
  /** So many of these bytes were read by now. */
  update(bytes: number): void;
}

/** Settings of {@link openSource}. */
export interface OpenOptions {
  /** A line that cannot be read is an InputError (`FILE:LINE`) instead of being counted. */
  strict?: boolean;
  progress?: ReadProgress;
}

/**
 * Opens a file, or standard input for `-`, and tells by its content what it is: ftrace text, trace-cmd report or perf
 * script text, a trace.dat, or a kernel log; plain or compressed. Throws InputError when it cannot be read or is none
 * of these.
 */
export async function openSource(path: string, options: OpenOptions = {}): Promise<Source> {
  const input = await Input.open(path);
  try {
    const source = await recognised(input, options);
    if (source.kind !== 'trace.dat') await input.suspend();
    return source;
  } catch (error) {
    await input.close();
    throw error;
  }
}

async function recognised(input: Input, options: OpenOptions): Promise<Source> {
  const { path } = input;
  const head = await input.head(HEAD);
  if (head.length === 0) throw new InputError(path, undefined, 'is empty; a recording or a kernel log was expected');
  if (isTraceDat(head)) return await openBinary(input, options.progress);
  const start = (): void => options.progress?.start(path, input.size);
  const update = (): void => options.progress?.update(input.position);
  // Whole lines only, and all of a short input.
  const lines = head.length < HEAD ? Buffer.concat([head, Buffer.of(0x0a)]) : head;
  if (looksLikeKernelLog(head)) {
    return openKernelLog(path, () => {
      start();
      return withUpdates(input, update);
    });
  }
  if (!head.includes(0)) {
    const form = recogniseText(lines);
    if (form) {
      const open = (): ReturnType<Input['content']> => {
        start();
        return input.content();
      };
      return new TextSource(path, form, open, { strict: options.strict, onProgress: update });
    }
  }
  throw new InputError(path, undefined, strangerProblem(head));
}

async function* withUpdates(input: Input, update: () => void): AsyncGenerator<Uint8Array> {
  const content = input.content();
  try {
    for await (const piece of pieces(content, LOG_PIECE)) {
      update();
      yield piece;
    }
  } finally {
    await content.close();
  }
}

/** trace.dat is read at many places: from the file itself, or from a copy where it comes compressed or through a pipe. */
async function openBinary(input: Input, progress: ReadProgress | undefined): Promise<EventSource> {
  if (input.isPlainFile) {
    await input.close();
    progress?.start(input.path, input.size);
    return openTraceDat(input.path, undefined, { onProgress: (bytes) => progress?.update(bytes) });
  }
  const content = input.content();
  const { from, discard } = await spill(content);
  await content.close();
  try {
    const source = await openTraceDat(input.path, from);
    return withCleanup(source, discard);
  } catch (error) {
    await discard();
    throw error;
  }
}

/** The same source, which does `cleanup` once it has been read. */
function withCleanup(source: EventSource, cleanup: () => Promise<void>): EventSource {
  const pump = source.pump.bind(source);
  source.pump = (sink) => pump(sink).finally(cleanup);
  return source;
}
