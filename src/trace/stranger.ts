/** File formats that users may take for a recording, by their first bytes, and what to do with them. */
const KNOWN: readonly (readonly [string, string])[] = [
  ['PERFILE2', 'is a perf.data file; give the output of `perf script`'],
  ['2ELIFREP', 'is a perf.data file; give the output of `perf script`'],
  ['\x7fELF', 'is a program or an object file'],
  ['BZh', 'is compressed with bzip2; gzip, xz and zstd are read'],
  ['\x04"M\x18', 'is compressed with lz4; gzip, xz and zstd are read'],
  ['PK\x03\x04', 'is a zip archive; gzip, xz and zstd are read'],
];
const EXPECTED = 'ftrace text, trace-cmd report, perf script, trace.dat or a kernel log';
const SHOWN = 60;

/** Says what an input looks like that is nothing lockvet reads. */
export function strangerProblem(head: Buffer): string {
  const start = head.toString('latin1', 0, 16);
  const known = KNOWN.find(([magic]) => start.startsWith(magic));
  if (known) return known[1];
  if (head.subarray(257, 262).toString('latin1') === 'ustar') return 'is a tar archive; give the files in it';
  if (head.includes(0)) return `holds binary data of an unknown kind; expected ${EXPECTED}`;
  if (!head.includes(0x0a)) return `has no line in its first ${head.length} bytes; expected ${EXPECTED}`;
  const lines = head.toString('utf8').split('\n');
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const shown = first.trim().length > SHOWN ? `${first.trim().slice(0, SHOWN)}...` : first.trim();
  return `holds no event and no kernel log (it begins with ${JSON.stringify(shown)}); expected ${EXPECTED}`;
}
