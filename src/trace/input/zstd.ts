import { ZSTDDecoder } from 'zstddec/stream';

/** After so many empty outputs without taking input the decoder is stuck, as it is behind damaged data. */
const STUCK = 8;

/** Decompresses zstd, any number of frames one after the other. */
export async function* unzstd(compressed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  // The decoder pulls its input synchronously, at most one piece between two outputs: so one always lies ready.
  let ready = await compressed.next();
  function* takeReady(): Generator<Uint8Array> {
    while (!ready.done) {
      const { value } = ready;
      taken = true;
      yield value;
    }
  }
  let taken = false;
  let empty = 0;
  try {
    for (const plain of decoder.decodeStreaming(takeReady())) {
      if (taken) {
        taken = false;
        empty = 0;
        ready = await compressed.next();
      }
      if (plain.length > 0) {
        empty = 0;
        yield plain;
      } else if (++empty > STUCK) {
        throw new Error('the data are corrupt');
      }
    }
  } finally {
    await compressed.return(undefined);
  }
}
