import { InputError } from '../../model/report.js';
import type { EventSource } from '../source.js';
import { type ByteStore, fileStore, memoryStore } from './bytes.js';
import { openInflater } from './inflate.js';
import { readPrelude } from './prelude.js';
import { DEFAULT_READ_OPTIONS, type ReadOptions, TraceDatSource } from './source.js';
import { readVersion6 } from './version6.js';
import { readVersion7 } from './version7.js';

export { isTraceDat } from './prelude.js';

/** Where the bytes of a trace.dat file are: in a file (which need not be the one the user named), or in memory. */
export type TraceDatBytes = { file: string } | { bytes: Uint8Array };

/**
 * Opens a trace.dat recording, version 6 or 7. `path` is what the user called the input (`-` for standard input) and
 * names it in messages; the bytes come from `from`, by default from the file of that path. A file is read piece by piece while
 * its events are pumped. Throws InputError when it is not such a file or its description is damaged.
 */
export async function openTraceDat(
  path: string,
  from: TraceDatBytes = { file: path },
  options: Partial<ReadOptions> = {},
): Promise<EventSource> {
  const openStore = (): ByteStore => ('bytes' in from ? memoryStore(from.bytes) : fileStore(from.file, path));
  const store = openStore();
  try {
    const prelude = readPrelude(store, path);
    const layout =
      prelude.version === 6
        ? readVersion6(store, prelude, path)
        : readVersion7(store, prelude, await openInflater(prelude.compression), path);
    if (layout.buffers.length === 0) {
      throw new InputError(
        path,
        undefined,
        layout.hasTextBuffer ? 'holds formatted text, no events' : 'holds no events',
      );
    }
    return new TraceDatSource(path, layout, openStore, { ...DEFAULT_READ_OPTIONS, ...options });
  } finally {
    store.close();
  }
}
