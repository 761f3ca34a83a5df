import { Access } from '../../explore/strategy.js';
import { ReadKind } from '../../model/events.js';
import { WaitType } from '../../model/wait-type.js';
import { maskIrqs, unmaskIrqs } from '../irq/masking.js';
import { LockdepMap, type LockOptions } from '../lockdep-map.js';
import type { Machine } from '../machine.js';
import type { Op, OpKind } from '../op.js';
import type { IrqFlags } from './irq-mode.js';
import { Lock, noteAcquire, noteRelease } from './primitive.js';
import { Spinlock } from './spinlock.js';

const READ_BEGIN: OpKind<Seqcount, number> = {
  label: 'read_seqcount_begin',
  access: Access.Read,
  cost: 10,
  attempt(machine, seq, op) {
    if (op.stage === 0) {
      // lockdep sees a reader for the length of the check only, interrupts off: it waits for no writer that it could have
      // interrupted (seqcount_lockdep_reader_access()).
      const { cpu } = machine;
      const wereOn = maskIrqs(machine, cpu, op.ip);
      noteAcquire(machine, op, seq.map, 0, ReadKind.SharedRecursive);
      noteRelease(machine, seq.map);
      if (wereOn) unmaskIrqs(machine, cpu, op.ip);
    }
    op.value = seq.sequence & ~1;
    return true;
  },
};

const READ_RETRY: OpKind<Seqcount, boolean> = {
  label: 'read_seqcount_retry',
  access: Access.Read,
  cost: 10,
  attempt(_machine, seq, op) {
    op.value = seq.sequence !== op.a;
    return true;
  },
};

const WRITE_BEGIN: OpKind<Seqcount, void> = {
  label: 'write_seqcount_begin',
  access: Access.Write,
  cost: 10,
  attempt(machine, seq, op) {
    noteAcquire(machine, op, seq.map, op.a);
    seq.sequence++;
    return true;
  },
};

const WRITE_END: OpKind<Seqcount, void> = {
  label: 'write_seqcount_end',
  access: Access.Write,
  cost: 10,
  attempt(machine, seq) {
    noteRelease(machine, seq.map);
    seq.sequence++;
    return true;
  },
};

/** seqcount_t: readers try again when a writer was there; writers must be serialised by something else. */
export class Seqcount extends Lock {
  /** Odd while a writer is inside. */
  sequence = 0;

  constructor(machine: Machine, name: string, options?: LockOptions) {
    super(machine, new LockdepMap(machine, name, WaitType.Unchecked, options));
  }

  /** read_seqcount_begin(): the sequence to give to {@link readRetry}; an odd one counts as changed. */
  readBegin(): Op<number> {
    return this.machine.arm(READ_BEGIN, this);
  }

  /** read_seqcount_retry(): true when a writer was there since. */
  readRetry(sequence: number): Op<boolean> {
    return this.machine.arm(READ_RETRY, this, sequence);
  }

  /** write_seqcount_begin() */
  writeBegin(): Op<void> {
    return this.machine.arm(WRITE_BEGIN, this);
  }

  /** write_seqcount_end() */
  writeEnd(): Op<void> {
    return this.machine.arm(WRITE_END, this);
  }
}

/** seqlock_t: a seqcount whose writers hold a spinlock_t. */
export class Seqlock {
  readonly #lock: Spinlock;
  readonly #count: Seqcount;

  constructor(machine: Machine, name: string) {
    this.#lock = new Spinlock(machine, `${name}.lock`);
    this.#count = new Seqcount(machine, `${name}.seqcount`);
  }

  /** read_seqbegin() */
  readBegin(): Op<number> {
    return this.#count.readBegin();
  }

  /** read_seqretry() */
  readRetry(sequence: number): Op<boolean> {
    return this.#count.readRetry(sequence);
  }

  /** write_seqlock() */
  *writeLock(): Op<void> {
    yield* this.#lock.lock();
    yield* this.#count.writeBegin();
  }

  /** write_sequnlock() */
  *writeUnlock(): Op<void> {
    yield* this.#count.writeEnd();
    yield* this.#lock.unlock();
  }

  /** write_seqlock_irqsave() */
  *writeLockIrqsave(): Op<IrqFlags> {
    const flags = yield* this.#lock.lockIrqsave();
    yield* this.#count.writeBegin();
    return flags;
  }

  /** write_sequnlock_irqrestore() */
  *writeUnlockIrqrestore(flags: IrqFlags): Op<void> {
    yield* this.#count.writeEnd();
    yield* this.#lock.unlockIrqrestore(flags);
  }
}
