import { Worker } from 'node:worker_threads';
import { type ChunkBatch, inflateBatch, type PageTreatment } from './chunks.js';
import { openInflater } from './inflate.js';
import type { InflateReply, InflateRequest, InflateWorkerData } from './inflate-worker.js';
import type { Compression } from './layout.js';

/** Decompresses batches of chunks, here or in a thread beside. Resolves to the number of damaged chunks. */
export interface BatchInflater {
  run(batch: ChunkBatch): Promise<number>;
  close(): Promise<void>;
}

/** Decompresses in this thread: for small recordings, and machines with one processor. */
export async function inlineInflater(compression: Compression, treatment: PageTreatment): Promise<BatchInflater> {
  const inflate = await openInflater(compression);
  return {
    run: async (batch) => inflateBatch(inflate, batch, treatment),
    close: async () => {},
  };
}

/**
 * Decompresses in a worker thread, in the order of the calls. Should the worker die, what it owes and all that comes
 * after is done in this thread: the batches' memory is shared, so nothing is lost with it.
 */
export function workerInflater(compression: Compression, treatment: PageTreatment): BatchInflater {
  const waiting = new Map<number, { batch: ChunkBatch; resolve: (damaged: number) => void }>();
  let fallback: Promise<BatchInflater> | undefined;
  let nextId = 0;
  const worker = startWorker({ compression, treatment });
  worker.on('message', ({ id, damaged }: InflateReply) => {
    waiting.get(id)?.resolve(damaged);
    waiting.delete(id);
  });
  const takeOver = (): void => {
    fallback ??= inlineInflater(compression, treatment);
    for (const [id, { batch, resolve }] of waiting) {
      waiting.delete(id);
      void fallback.then((inline) => inline.run(batch)).then(resolve);
    }
  };
  worker.on('error', takeOver);
  worker.on('exit', takeOver);
  return {
    run(batch) {
      if (fallback) return fallback.then((inline) => inline.run(batch));
      return new Promise((resolve) => {
        const request: InflateRequest = { id: nextId++, ...batch };
        waiting.set(request.id, { batch, resolve });
        worker.postMessage(request);
      });
    },
    async close() {
      worker.off('exit', takeOver);
      await worker.terminate();
    },
  };
}

/** Starts the worker module; from TypeScript sources (tests, development) through jiti, which the package has anyway. */
function startWorker(workerData: InflateWorkerData): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./inflate-worker.js', import.meta.url), { workerData });
  }
  const module = new URL('./inflate-worker.ts', import.meta.url).href;
  const jiti = import.meta.resolve('jiti');
  const code = `import(${JSON.stringify(jiti)}).then(({ createJiti }) => createJiti(${JSON.stringify(module)}).import(${JSON.stringify(module)}))`;
  return new Worker(code, { workerData, eval: true });
}
