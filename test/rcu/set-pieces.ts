import type { RcuOptions } from '../../src/rcu/index.js';
import { installTreeRcu, KvfreeRcu, type TreeRcu } from '../../src/rcu/index.js';
import {
  Gfp,
  type Kernel,
  type KernelOptions,
  type Op,
  type Scenario,
  type SlabObject,
  scenario,
} from '../../src/sim/index.js';

/** A situation that torture comes upon seldom, made on purpose; it asserts what must hold of it. */
export interface SetPiece {
  readonly name: string;
  /** Kernels that it makes sense on. */
  readonly kernels: readonly boolean[];
  readonly make: (faults: RcuOptions) => Scenario;
}

const BOTH = [false, true];

function piece(
  name: string,
  on: KernelOptions,
  options: RcuOptions,
  setup: (kernel: Kernel, rcu: TreeRcu) => void,
  kernels: readonly boolean[] = BOTH,
): SetPiece {
  const make = (faults: RcuOptions) =>
    scenario({ name, maxOperations: 60_000, ...on }, (kernel) =>
      setup(kernel, installTreeRcu(kernel, { fanoutLeaf: 2, fanout: 2, ...options, ...faults })),
    );
  return { name, kernels, make };
}

/** Sleeps until the condition holds. What never comes is a hang. */
function* until(kernel: Kernel, condition: () => boolean): Op<void> {
  while (!condition()) yield* kernel.scheduleTimeout(1);
}

/** The same without giving up the CPU, as a reader must; at most that many turns of half a millisecond. */
function* spinUntil(kernel: Kernel, condition: () => boolean, turns = Number.POSITIVE_INFINITY): Op<void> {
  for (let i = 0; i < turns && !condition(); i++) {
    yield* kernel.udelay(500);
    yield* kernel.cpuRelax();
  }
}

/** Long sections on some CPUs of five: nothing but their end lets the grace period end. `bySched`: preemption off is the reader. */
const longSections = (kernel: Kernel, rcu: TreeRcu, bySched: boolean) => {
  const inside = new Set<number>();
  let waiting = false;
  let open = 0;
  for (let cpu = 0; cpu < kernel.cpus - 1; cpu += bySched ? 1 : 2) {
    open++;
    const section = function* (): Op<void> {
      yield* bySched ? rcu.readLockSched() : rcu.readLock();
      inside.add(cpu);
      for (let i = 0; i < 40 || (!waiting && i < 400); i++) yield* kernel.udelay(2000);
      inside.delete(cpu);
      yield* bySched ? rcu.readUnlockSched() : rcu.readUnlock();
      open--;
    };
    kernel.task(`section${cpu}`, section, { affinity: cpu });
  }
  const updater = function* waitForAll(): Op<void> {
    // A schedule by priorities may let all of them end before.
    yield* until(kernel, () => inside.size > 0 || open === 0);
    const before = [...inside];
    waiting = true;
    yield* rcu.synchronize();
    kernel.assert(!before.some((cpu) => inside.has(cpu)), 'a grace period ends before a section that was open');
  };
  kernel.task('updater', updater, { affinity: kernel.cpus - 1 });
};
const LONG_SCHED = piece('long, preemption off', { cpus: 5 }, {}, (kernel, rcu) => longSections(kernel, rcu, true));
const LONG_READERS = piece('long readers', { cpus: 5 }, {}, (kernel, rcu) => longSections(kernel, rcu, false));

/** A reader that a real-time task keeps off its CPU: the grace period that `wait` waits for ends because it is boosted. */
const keptAway = (kernel: Kernel, rcu: TreeRcu, wait: () => Op<void>) => {
  const at = { inside: false, hogged: false, over: false };
  const reader = kernel.task(
    'reader',
    function* readSlowly() {
      yield* rcu.readLock();
      at.inside = true;
      yield* spinUntil(kernel, () => at.hogged);
      yield* kernel.udelay(10);
      yield* rcu.readUnlock();
    },
    { affinity: 1 },
  );
  kernel.task(
    'hog',
    function* hogCpu() {
      yield* until(kernel, () => at.inside);
      at.hogged = true;
      yield* spinUntil(kernel, () => at.over, 2000);
      kernel.assert(at.over, 'a grace period waits for a reader that is not boosted');
      kernel.assert(reader.prio === reader.normalPrio, 'a reader keeps the priority of its boost');
    },
    { affinity: 1, priority: 10 },
  );
  kernel.task(
    'updater',
    function* waitForReader() {
      yield* until(kernel, () => at.hogged);
      yield* wait();
      at.over = true;
    },
    { affinity: 0 },
  );
};
const BOOSTING: RcuOptions = { boost: true, boostDelay: 2, kthreadPrio: 50 };
const BOOST = piece('boost', { cpus: 2 }, BOOSTING, (kernel, rcu) => keptAway(kernel, rcu, () => rcu.synchronize()));
/** No other grace period runs that would look for readers to be boosted. */
const BOOST_EXPEDITED = piece('boost, expedited', { cpus: 2 }, BOOSTING, (kernel, rcu) =>
  keptAway(kernel, rcu, () => rcu.synchronizeExpedited()),
);

/** The only callback of an offloaded CPU comes with interrupts off: rcuog can be woken only by a timer. */
const NOCB_IRQS_OFF = piece('offloaded, interrupts off', { cpus: 2 }, { nocbs: [1] }, (kernel, rcu) => {
  kernel.task(
    'caller',
    function* callAtomically() {
      let ran = false;
      const flags = yield* kernel.localIrqSave();
      yield* rcu.call(function* noteRan() {
        yield* kernel.udelay(1);
        ran = true;
      });
      yield* kernel.localIrqRestore(flags);
      yield* until(kernel, () => ran);
    },
    { affinity: 1 },
  );
});

/** Lazy callbacks alone: they come when their time has come, when memory is short, and before a barrier is over. */
const LAZY = piece('lazy', { cpus: 2 }, { nocbs: [0, 1], lazy: true, jiffiesLazyFlush: 40 }, (kernel, rcu) => {
  kernel.task('caller', function* callLazily() {
    let ran = 0;
    const count = function* countRan(): Op<void> {
      yield* kernel.udelay(1);
      ran++;
    };
    yield* rcu.call(count);
    yield* until(kernel, () => ran === 1);
    yield* rcu.call(count);
    yield* rcu.barrier();
    kernel.assert(ran === 2, 'rcu_barrier() does not wait for a lazy callback');
    yield* rcu.call(count);
    const before = kernel.jiffies;
    yield* rcu.callHurry(count);
    yield* until(kernel, () => ran === 4);
    const byClock = !kernel.machine.strategy.anyTime;
    kernel.assert(!byClock || kernel.jiffies - before < 30, 'call_rcu_hurry() is in no hurry');
  });
});

/** Memory is short while lazy callbacks wait for a time that does not come. */
const LAZY_SHRINK = piece(
  'lazy, shrinker',
  { cpus: 2 },
  { nocbs: [0, 1], lazy: true, jiffiesLazyFlush: 1e6 },
  (kernel, rcu) => {
    kernel.task('caller', function* callAndShrink() {
      let ran = false;
      yield* rcu.call(function* noteRan() {
        yield* kernel.udelay(1);
        ran = true;
      });
      const found = yield* rcu.shrinkLazy();
      // Elsewhere than by the clock its time may come before.
      kernel.assert(found === 1 || kernel.machine.strategy.anyTime, 'the shrinker does not find the lazy callback');
      yield* until(kernel, () => ran);
    });
  },
);

/** Callers of synchronize_rcu() in a crowd, one of which comes while a grace period runs that began before a reader. */
const WAIT_HEADS = piece('wait heads', { cpus: 4 }, { wakeFromGp: true }, (kernel, rcu) => {
  const at = { oldInside: false, started: false, youngInside: false, asked: false };
  kernel.task(
    'old reader',
    function* readOld() {
      yield* rcu.readLock();
      at.oldInside = true;
      yield* spinUntil(kernel, () => at.asked);
      yield* rcu.readUnlock();
    },
    { affinity: 3 },
  );
  // Its CPU is through with the grace period that the old reader holds up.
  const { node, grpmask } = rcu.dataOf(1);
  kernel.task(
    'young reader',
    function* readYoung() {
      yield* until(kernel, () => at.oldInside && rcu.gpInProgress && (node.qsmask & grpmask) === 0);
      yield* rcu.readLock();
      at.youngInside = true;
      yield* spinUntil(kernel, () => false, 120);
      at.youngInside = false;
      yield* rcu.readUnlock();
    },
    { affinity: 1 },
  );
  kernel.task('first', function* waitFirst() {
    yield* until(kernel, () => at.oldInside);
    at.started = true;
    yield* rcu.synchronize();
  });
  kernel.task('second', function* waitSecond() {
    yield* until(kernel, () => at.youngInside);
    const inside = at.youngInside;
    at.asked = true;
    yield* rcu.synchronize();
    kernel.assert(!inside || !at.youngInside, 'synchronize_rcu() returns before a reader that was inside');
  });
  for (let i = 0; i < 12; i++) {
    kernel.task(`crowd${i}`, function* waitInCrowd() {
      yield* until(kernel, () => at.oldInside);
      yield* rcu.synchronize();
    });
  }
});

/** All CPUs of a leaf go away under a reader that was switched out there; others read on them when they are back. */
const LEAF_AWAY = piece('leaf away', { cpus: 4 }, {}, (kernel, rcu) => {
  const at = { inside: false, away: false, back: false, again: false, asked: false };
  kernel.task(
    'reader',
    function* readAndMove() {
      yield* rcu.readLock();
      at.inside = true;
      yield* spinUntil(kernel, () => at.away);
      yield* spinUntil(kernel, () => false, 60);
      at.inside = false;
      yield* rcu.readUnlock();
    },
    { cpu: 3 },
  );
  kernel.task('plug', function* plugLeaf() {
    yield* until(kernel, () => at.inside);
    yield* kernel.cpuDown(2);
    yield* kernel.cpuDown(3);
    at.away = true;
    yield* rcu.synchronize();
    kernel.assert(!at.inside, 'a grace period forgets a reader whose leaf is away');
    yield* kernel.cpuUp(2);
    yield* kernel.cpuUp(3);
    at.back = true;
    yield* until(kernel, () => at.again);
    at.asked = true;
    yield* rcu.synchronize();
    kernel.assert(!at.again, 'a grace period forgets a CPU that is back');
  });
  kernel.task('late reader', function* readOnReturned() {
    yield* until(kernel, () => at.back);
    const flags = yield* kernel.localIrqSave();
    yield* rcu.readLock();
    at.again = true;
    yield* kernel.localIrqRestore(flags);
    yield* spinUntil(kernel, () => at.asked);
    yield* spinUntil(kernel, () => false, 60);
    at.again = false;
    yield* rcu.readUnlock();
  });
});

/** A flood lifts the limit of callbacks a batch, and the end of it puts the limit back. */
const FLOOD = piece('flood', { cpus: 2 }, { blimit: 2, qhimark: 20, qlowmark: 5 }, (kernel, rcu) => {
  kernel.task(
    'flooder',
    function* flood() {
      let ran = 0;
      let lifted = false;
      for (let i = 0; i < 60; i++) {
        yield* rcu.call(function* countRan() {
          yield* kernel.udelay(1);
          ran++;
        });
        lifted ||= rcu.dataOf(0).blimit > 2;
      }
      const byClock = !kernel.machine.strategy.anyTime;
      kernel.assert(lifted || !byClock, 'a flood does not lift the limit of a batch');
      yield* rcu.barrier();
      kernel.assert(ran === 60, 'rcu_barrier() returns before a callback of the flood');
      yield* rcu.call(() => kernel.udelay(1));
      yield* rcu.barrier();
      kernel.assert(rcu.dataOf(0).blimit === 2, 'the limit of a batch stays lifted after a flood');
    },
    { affinity: 0 },
  );
});

/** A CPU that stays in user mode, and one whose reader ends with interrupts off, do not hold a grace period up. */
const USER_MODE = piece('user mode', { cpus: 2 }, {}, (kernel, rcu) => {
  kernel.task('user', () => kernel.userMode(400_000, 100), { affinity: 1 });
  kernel.task(
    'updater',
    function* waitShortly() {
      const before = kernel.jiffies;
      yield* rcu.synchronize();
      yield* rcu.synchronizeExpedited();
      const byClock = !kernel.machine.strategy.anyTime;
      kernel.assert(!byClock || kernel.jiffies - before < 20, 'a grace period waits for a CPU in user mode');
    },
    { affinity: 0 },
  );
});

/** A barrier finds the last callback being invoked: it has left the list, and is not through. */
const INVOKING = piece('barrier, invoking', { cpus: 2 }, {}, (kernel, rcu) => {
  const at = { running: false, done: false };
  kernel.task(
    'caller',
    () =>
      rcu.call(function* runLong() {
        at.running = true;
        for (let i = 0; i < 40; i++) yield* kernel.udelay(500);
        at.done = true;
      }),
    { affinity: 1 },
  );
  kernel.task(
    'barrier',
    function* waitForAll() {
      yield* until(kernel, () => at.running);
      yield* rcu.barrier();
      kernel.assert(at.done, 'rcu_barrier() returns while a callback is being invoked');
    },
    { affinity: 0 },
  );
});

/** An array that fills slowly: the grace period of its first pointer is long over when a reader still uses the last. */
const SLOW_ARRAY = piece('slow array', { cpus: 2 }, {}, (kernel, rcu) => {
  const kvfree = new KvfreeRcu(rcu, { drainJiffies: 30 });
  const at: { shown: SlabObject | null; reading: boolean; given: boolean } = {
    shown: null,
    reading: false,
    given: false,
  };
  kernel.task(
    'updater',
    function* freeTwo() {
      const first = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
      const last = yield* kernel.mm.kmalloc(64, Gfp.GFP_KERNEL);
      if (first === null || last === null) return;
      yield* kvfree.freeHeadless(first);
      yield* rcu.synchronizeExpedited();
      yield* rcu.synchronize();
      at.shown = last;
      yield* until(kernel, () => at.reading);
      yield* kvfree.free(last);
      at.given = true;
    },
    { affinity: 0 },
  );
  kernel.task(
    'reader',
    function* readLast() {
      yield* until(kernel, () => at.shown !== null);
      yield* rcu.readLock();
      const seen = at.shown;
      at.reading = true;
      yield* spinUntil(kernel, () => at.given && kvfree.stats.freed > 1, 600);
      if (seen !== null) yield* kernel.mm.touch(seen);
      yield* rcu.readUnlock();
    },
    { affinity: 1 },
  );
});

/**
 * A reader that was switched out ends with interrupts off, and its task exits before the tick that was to report it: its last switch
 * does. That tick comes upon another reader, whom an expedited grace period waits for.
 */
const EXITED = piece('exited reader', { cpus: 2 }, {}, (kernel, rcu) => {
  const at = { left: false, inside: false, asked: false };
  kernel.task(
    'leaver',
    function* exitUnreported() {
      // Arms the tick, a jiffy from now.
      yield* rcu.call(() => kernel.udelay(1));
      yield* rcu.readLock();
      kernel.machine.cpu.needResched = true;
      yield* kernel.udelay(1);
      const flags = yield* kernel.localIrqSave();
      yield* rcu.readUnlock();
      yield* kernel.localIrqRestore(flags);
      at.left = true;
    },
    { affinity: 1 },
  );
  kernel.task(
    'reader',
    function* readLong() {
      // Gives way to the other without sleeping: the sections follow each other within a jiffy.
      while (!at.left) yield* kernel.yieldCpu();
      yield* rcu.readLock();
      at.inside = true;
      yield* spinUntil(kernel, () => at.asked);
      yield* spinUntil(kernel, () => false, 60);
      at.inside = false;
      yield* rcu.readUnlock();
    },
    { affinity: 1 },
  );
  kernel.task(
    'updater',
    function* waitExpedited() {
      while (!at.inside) yield* kernel.cpuRelax();
      at.asked = true;
      yield* rcu.synchronizeExpedited();
      kernel.assert(
        !at.inside,
        "an exited task's report ends an expedited grace period before a section that was open",
      );
    },
    { affinity: 0 },
  );
});

export const SET_PIECES: readonly SetPiece[] = [
  INVOKING,
  SLOW_ARRAY,
  LONG_SCHED,
  LONG_READERS,
  BOOST,
  BOOST_EXPEDITED,
  NOCB_IRQS_OFF,
  LAZY,
  LAZY_SHRINK,
  WAIT_HEADS,
  LEAF_AWAY,
  FLOOD,
  USER_MODE,
  EXITED,
];
