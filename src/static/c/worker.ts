/** Reads files into units on a thread of its own: see `front.ts`. A message without content ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { FileReader, type FrontResult, type SourceFile, type WorkerSetup } from './front.js';

const reader = new FileReader(workerData as WorkerSetup);
let queue: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: { index: number; file: SourceFile } | undefined) => {
  if (message === undefined) {
    void queue.then(() => parentPort?.close());
    return;
  }
  queue = queue.then(async () => {
    const { unit, problem } = await reader.read(message.file);
    const result: FrontResult = { index: message.index, unit, problem };
    parentPort?.postMessage(result);
  });
});
