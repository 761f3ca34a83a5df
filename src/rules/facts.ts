import type { Maybe } from './unknown.js';

/** Events that rules may name. */
export const EVENT_KINDS = ['alloc', 'free', 'sched_switch', 'might_sleep', 'rcu_dereference'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Allocators by their word in conditions, in the order of AllocKind (src/model/events.ts). */
export const ALLOCATORS = ['kmalloc', 'kmem_cache', 'page', 'percpu', 'vmalloc', 'lockless', 'page_batch'] as const;
export type Allocator = (typeof ALLOCATORS)[number];

/**
 * A lock's inner wait type. `unknown`: lockdep was given none, or the recording does not say; a condition that asks for
 * a certain type does not hold for it, so a lock of unknown kind makes no finding. Who wants both cases considered
 * passes an unknown among the words instead.
 */
export type WaitWord = 'free' | 'spin' | 'config' | 'sleep' | 'unknown';

export type ContextKind = 'task' | 'softirq' | 'hardirq' | 'nmi';

/** What happened. Fields that do not apply to the kind of event keep the values of {@link noEvent}. */
export interface EventFacts {
  readonly kind: EventKind;
  /** Trace event or function: `kmalloc`, `mm_page_alloc`, ... */
  readonly name: string;
  readonly allocator: Maybe<Allocator | ''>;
  /** Canonical mask; -1 where none applies (frees). */
  readonly gfp: Maybe<number>;
  /** Bytes; -1 where none applies. */
  readonly size: Maybe<number>;
  /** Page order; -1 where it is no page allocation. */
  readonly order: Maybe<number>;
  /** Function that called, '' when unknown. */
  readonly caller: string;
  /** sched_switch: the task gave up the CPU by itself instead of being preempted. */
  readonly voluntary: Maybe<boolean>;
  /** rcu_dereference: the expression's own condition says that the pointer is protected. */
  readonly protected: Maybe<boolean>;
  /** The source spells GFP_RT_NOWAIT; recordings only know the mask. */
  readonly namesGfpRtNowait: Maybe<boolean>;
  /** The source ors GFP_RT_NOWAIT with other flags, which leaves nothing of it in the mask. */
  readonly mixesGfpRtNowait: Maybe<boolean>;
}

/** A lock that the running context holds. */
export interface LockFacts {
  readonly name: string;
  readonly wait: Maybe<WaitWord>;
  readonly real: Maybe<boolean>;
  readonly checked: Maybe<boolean>;
  /** Taken shared. */
  readonly read: Maybe<boolean>;
  readonly trylock: Maybe<boolean>;
  /** Function that took it, '' when unknown. */
  readonly takenAt: string;
}

/** The context that the event happened in. */
export interface ContextFacts {
  readonly kind: Maybe<ContextKind>;
  readonly idleTask: Maybe<boolean>;
  readonly preemptible: Maybe<boolean>;
  readonly preemptionOff: Maybe<boolean>;
  readonly interruptsOff: Maybe<boolean>;
  readonly bottomHalvesOff: Maybe<boolean>;
  readonly preemptionOffByHand: Maybe<boolean>;
  readonly interruptsOffByHand: Maybe<boolean>;
  readonly hardirqThreaded: Maybe<boolean>;
  readonly rcuReaderDepth: Maybe<number>;
}

/** The kernel's configuration. */
export interface ConfigFacts {
  readonly preemptRt: Maybe<boolean>;
  readonly preemptCount: Maybe<boolean>;
}

/** The policy in force: see rules/policies. */
export interface PolicyFacts {
  readonly name: string;
  /** Words that the policy file lists. */
  readonly allows: readonly string[];
}

/** All that a condition can ask about. */
export interface Facts {
  readonly event: EventFacts;
  /** Locks held by the running context, outermost first. */
  readonly held: Maybe<readonly LockFacts[]>;
  readonly context: ContextFacts;
  readonly config: ConfigFacts;
  readonly policy: PolicyFacts;
}

/** An event of which only the kind is said: nothing applies. */
export function noEvent(kind: EventKind): EventFacts {
  return {
    kind,
    name: '',
    allocator: '',
    gfp: -1,
    size: -1,
    order: -1,
    caller: '',
    voluntary: false,
    protected: false,
    namesGfpRtNowait: false,
    mixesGfpRtNowait: false,
  };
}
