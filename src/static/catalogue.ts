import type { LockKind } from './ir/ir.js';
import type { Program } from './solve/program.js';

/** Words of a catalogue (see `src/trace/catalog.ts`) for kinds of locks that lockdep knows. */
const WORDS: Readonly<Partial<Record<LockKind, string>>> = {
  raw: 'raw_spinlock',
  spin: 'spinlock',
  rwlock: 'rwlock',
  local: 'local_lock',
  mutex: 'mutex',
  rwsem: 'rwsem',
  rtmutex: 'rt_mutex',
};

/** Sources in a kernel's tree that no kernel is built from. */
const NO_KERNEL = /(?:^|\/)(?:tools|scripts|samples|Documentation|usr)\//;

/**
 * The lock kinds of a program by the name that lockdep shows: the text given to a lock's initialiser, or the name of a
 * variable. A name that stands for locks of several kinds is left out: a catalogue must not guess.
 */
export function catalogueOf(program: Program): string[] {
  const kinds = new Map<string, Set<string>>();
  const add = (name: string, kind: LockKind | undefined): void => {
    const word = kind === undefined ? undefined : WORDS[kind];
    if (word === undefined || name === '' || /[\s"]/.test(name)) return;
    const known = kinds.get(name);
    if (known === undefined) kinds.set(name, new Set([word]));
    else known.add(word);
  };
  for (const { unit } of program.units) {
    if (NO_KERNEL.test(unit.file)) continue;
    for (const init of unit.inits) add(init.name, init.kind);
    for (const variable of unit.globals) {
      const isQueue = variable.type === 'DECLARE_WAIT_QUEUE_HEAD' || variable.type === 'wait_queue_head_t';
      add(isQueue ? `${variable.name}.lock` : variable.name, isQueue ? 'spin' : variable.kind);
    }
  }
  return linesOf(kinds);
}

/** Classes of the simulated kernel that a catalogue has words for. */
const SIMULATED: Readonly<Record<string, LockKind>> = {
  RawSpinlock: 'raw',
  Spinlock: 'spin',
  Rwlock: 'rwlock',
  LocalLock: 'local',
  Mutex: 'mutex',
  Rwsem: 'rwsem',
  RtMutex: 'rtmutex',
};

/** The line of a lock that is made as a class of the simulated kernel; undefined where there is no word for its kind, or no name. */
export function simulatedKind(cls: string, name: string): string | undefined {
  const kind = SIMULATED[cls];
  const word = kind === undefined ? undefined : WORDS[kind];
  return word === undefined || name === '' || /[\s"]/.test(name) ? undefined : `${word} ${name}`;
}

/** Lines of several catalogues as one: names for which they have different kinds are left out. */
export function oneKindEach(lines: Iterable<string>): string[] {
  const kinds = new Map<string, Set<string>>();
  for (const line of lines) {
    const at = line.indexOf(' ');
    const name = line.slice(at + 1);
    kinds.set(name, (kinds.get(name) ?? new Set()).add(line.slice(0, at)));
  }
  return linesOf(kinds);
}

function linesOf(kinds: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...kinds]
    .filter(([, words]) => words.size === 1)
    .map(([name, words]) => `${[...words][0] ?? ''} ${name}`)
    .sort();
}
