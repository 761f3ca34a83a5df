/** Operations that random programs are made of, as text. */
import type { RootGene } from './random-program.js';
import { Level } from './scope.js';

export const GFP = [
  'Gfp.GFP_KERNEL',
  'Gfp.GFP_ATOMIC',
  'Gfp.GFP_NOWAIT',
  'Gfp.GFP_RT_NOWAIT',
  'Gfp.GFP_ATOMIC | Gfp.NOWARN',
  'Gfp.GFP_NOWAIT | Gfp.DIRECT_RECLAIM',
  'MASK',
  'Gfp.GFP_KERNEL & ~Gfp.DIRECT_RECLAIM',
  'Gfp.GFP_KERNEL & ~(Gfp.FS | Gfp.IO)',
  'MASK | Gfp.DIRECT_RECLAIM',
  'CONFIG_OFF ? Gfp.GFP_KERNEL : Gfp.GFP_ATOMIC',
];

/** Masks made of the one that the caller passed. */
export const PASSED_GFP = ['gfp', 'gfp', 'gfp & ~Gfp.DIRECT_RECLAIM', 'gfp | Gfp.ZERO', 'gfp & ~Gfp.NOWARN'];

/** Questions that depend on where or when they are asked. */
export const QUESTIONS = [
  'kernel.jiffies > 0',
  'kernel.now > 9000',
  '(yield* dev.flag.readOnce()) > 0',
  'kernel.preemptible',
  'kernel.inTask',
  'kernel.irqsDisabled',
  'kernel.inHardirq',
  'kernel.inServingSoftirq',
  'kernel.preemptRt',
  'kernel.smpProcessorId === 0',
  'kernel.cpuOnline(0)',
  'kernel.cpus > 1',
  'dev.done.isDone',
  'dev.queue.active',
  'dev.single.active',
  'dev.simple.active',
];

export const CALLBACKS = [
  'irq',
  'hardirq',
  'hrtimer',
  'timer',
  'tasklet',
  'irqWork',
  'work',
  'softirq',
  'rcu',
  'work',
] as const;

/** What the others do not choose. */
const NMI_FROM = 60;

export const LEVELS: Readonly<Record<Callback, Level>> = {
  irq: Level.Spin,
  hardirq: Level.Raw,
  hrtimer: Level.Raw,
  timer: Level.Spin,
  tasklet: Level.Spin,
  irqWork: Level.Spin,
  work: Level.Sleep,
  softirq: Level.Spin,
  rcu: Level.Sleep,
  nmi: Level.Raw,
};

export const SLEEPS = [
  'kernel.udelay(5)',
  'kernel.msleep(1)',
  'kernel.mightSleep()',
  'kernel.condResched()',
  'kernel.udelay(1)',
  'kernel.scheduleTimeout(1)',
  'kernel.udelay(1)',
  'kernel.rcu.synchronize()',
  'kernel.cpuRelax()',
];

export const EVENTS = [
  'dev.done.complete()',
  'dev.done.waitTimeout(2)',
  'dev.queue.wakeUp()',
  'dev.queue.waitEventTimeout(() => dev.go.value > 0, 2)',
  'dev.go.inc()',
  'dev.single.wakeUp()',
  'dev.done.completeAll()',
  'dev.done.wait()',
  'dev.single.waitEvent(() => dev.go.value > 0)',
];

export const CONTEXTS: readonly (readonly [off: string, on: string, flags: boolean])[] = [
  ['preemptDisable', 'preemptEnable', false],
  ['localIrqDisable', 'localIrqEnable', false],
  ['localIrqSave', 'localIrqRestore', true],
  ['localBhDisable', 'localBhEnable', false],
  ['migrateDisable', 'migrateEnable', false],
];

/** GFP stands for the mask, OBJECT for what is freed. */
export const MEMORY: readonly (readonly [alloc: string, free: string])[] = [
  ['kernel.mm.kmalloc(64, GFP)', 'kernel.mm.kfree(OBJECT)'],
  ['kernel.mm.allocPage(GFP)', 'kernel.mm.freePage(OBJECT)'],
  ['kernel.mm.kmalloc(64, GFP)', 'kernel.mm.kfree(OBJECT)'],
  ['kernel.mm.allocPages(GFP, 1)', 'kernel.mm.freePage(OBJECT)'],
  ['kernel.mm.allocPage(GFP)', 'kernel.mm.freePage(OBJECT)'],
  ['kernel.mm.vmalloc(8192)', 'kernel.mm.vfree(OBJECT)'],
  ['kernel.mm.allocPercpu(64, GFP)', 'kernel.mm.freePercpu(OBJECT)'],
  ['kernel.mm.allocPagesNolock()', 'kernel.mm.freePagesNolock(OBJECT)'],
  ['kernel.mm.kmallocNolock(64)', 'kernel.mm.kfreeNolock(OBJECT)'],
  ['dev.cache.alloc(GFP)', 'dev.cache.free(OBJECT)'],
  ['dev.cache.alloc(GFP)', 'dev.cache.free(OBJECT)'],
  ['kernel.mm.kmalloc(32, GFP)', 'kernel.mm.kfreeBulk([OBJECT])'],
];

export type Callback = (typeof CALLBACKS)[number] | 'nmi';

export function callbackOf(root: RootGene): Callback {
  if (root.what >= NMI_FROM) return 'nmi';
  return CALLBACKS[root.what % CALLBACKS.length] ?? 'irq';
}

export const TRIGGERS: Readonly<Record<Callback, readonly [string, ...string[]]>> = {
  irq: ['yield* CB.raise()'],
  hardirq: ['yield* CB.raise()'],
  hrtimer: ['yield* CB.start(1000)', 'yield* CB.start(500)', 'yield* CB.cancel()'],
  timer: ['yield* CB.modTimer(1)', 'yield* CB.modTimer(0)', 'yield* CB.deleteSync()'],
  tasklet: ['yield* CB.schedule()'],
  irqWork: ['yield* CB.queue()'],
  work: [
    'yield* events.queueWork(CB)',
    'yield* events.queueWork(CB)',
    'yield* events.flushWork(CB)',
    'yield* events.cancelWorkSync(CB)',
    'yield* events.queueDelayedWork(CB, 1)',
  ],
  softirq: ['yield* kernel.raiseSoftirq(8)'],
  rcu: ['yield* kernel.rcu.call(CB)'],
  nmi: ['CB.raiseNow(1)', 'CB.raiseNow(3)'],
};

/** What stands before and after the function of a callback. */
export function callbackWords(what: Callback, name: string, choice: number, cpus: number): readonly [string, string] {
  const cpu = `cpu: ${choice % cpus}`;
  switch (what) {
    case 'irq':
      return [`kernel.irq(${name}, `, `, { ${cpu}, times: ${choice % 3} })`];
    case 'hardirq':
      return [`kernel.irq(${name}, `, `, { ${cpu}, noThread: true, times: ${choice % 3} })`];
    case 'hrtimer':
      return [`kernel.hrtimer(${name}, `, [')', ', { hard: true })', ', { soft: true })'][choice % 3] ?? ')'];
    case 'timer':
    case 'tasklet':
    case 'irqWork':
    case 'work':
      return [`kernel.${what}(${name}, `, ')'];
    case 'nmi':
      return [`kernel.nmi(${name}, `, `, ${choice % cpus})`];
    case 'softirq':
      return ['kernel.openSoftirq(8, ', ')'];
    case 'rcu':
      return ['', ''];
  }
}
