import { parentPort, workerData } from 'node:worker_threads';
import { type ChunkBatch, inflateBatch, type PageTreatment } from './chunks.js';
import { openInflater } from './inflate.js';
import type { Compression } from './layout.js';

/** A batch to decompress. */
export interface InflateRequest extends ChunkBatch {
  id: number;
}

/** Answer to the request of that id: how many chunks were damaged. */
export interface InflateReply {
  id: number;
  damaged: number;
}

/** What a worker is started with. */
export interface InflateWorkerData {
  compression: Compression;
  treatment: PageTreatment;
}

const { compression, treatment } = workerData as InflateWorkerData;
const ready = openInflater(compression);
parentPort?.on('message', async (request: InflateRequest) => {
  const reply: InflateReply = { id: request.id, damaged: inflateBatch(await ready, request, treatment) };
  parentPort?.postMessage(reply);
});
