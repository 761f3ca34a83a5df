/** Largest block that the format allows. */
const MAX_BLOCK = 128 * 1024;

/**
 * A zstd frame (RFC 8878) that holds `bytes` in raw and run-length blocks: valid input for any decoder, made without a
 * compressor. Recordings in fixtures/ exercise the entropy-coded blocks.
 */
export function zstdFrame(bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  // Single segment, content size in four bytes.
  header[4] = 0xa0;
  header.writeUInt32LE(bytes.length, 5);
  const parts: Uint8Array[] = [header];
  for (let at = 0; at < bytes.length || at === 0; at += MAX_BLOCK) {
    const block = bytes.subarray(at, at + MAX_BLOCK);
    const isLast = at + MAX_BLOCK >= bytes.length ? 1 : 0;
    const isRun = block.length > 1 && block.every((byte) => byte === block[0]);
    const blockHeader = Buffer.alloc(3);
    blockHeader.writeUIntLE(isLast | (isRun ? 2 : 0) | (block.length << 3), 0, 3);
    parts.push(blockHeader, isRun ? block.subarray(0, 1) : block);
  }
  return Buffer.concat(parts);
}
