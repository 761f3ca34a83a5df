import type { ReadableStream as WebStream } from 'node:stream/web';
import { ReadableStream } from 'node:stream/web';
import xz from 'xz-decompress';

/** Results of the decoder that users may meet; others are told by number. */
const RESULTS: Readonly<Record<string, string>> = {
  3: 'memory limit reached',
  4: 'memory limit reached',
  5: 'not in the xz format',
  6: 'it uses a feature that is not supported, such as a SHA-256 check',
  7: 'the data are corrupt',
  8: 'unexpected end of file',
};

/**
 * Decompresses xz. The library decodes one stream at a time and makes others wait until it is read to its end or
 * closed: so whoever opens several inputs must not keep this open between recognising and reading one.
 */
export async function* unxz(compressed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await compressed.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await compressed.return(undefined);
    },
  });
  // The library's types speak of the browser's streams, which Node's are.
  const content = new xz.XzReadableStream(source as unknown as globalThis.ReadableStream<Uint8Array>);
  try {
    yield* content as unknown as WebStream<Uint8Array>;
  } catch (error) {
    const code = /error code (\d+)/.exec(String(error))?.[1];
    if (code === undefined) throw error;
    throw new Error(RESULTS[code] ?? `result ${code} of the decoder`);
  } finally {
    // Waits for a read that is under way, as the stored bytes may be read by others next.
    await compressed.return(undefined);
  }
}
