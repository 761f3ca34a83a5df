import { Access } from '../../explore/strategy.js';
import type { Op } from '../../sim/index.js';
import type { OpKind } from '../../sim/op.js';
import { ReaderFlavour, type SrcuData } from './cpu-data.js';
import type { SrcuStruct } from './srcu-struct.js';

/** Index of the counters that a reader began on: its end must be given the same one. */
export type SrcuIndex = 0 | 1;

const READ_INDEX: OpKind<SrcuStruct, SrcuIndex> = {
  label: 'READ_ONCE',
  access: Access.Read,
  cost: 2,
  attempt(_machine, ssp, op) {
    ssp.warn(!ssp.isCleanedUp, 'a reader begins after cleanup_srcu_struct()');
    op.value = ssp.has('srcu-index-stuck') ? 0 : ssp.currentIndex;
    return true;
  },
};

/** this_cpu_inc(): `a` is the index, `b` the reader's flavour, none for SRCU's own. One instruction on whatever CPU the reader is by then. */
const COUNT_LOCK: OpKind<SrcuStruct, void> = {
  label: 'srcu_read_lock',
  access: Access.Write,
  cost: 5,
  attempt(machine, ssp, op) {
    const data = ssp.dataOf(machine.cpu.id);
    if (op.b !== ReaderFlavour.None && data.flavour === ReaderFlavour.None) data.flavour = op.b as number;
    ssp.warn(op.b === ReaderFlavour.None || data.flavour === op.b, 'readers of different flavours on one srcu_struct');
    data.lockCount[op.a as SrcuIndex]++;
    return true;
  },
};

const COUNT_UNLOCK: OpKind<SrcuStruct, void> = {
  label: 'srcu_read_unlock',
  access: Access.Write,
  cost: 5,
  attempt(machine, ssp, op) {
    if (machine.tracksOrder) machine.ordering.release(ssp, op.frame);
    ssp.warn(op.a === 0 || op.a === 1, 'srcu_read_unlock() with an index that srcu_read_lock() never returns');
    const index = ssp.has('srcu-unlock-current') ? ssp.currentIndex : (op.a as SrcuIndex);
    ssp.dataOf(machine.cpu.id).unlockCount[index]++;
    return true;
  },
};

/**
 * __srcu_read_lock(): looks which index is current, then counts itself there. Between the two the index may change, even more
 * than once; that is why a grace period has to look at both indexes.
 */
export function* enterReader(ssp: SrcuStruct, flavour: number = ReaderFlavour.None): Op<SrcuIndex> {
  const index = yield* ssp.machine.arm(READ_INDEX, ssp);
  yield* ssp.machine.arm(COUNT_LOCK, ssp, index, flavour);
  return index;
}

/** __srcu_read_unlock(): on any CPU, by any task. */
export function leaveReader(ssp: SrcuStruct, index: SrcuIndex): Op<void> {
  return ssp.machine.arm(COUNT_UNLOCK, ssp, index);
}

/** Reads one CPU's counter; `a`: twice the CPU, and the index. */
function countReader(label: string, countsOf: (data: SrcuData) => [number, number]): OpKind<SrcuStruct, number> {
  return {
    label,
    access: Access.Read,
    cost: 3,
    attempt(_machine, ssp, op) {
      op.value = countsOf(ssp.dataOf(op.a >> 1))[(op.a & 1) as SrcuIndex];
      return true;
    },
  };
}
const LOCKS = countReader('srcu_readers_lock_idx', (data) => data.lockCount);
const UNLOCKS = countReader('srcu_readers_unlock_idx', (data) => data.unlockCount);

function* sum(ssp: SrcuStruct, index: SrcuIndex, kind: OpKind<SrcuStruct, number>): Op<number> {
  let total = 0;
  for (const data of ssp.cpus) {
    if (ssp.has('srcu-one-cpu-missing') && data === ssp.cpus[ssp.cpus.length - 1]) continue;
    total += yield* ssp.machine.arm(kind, ssp, (data.cpu << 1) | index);
  }
  return total;
}

/**
 * Whether all readers of an index have ended: unlocks are summed up before locks, so that a reader that is missed in one is missed
 * in the other or makes the sums differ. srcu_readers_active_idx_check()
 */
export function* isDrained(ssp: SrcuStruct, index: SrcuIndex): Op<boolean> {
  if (ssp.has('srcu-locks-first')) {
    const locks = yield* sum(ssp, index, LOCKS);
    return locks === (yield* sum(ssp, index, UNLOCKS));
  }
  const unlocks = yield* sum(ssp, index, UNLOCKS);
  return unlocks === (yield* sum(ssp, index, LOCKS));
}

/** Whether any reader is there, at a guess: for the check at clean-up. srcu_readers_active() */
export function* isActive(ssp: SrcuStruct): Op<boolean> {
  let total = 0;
  for (const index of [0, 1] as const) {
    total += yield* sum(ssp, index, LOCKS);
    total -= yield* sum(ssp, index, UNLOCKS);
  }
  return total !== 0;
}
