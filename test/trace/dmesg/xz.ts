import { XzReadableStream } from 'xz-decompress';

/** Decompresses a whole .xz file. */
export async function xzRead(bytes: Uint8Array): Promise<Buffer> {
  const input = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
  });
  const output: Uint8Array[] = [];
  const reader = new XzReadableStream(input).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) output.push(part.value);
  return Buffer.concat(output);
}
