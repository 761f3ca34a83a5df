/** Tells event streams apart, whatever their times. */
import { Ctx, EventHeader, LockAcquire, NullSink } from '../../../../src/model/events.js';

/** An event that was heard. */
interface Heard {
  readonly name: string;
  readonly hash: number;
  /** The task that it happened to, or in; of idle tasks the CPU. */
  readonly task: number;
  readonly time: number;
  /** Line of its operation. */
  readonly line: number;
  /** The name of the lock that it takes; 0: it takes none. */
  readonly lock: number;
  readonly context: Context;
}

/** What an operation runs in. */
type Context = 'nmi' | 'hardirq' | 'softirq' | 'task';

/** How far a run counts: all until then, ns, and so many events beside. */
export interface End {
  readonly time: number;
  readonly events: number;
}

/** Events that judges hold against those of other tasks by their order. */
const ORDERED: ReadonlySet<string> = new Set(['waitBegin', 'waitEnd', 'wakeUp', 'lockFreeCheck', 'free']);

/**
 * Marks of a run: what happened to each task, and from which lines. Judges put together what tasks do by themselves, so runs with the same
 * marks show the same; where tasks wait for each other or free memory, the order of all events is part of the marks.
 */
export class StreamHash extends NullSink {
  readonly #heard: Heard[] = [];
  readonly #line: () => number;

  /** @param line that of the operation that makes the event at hand */
  constructor(line: () => number) {
    super();
    this.#line = line;
  }

  /** Events so far. */
  get count(): number {
    return this.#heard.length;
  }

  /** The marks of what happened until then. */
  until(end: End): string {
    const heard = this.#until(end);
    const isOrdered = heard.some(({ name }) => ORDERED.has(name));
    const tasks = new Map<number, readonly [number, number]>();
    for (const { hash, task } of heard) {
      const key = isOrdered ? 0 : task;
      const [a, b] = tasks.get(key) ?? [0x811c9dc5, 0x1b873593];
      tasks.set(key, [mix(a, hash ^ task), mix(b, hash + task)]);
    }
    return [...tasks]
      .map(([task, marks]) => `${task}:${marks}`)
      .sort()
      .join(' ');
  }

  /** Lines whose operations made an event until then. */
  linesUntil(end: End): Set<number> {
    return new Set(this.#until(end).map(({ line }) => line));
  }

  /** What the operations of each line ran in that made an event until then: `12 hardirq`. */
  contextsUntil(end: End): Set<string> {
    const own = this.#until(end).filter(({ name }) => !BORDERS.has(name));
    return new Set(own.map(({ line, context }) => `${line} ${context}`));
  }

  /** Which lock, by its name's id, was taken on which line until then. */
  takenUntil(end: End): { readonly line: number; readonly lock: number }[] {
    return this.#until(end).filter((event) => event.lock !== 0);
  }

  #until({ time, events }: End): Heard[] {
    return this.#heard.filter((event, i) => event.time <= time || i < events);
  }

  /** Notes an event: its name and all that its arguments say, except when and where it was. */
  event(name: string, args: readonly unknown[]): void {
    const line = this.#line();
    let hash = mix(0x811c9dc5, line);
    hash = mixText(hash, name);
    const [h, what] = args;
    for (const arg of args) hash = mixValue(hash, arg);
    if (!(h instanceof EventHeader)) return;
    const lock = what instanceof LockAcquire ? what.name : 0;
    this.#heard.push({
      name,
      hash,
      task: h.pid === 0 ? -1 - h.cpu : h.pid,
      time: h.time,
      line,
      lock,
      context: contextOf(h),
    });
  }
}

/** Events of an interrupt that what it interrupts is heard to make. */
const BORDERS: ReadonlySet<string> = new Set(['hardirqEntry', 'hardirqExit', 'softirqEntry', 'softirqExit']);

function contextOf({ context }: EventHeader): Context {
  if ((context & Ctx.Nmi) !== 0) return 'nmi';
  if ((context & Ctx.HardIrq) !== 0) return 'hardirq';
  return (context & Ctx.SoftIrq) !== 0 ? 'softirq' : 'task';
}

const ELSEWHERE: ReadonlySet<string> = new Set(['time', 'cpu', 'line']);

function mixValue(hash: number, value: unknown): number {
  if (typeof value === 'number') return mix(hash, value | 0);
  if (typeof value === 'boolean') return mix(hash, value ? 1 : 2);
  if (typeof value === 'string') return mixText(hash, value);
  if (typeof value !== 'object' || value === null) return hash;
  let out = hash;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key in fields) if (!ELSEWHERE.has(key)) out = mixValue(out, fields[key]);
  return out;
}

function mixText(hash: number, text: string): number {
  let out = hash;
  for (let i = 0; i < text.length; i++) out = mix(out, text.charCodeAt(i));
  return out;
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

for (const name of Object.getOwnPropertyNames(NullSink.prototype)) {
  if (name === 'constructor') continue;
  Object.defineProperty(StreamHash.prototype, name, {
    value(this: StreamHash, ...args: unknown[]) {
      this.event(name, args);
    },
  });
}
