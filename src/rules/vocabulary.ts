import { gfpFlags, gfpText } from '../model/gfp.js';
import type { ConfigFacts, ContextFacts, EventFacts, LockFacts, PolicyFacts } from './facts.js';
import type { World } from './unknown.js';

/** A field that conditions can read: its CEL type, what it means, and how it is computed from facts in a world. */
export interface Field<F> {
  readonly type: 'string' | 'bool' | 'int' | 'list<string>';
  readonly meaning: string;
  read(facts: F, world: World): string | boolean | bigint | readonly string[];
}
export type Fields<F> = Readonly<Record<string, Field<F>>>;

/** One held lock and its place, 0 for the outermost. */
export interface PlacedLock {
  readonly lock: LockFacts;
  readonly index: number;
}

export const EVENT_FIELDS: Fields<EventFacts> = {
  kind: {
    type: 'string',
    meaning: 'alloc, free, sched_switch, might_sleep or rcu_dereference',
    read: (event) => event.kind,
  },
  name: {
    type: 'string',
    meaning: 'trace event or function, such as kmalloc or mm_page_alloc',
    read: (event) => event.name,
  },
  allocator: {
    type: 'string',
    meaning: 'kmalloc, kmem_cache, page, percpu, vmalloc, lockless, page_batch, or empty where none is concerned',
    read: (event, world) => world.pick(event.allocator),
  },
  lockless: {
    type: 'bool',
    meaning: 'the function is made for any context (alloc_pages_nolock, kmalloc_nolock and their frees)',
    read: (event, world) => world.pick(event.allocator) === 'lockless',
  },
  gfp: {
    type: 'string',
    meaning: 'the gfp mask as traces print it, none for the mask 0, empty where no mask applies',
    read: (event, world) => {
      const mask = world.pick(event.gfp);
      return mask === -1 ? '' : gfpText(mask);
    },
  },
  gfp_flags: {
    type: 'list<string>',
    meaning: 'the single flags of the mask, such as __GFP_DIRECT_RECLAIM',
    read: (event, world) => {
      const mask = world.pick(event.gfp);
      return mask === -1 ? [] : gfpFlags(mask);
    },
  },
  gfp_known: {
    type: 'bool',
    meaning: 'a mask applies and is known',
    read: (event) => typeof event.gfp === 'number' && event.gfp !== -1,
  },
  size: {
    type: 'int',
    meaning: 'bytes requested, -1 where none applies',
    read: (event, world) => BigInt(world.pick(event.size)),
  },
  order: {
    type: 'int',
    meaning: 'page order, -1 where it is no page allocation',
    read: (event, world) => BigInt(world.pick(event.order)),
  },
  caller: { type: 'string', meaning: 'function that called, empty when unknown', read: (event) => event.caller },
  voluntary: {
    type: 'bool',
    meaning: 'sched_switch: the task gave up the CPU by itself',
    read: (event, world) => world.pick(event.voluntary),
  },
  protected: {
    type: 'bool',
    meaning: 'rcu_dereference: its own condition says that the pointer is protected',
    read: (event, world) => world.pick(event.protected),
  },
  names_gfp_rt_nowait: {
    type: 'bool',
    meaning: 'the source spells GFP_RT_NOWAIT',
    read: (event, world) => world.pick(event.namesGfpRtNowait),
  },
  mixes_gfp_rt_nowait: {
    type: 'bool',
    meaning: 'the source ors GFP_RT_NOWAIT with other flags',
    read: (event, world) => world.pick(event.mixesGfpRtNowait),
  },
};

export const LOCK_FIELDS: Fields<PlacedLock> = {
  name: { type: 'string', meaning: 'class name as lockdep shows it', read: ({ lock }) => lock.name },
  wait: {
    type: 'string',
    meaning:
      'spin (raw_spinlock_t), config (spinlock_t, rwlock_t, local_lock_t), sleep (mutex, rwsem), free or unknown',
    read: ({ lock }, world) => world.pick(lock.wait),
  },
  real: {
    type: 'bool',
    meaning: 'a lock, not a pseudo lock such as an RCU reader or a work item',
    read: ({ lock }, world) => world.pick(lock.real),
  },
  checked: {
    type: 'bool',
    meaning: 'lockdep validates the acquisition',
    read: ({ lock }, world) => world.pick(lock.checked),
  },
  read: { type: 'bool', meaning: 'taken shared', read: ({ lock }, world) => world.pick(lock.read) },
  trylock: { type: 'bool', meaning: 'taken by a trylock', read: ({ lock }, world) => world.pick(lock.trylock) },
  taken_at: {
    type: 'string',
    meaning: 'function that took it, empty when unknown',
    read: ({ lock }) => lock.takenAt,
  },
  index: { type: 'int', meaning: '0 for the outermost lock held', read: ({ index }) => BigInt(index) },
};

export const CONTEXT_FIELDS: Fields<ContextFacts> = {
  kind: {
    type: 'string',
    meaning: 'task, softirq, hardirq or nmi',
    read: (context, world) => world.pick(context.kind),
  },
  idle_task: {
    type: 'bool',
    meaning: 'the idle task itself runs; before the scheduler starts, it is the one that boots the kernel',
    read: (context, world) => world.pick(context.idleTask),
  },
  preemptible: {
    type: 'bool',
    meaning: "the kernel's preemptible(): a task with preemption, interrupts and bottom halves on",
    read: (context, world) => world.pick(context.preemptible),
  },
  preemption_off: {
    type: 'bool',
    meaning: 'the preemption count is above 0',
    read: (context, world) => world.pick(context.preemptionOff),
  },
  interrupts_off: {
    type: 'bool',
    meaning: 'hard interrupts are off',
    read: (context, world) => world.pick(context.interruptsOff),
  },
  bottom_halves_off: {
    type: 'bool',
    meaning: 'bottom halves are off',
    read: (context, world) => world.pick(context.bottomHalvesOff),
  },
  preemption_off_by_hand: {
    type: 'bool',
    meaning: 'preemption is off although no held lock turned it off',
    read: (context, world) => world.pick(context.preemptionOffByHand),
  },
  interrupts_off_by_hand: {
    type: 'bool',
    meaning: 'hard interrupts are off although no held lock turned them off',
    read: (context, world) => world.pick(context.interruptsOffByHand),
  },
  hardirq_threaded: {
    type: 'bool',
    meaning: 'PREEMPT_RT would run this hard interrupt in a thread',
    read: (context, world) => world.pick(context.hardirqThreaded),
  },
  rcu_reader_depth: {
    type: 'int',
    meaning: 'nesting of rcu_read_lock() and its _bh and _sched forms',
    read: (context, world) => BigInt(world.pick(context.rcuReaderDepth)),
  },
};

export const CONFIG_FIELDS: Fields<ConfigFacts> = {
  preempt_rt: { type: 'bool', meaning: 'CONFIG_PREEMPT_RT', read: (config, world) => world.pick(config.preemptRt) },
  preempt_count: {
    type: 'bool',
    meaning: 'CONFIG_PREEMPT_COUNT',
    read: (config, world) => world.pick(config.preemptCount),
  },
};

export const POLICY_FIELDS: Fields<PolicyFacts> = {
  name: { type: 'string', meaning: "the policy's name", read: (policy) => policy.name },
  allows: { type: 'list<string>', meaning: 'what the policy lets through', read: (policy) => policy.allows },
  allows_gfp_rt_nowait: {
    type: 'bool',
    meaning: 'GFP_RT_NOWAIT is let through where nothing can preempt',
    read: (policy) => policy.allows.includes('gfp-rt-nowait'),
  },
  allows_lockless: {
    type: 'bool',
    meaning: 'functions made for any context are let through',
    read: (policy) => policy.allows.includes('lockless'),
  },
};
