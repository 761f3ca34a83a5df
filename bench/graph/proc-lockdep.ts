/** A class of /proc/lockdep. */
export interface ProcClass {
  /** Address of the key plus the subclass, 16 hexadecimal digits. */
  readonly key: string;
  readonly name: string;
  readonly ops: number;
  readonly forward: number;
  readonly backward: number;
  readonly usage: string;
  /** Keys of the classes taken directly under it. */
  readonly after: readonly string[];
}

const CLASS = /^([0-9a-f]{16})(?: OPS: *(\d+))?(?: FD: *(\d+) BD: *(\d+) ([.+?-]+))?: (.*)$/;
const AFTER = /^ -> \[([0-9a-f]{16})\] /;

/** Reads the text of /proc/lockdep. Throws where a line is none of its layout. */
export function parseProcLockdep(text: string): ProcClass[] {
  const classes: (ProcClass & { after: string[] })[] = [];
  text.split('\n').forEach((line, index) => {
    if (line === '' || line === 'all lock classes:') return;
    const after = AFTER.exec(line);
    if (after) {
      classes.at(-1)?.after.push(after[1] ?? '');
      return;
    }
    const [, key, ops, forward, backward, usage, name] = CLASS.exec(line) ?? [];
    if (key === undefined) throw new Error(`line ${index + 1} is not of the layout of /proc/lockdep: ${line}`);
    classes.push({
      key,
      name: name ?? '',
      ops: Number(ops ?? 0),
      forward: Number(forward ?? 0),
      backward: Number(backward ?? 0),
      usage: usage ?? '',
      after: [],
    });
  });
  return classes;
}
