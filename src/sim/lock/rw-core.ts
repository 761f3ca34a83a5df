import { Access } from '../../explore/strategy.js';
import { ReadKind } from '../../model/events.js';
import type { Frame, Waitable } from '../frame.js';
import { disablePreempt } from '../irq/masking.js';
import type { LockdepMap } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { OpKind, PendingOp } from '../op.js';
import { enterMode, leaveMode } from './irq-mode.js';
import { Lock, noteAcquire, noteAcquired, noteContended, noteMightSleep, noteRelease } from './primitive.js';

/** How a reader-writer lock waits. */
export interface RwStyle {
  readonly name: string;
  /** Spins with preemption off, or sleeps. */
  readonly spins: boolean;
  /** Taking it is might_sleep(). */
  readonly mightSleep: boolean;
  /** Readers in interrupts pass waiting writers, and lockdep calls them recursive (rwlock_t). */
  readonly irqReadersPass: boolean;
}

/** A lock of one writer or many readers. Fair: readers that come after a waiting writer wait behind it. */
export class RwCore extends Lock implements Waitable {
  readonly style: RwStyle;
  writer: Frame | undefined = undefined;
  readonly readers: Frame[] = [];
  readonly waiters: { frame: Frame; reads: boolean }[] = [];

  constructor(machine: Machine, map: LockdepMap, style: RwStyle) {
    super(machine, map);
    this.style = style;
  }

  owners(): readonly Frame[] {
    return this.writer === undefined ? this.readers : [this.writer];
  }

  canRead(passing: boolean): boolean {
    return this.writer === undefined && (passing || this.waiters.length === 0);
  }

  canWrite(): boolean {
    return this.writer === undefined && this.readers.length === 0;
  }
}

/** The operations of a reader-writer lock. `op.a`: mode and subclass; `op.b`: nest lock's map, or flags of an unlock. */
export function rwOperations(style: RwStyle) {
  const readLock = lockKind(style, true);
  const writeLock = lockKind(style, false);
  return {
    readLock,
    writeLock,
    readTrylock: trylockKind(style, true),
    writeTrylock: trylockKind(style, false),
    readUnlock: unlockKind(style, true),
    writeUnlock: unlockKind(style, false),
    downgrade: downgradeKind(style),
  };
}

function lockKind(style: RwStyle, reads: boolean): OpKind<RwCore, unknown> {
  return {
    label: `${style.name}_${reads ? 'read' : 'write'}_lock`,
    access: Access.Write,
    cost: 25,
    attempt(machine, core, op) {
      if (op.stage !== 0) {
        noteAcquired(machine, core.map);
        return true;
      }
      const kind = enter(machine, core, op, reads);
      noteAcquire(machine, op, core.map, op.a >> 4, kind, false, op.b as LockdepMap | undefined);
      settleEntry(machine, core);
      if (reads ? core.canRead(kind === ReadKind.SharedRecursive) : core.canWrite()) {
        take(core, op.frame, reads);
        return true;
      }
      noteContended(machine, core.map);
      op.stage = 1;
      core.waiters.push({ frame: op.frame, reads });
      if (!style.mightSleep) op.frame.task.lockSleep = true;
      machine.block(core, !style.spins);
      return false;
    },
  };
}

function trylockKind(style: RwStyle, reads: boolean): OpKind<RwCore, boolean> {
  return {
    label: `${style.name}_${reads ? 'read' : 'write'}_trylock`,
    access: Access.Write,
    cost: 20,
    attempt(machine, core, op) {
      const free = reads ? core.canRead(false) : core.canWrite();
      op.value = free;
      if (!free) return true;
      if (style.spins) disablePreempt(machine, machine.cpu);
      noteAcquire(machine, op, core.map, 0, reads ? ReadKind.Shared : ReadKind.Write, true);
      take(core, op.frame, reads);
      return true;
    },
  };
}

function unlockKind(style: RwStyle, reads: boolean): OpKind<RwCore, void> {
  return {
    label: `${style.name}_${reads ? 'read' : 'write'}_unlock`,
    access: Access.Write,
    cost: 15,
    attempt(machine, core, op) {
      if (op.stage !== 0) return true;
      op.stage = 1;
      noteRelease(machine, core.map);
      if (reads) leaveReader(core, op.frame);
      else core.writer = undefined;
      admit(machine, core);
      return style.spins ? leaveMode(machine, op, op.a) : true;
    },
  };
}

function downgradeKind(style: RwStyle): OpKind<RwCore, void> {
  return {
    label: `${style.name}_downgrade`,
    access: Access.Write,
    cost: 15,
    attempt(machine, core, op) {
      const { map } = core;
      machine.emit.sink.lockDowngrade(machine.emit.stamp(machine.cpu, machine.now), map.hi, map.lo, op.ip);
      core.writer = undefined;
      core.readers.push(op.frame);
      admit(machine, core);
      return true;
    },
  };
}

/** Masks or checks what the lock's style asks for; the kind of reader for lockdep. */
function enter(machine: Machine, core: RwCore, op: PendingOp, reads: boolean): number {
  const { style } = core;
  if (style.spins) enterMode(machine, op, op.a & 15);
  else if (style.mightSleep) noteMightSleep(machine, op);
  else if (machine.cpu.preemptCount > 0 || machine.cpu.irqsOff) noteMightSleep(machine, op);
  // rwsem tells lockdep with preemption on, mutexes with it off; keep readers' kinds apart only for rwlock_t.
  if (!reads) return ReadKind.Write;
  return style.irqReadersPass && machine.cpu.inInterrupt ? ReadKind.SharedRecursive : ReadKind.Shared;
}

function settleEntry(machine: Machine, core: RwCore): void {
  if (!core.style.spins && !core.style.mightSleep) machine.cpu.current.migrateDisabled++;
}

function take(core: RwCore, frame: Frame, reads: boolean): void {
  if (reads) core.readers.push(frame);
  else core.writer = frame;
}

function leaveReader(core: RwCore, frame: Frame): void {
  const at = core.readers.indexOf(frame);
  // A reader may be released by another context (rwsem's non-owner form): then any one leaves.
  core.readers.splice(at < 0 ? 0 : at, 1);
}

/** Lets in whoever is next: a writer alone, or all readers up to the next writer. */
function admit(machine: Machine, core: RwCore): void {
  for (;;) {
    const next = core.waiters[0];
    if (next === undefined || core.writer !== undefined || (!next.reads && core.readers.length > 0)) return;
    core.waiters.shift();
    take(core, next.frame, next.reads);
    machine.resume(next.frame);
    if (!next.reads) return;
  }
}
