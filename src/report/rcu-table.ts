import Table from 'cli-table3';

/** A row of the cache-miss table; sizes in bytes. */
export interface CacheMissRow {
  readonly lineSize: number;
  readonly pointerSize: number;
  readonly objectSize: number;
  readonly batch: number;
  readonly listMisses: number;
  readonly arrayMisses: number;
  readonly factor: number;
}

/** Cache misses a callback after a grace period, as a table for people, with how the figures come about. */
export function cacheText(rows: readonly CacheMissRow[]): string {
  const table = new Table({
    head: ['line', 'pointer', 'object', 'batch', 'list: misses each', 'arrays: misses each', 'factor'],
    colAligns: Array<'right'>(7).fill('right'),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const each = (misses: number) => (misses / row.batch).toFixed(3);
    const sizes = [row.lineSize, row.pointerSize, row.objectSize, row.batch].map(String);
    table.push([...sizes, each(row.listMisses), each(row.arrayMisses), row.factor.toFixed(2)]);
  }
  return [
    'Cache misses a callback after a grace period, caches cold, without those of freeing the object itself.',
    'A list is walked through the objects: a line each, unless objects are smaller than a line. An array has line/pointer',
    'pointers a line, and a head of 32 bytes a page, which is why the factor stays just below line/pointer.',
    'Model: 32 KiB 8 ways, 1 MiB 16 ways, 16 MiB 16 ways; pages of 4096 bytes; objects scattered over ten times their space.',
    '',
    table.toString(),
    '',
  ].join('\n');
}
