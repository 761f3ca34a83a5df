import type { Context, Kind, Mode } from './kinds.js';

/**
 * What must be reported, said directly in the terms of Documentation/locking/lockdep-design.rst and of PREEMPT_RT's
 * nesting rules: who blocks whom, who may wait where. Nothing here searches a graph.
 */

/** Block conditions: whether a holder in mode `held` blocks one who wants the lock in mode `wanted`. */
export function blocks(held: Mode, wanted: Mode): boolean {
  return held === 'W' || wanted !== 'R';
}

/** A step of a scenario: what a CPU holds and what it wants, with a trylock or not. */
export interface Want {
  held: Mode;
  wanted: Mode;
  trylock?: boolean;
}

/** CPU i holds lock i and wants lock i+1, which the next CPU holds: all wait when each is blocked by the next one's holding. */
export function circleDeadlocks(cpus: readonly Want[]): boolean {
  return cpus.every((cpu, i) => {
    const next = cpus[(i + 1) % cpus.length];
    return next !== undefined && !cpu.trylock && blocks(next.held, cpu.wanted);
  });
}

/** How a kind of lock waits on PREEMPT_RT: the kinds below each other as lockdep_types.h orders them. */
const WAITS: Readonly<Record<Kind, 'never' | 'spins' | 'sleeps on RT' | 'sleeps' | 'unchecked'>> = {
  raw_spinlock: 'spins',
  spinlock: 'sleeps on RT',
  rwlock: 'sleeps on RT',
  local_lock: 'sleeps on RT',
  mutex: 'sleeps',
  rwsem: 'sleeps',
  rt_mutex: 'sleeps',
  seqcount: 'unchecked',
  work: 'unchecked',
  rcu_read_lock: 'never',
  rcu_read_lock_bh: 'never',
  rcu_read_lock_sched: 'never',
};

/** What may wait inside. RCU readers are preemptible on PREEMPT_RT, those of the sched flavour are not. */
const FORBIDS_INSIDE: Readonly<Record<Kind, readonly string[]>> = {
  raw_spinlock: ['sleeps on RT', 'sleeps'],
  spinlock: ['sleeps'],
  rwlock: ['sleeps'],
  local_lock: ['sleeps'],
  mutex: [],
  rwsem: [],
  rt_mutex: [],
  seqcount: [],
  work: [],
  rcu_read_lock: ['sleeps'],
  rcu_read_lock_bh: ['sleeps'],
  rcu_read_lock_sched: ['sleeps on RT', 'sleeps'],
};

const FORBIDDEN_IN: Readonly<Record<Context, readonly string[]>> = {
  task: [],
  softirq: ['sleeps'],
  'threaded hardirq': ['sleeps'],
  hardirq: ['sleeps on RT', 'sleeps'],
};

/**
 * The locks that an invalid-wait-context finding must name, or undefined when there must be none: the held locks that forbid it,
 * outermost first, then the one taken.
 */
export function waitViolation(
  held: readonly { kind: Kind; name: string }[],
  taken: { kind: Kind; name: string },
  context: Context,
  trylock: boolean,
): string[] | undefined {
  const waits = WAITS[taken.kind];
  if (trylock) return undefined;
  const offenders = held.filter((lock) => FORBIDS_INSIDE[lock.kind].includes(waits)).map((lock) => lock.name);
  if (offenders.length === 0 && !FORBIDDEN_IN[context].includes(waits)) return undefined;
  return [...offenders, taken.name];
}

export interface Irqs {
  hard: boolean;
  soft: boolean;
}

/** Which interrupts can come: softirqs run at the end of hard interrupts, so switching those off keeps both out. */
export function canInterrupt(kind: 'hard' | 'soft', on: Irqs): boolean {
  return kind === 'hard' ? on.hard : on.hard && on.soft;
}
