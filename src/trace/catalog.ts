import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Catalogue, LockKind } from '../lockdep/index.js';
import { InputError } from '../model/report.js';
import { LockType, WaitType } from '../model/wait-type.js';
import { fileProblem } from './input/raw.js';

/** What locks of a kind may be taken in, and what may be taken inside them. */
const kind = (
  waitInner: number,
  lockType: number = LockType.Normal,
  waitOuter: number = WaitType.Unchecked,
): LockKind => ({
  waitOuter,
  waitInner,
  lockType,
});

/** The words that catalogues use. */
export const LOCK_KINDS: ReadonlyMap<string, LockKind> = new Map([
  ['raw_spinlock', kind(WaitType.Spin)],
  ['raw_rwlock', kind(WaitType.Spin)],
  ['spinlock', kind(WaitType.Config)],
  ['rwlock', kind(WaitType.Config)],
  ['local_lock', kind(WaitType.Config, LockType.PerCpu)],
  ['mutex', kind(WaitType.Sleep)],
  ['rwsem', kind(WaitType.Sleep)],
  ['ww_mutex', kind(WaitType.Sleep)],
  ['rt_mutex', kind(WaitType.Sleep)],
  ['semaphore', kind(WaitType.Sleep)],
  ['rcu_reader', kind(WaitType.Config, LockType.Normal, WaitType.Free)],
  ['rcu_sched_reader', kind(WaitType.Spin, LockType.Normal, WaitType.Free)],
  ['unchecked', kind(WaitType.Unchecked)],
]);

/** Stands at a name's end for any rest. */
const ANY = '*';
/** Names that mean the same in every kernel, chosen by hand, and those that a whole tree has with one kind only. */
const BUILT_IN = ['lock-kinds.tsv', 'lock-kinds-6.1.tsv.gz'].map((name) =>
  fileURLToPath(new URL(`../../rules/kernel/${name}`, import.meta.url)),
);

/** Names of a catalogue, and beginnings of names. */
interface Entries {
  names: Map<string, LockKind>;
  beginnings: [string, LockKind][];
}

/** Kinds of the locks that every kernel has, and of those that have one kind in all of Linux 6.1. */
export function builtInCatalogue(): Catalogue {
  return lookUpIn(BUILT_IN.map(later));
}

/** A file that is read when a name is first looked for in it. */
function later(path: string): () => Entries {
  let entries: Entries | undefined;
  return () => {
    entries ??= readEntries(path);
    return entries;
  };
}

/**
 * The catalogue in `path`, and the built-in one for names that are not in it. A line is a kind (one of
 * {@link LOCK_KINDS}), white space, and the lock's name as lockdep shows it, which is the rest of the line; a `*` at its end
 * stands for any rest. Blank lines and lines that begin with `#` say nothing. Throws InputError with the line.
 */
export function loadCatalogue(path: string): Catalogue {
  const own = readEntries(path);
  return lookUpIn([() => own, ...BUILT_IN.map(later)]);
}

function lookUpIn(all: readonly (() => Entries)[]): Catalogue {
  return (name) => {
    for (const entries of all) {
      const { names, beginnings } = entries();
      const found = names.get(name) ?? beginnings.find(([beginning]) => name.startsWith(beginning))?.[1];
      if (found) return found;
    }
    return undefined;
  };
}

function readEntries(path: string): Entries {
  let text: string;
  try {
    const bytes = readFileSync(path);
    text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw fileProblem(path, error);
  }
  const entries: Entries = { names: new Map(), beginnings: [] };
  const seen = new Map<string, { found: LockKind; number: number }>();
  let number = 0;
  for (const raw of text.split('\n')) {
    number++;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const parts = /^(\S+)\s+(.+)$/.exec(line);
    if (!parts) throw new InputError(path, number, `expected KIND NAME, found only ${shown(line)}`);
    const [, word, name] = parts;
    const found = LOCK_KINDS.get(word);
    if (!found) {
      const known = [...LOCK_KINDS.keys()].join(', ');
      throw new InputError(path, number, `unknown kind of lock ${shown(word)}; the kinds are ${known}`);
    }
    const earlier = seen.get(name);
    if (earlier && earlier.found !== found) {
      throw new InputError(path, number, `${JSON.stringify(name)} has another kind in line ${earlier.number}`);
    }
    seen.set(name, { found, number });
    if (name.endsWith(ANY) && name.length > 1) entries.beginnings.push([name.slice(0, -1), found]);
    else entries.names.set(name, found);
  }
  return entries;
}

/** A word for a message: quoted, and not longer than a line has room for. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
