import { AcquireHas, Ctx, EventHeader, type EventSink, LockAcquire } from '../../src/model/events.js';
import { StringNames } from '../../src/model/names.js';
import type { EventSource } from '../../src/trace/source.js';

/** One event: task `pid` takes or releases the lock `name` (its address and key follow from `base` and the name). */
export type Step = readonly [pid: number, what: 'take' | 'release', name: string];

/** How a made-up recording differs from others of the same locks. */
export interface Build {
  /** Where the kernel's data lies: another build or boot has its keys elsewhere. */
  readonly base?: number;
  /** Names interned first, so that the same name gets other ids. */
  readonly otherNames?: readonly string[];
  readonly ticksPerSecond?: number;
}

/** A made-up text recording of plain spinlocks on CPU 0, one line a step from line 1, one second a step. */
export function recordingOf(path: string, steps: readonly Step[], build: Build = {}): EventSource {
  const { base = 0x1000, ticksPerSecond = 1e9 } = build;
  const names = new StringNames();
  for (const name of build.otherNames ?? []) names.intern(name);
  const address = (name: string): number => base + 0x100 * (name.charCodeAt(0) - 64) + (name.charCodeAt(1) || 0);
  return {
    kind: 'ftrace',
    path,
    names,
    ticksPerSecond,
    async pump(sink: EventSink) {
      steps.forEach(([pid, what, text], index) => {
        const h = new EventHeader();
        h.pid = pid;
        h.comm = names.intern('task');
        h.line = index + 1;
        h.time = (index + 1) * ticksPerSecond;
        h.context = Ctx.Known;
        h.preemptDepth = 1;
        const name = names.intern(text);
        if (what === 'release') sink.lockRelease(h, -1, address(text), name);
        else sink.lockAcquire(h, acquisition(address(text), name, names.intern(`take_${text}+0x1`)));
      });
      sink.end();
      return { events: steps.length, bytes: 0, notes: [`${steps.length} steps`] };
    },
  };
}

function acquisition(address: number, name: number, ip: number): LockAcquire {
  const a = new LockAcquire();
  a.hi = -1;
  a.lo = address;
  a.keyHi = -1;
  a.keyLo = address + 0x10000;
  a.name = name;
  a.ip = ip;
  a.waitInner = 3;
  a.has = AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind;
  return a;
}

/** Task `pid` takes `first`, `second` inside it, and releases both. */
export function nested(pid: number, first: string, second: string): Step[] {
  return [
    [pid, 'take', first],
    [pid, 'take', second],
    [pid, 'release', second],
    [pid, 'release', first],
  ];
}
