import type { LockGraph } from './lock-graph.js';
import type { ClassStats } from './lock-stats.js';

/** A context in which locks are taken and memory is allocated: bits of {@link LockContextBit}. */
export type LockContext = number;

/** Bits of a {@link LockContext}. */
export const LockContextBit = {
  /** In a softirq; with none of the first three, in a task. */
  SoftIrq: 1,
  HardIrq: 2,
  Nmi: 4,
  /** Interrupts are off; says something only with {@link LockContextBit.IrqsKnown}. */
  IrqsOff: 8,
  IrqsKnown: 16,
  /** Softirqs can come; otherwise they are off, or it is not known. */
  BhOn: 32,
  /** Sources say so: whatever they run in. */
  Sources: 64,
} as const;

/** A sequence of held locks, as the last lock and the sequence below it. Its number is its place in the list plus 1. */
export interface ObservedChain {
  /** Number of the sequence below; 0: nothing is held. */
  readonly parent: number;
  /** {@link LockClass.id}. */
  readonly cls: number;
  /** How the last lock was taken: {@link ReadKind}, and whether by trylock and with checking. */
  readonly read: number;
  readonly trylock: boolean;
  readonly checked: boolean;
  /** How often the sequence came about. */
  readonly hits: number;
}

/** Acquisitions of one place. */
export interface ObservedAcquisition {
  /** The sequence of locks that was held with the new one. */
  readonly chain: number;
  /** Function that took it, without offset; '' where it is not known. */
  readonly site: string;
  readonly context: LockContext;
  readonly count: number;
}

/** `to` was taken while `from` was held. */
export interface ObservedPair {
  /** {@link LockClass.id}s. */
  readonly from: number;
  readonly to: number;
  readonly context: LockContext;
  /** {@link Depends}. */
  readonly dependency: number;
  count: number;
}

/** How two locks depend on each other: the numbers that the store keeps. */
export const Depends = {
  Direct: 0,
  /** Only locks taken by trylock, or without checking, lay between. */
  OverTrylock: 1,
  /** Held meanwhile; what depends is in between, or nothing does. */
  No: 2,
} as const;

/** Allocations and frees of one place under locks. */
export interface ObservedAllocation {
  /** The sequence of locks that was held; never 0. */
  readonly chain: number;
  readonly site: string;
  /** The trace event or function: `kmalloc`, `mm_page_alloc`, ... */
  readonly event: string;
  readonly isFree: boolean;
  /** Canonical mask; -1 where it is not known or there is none. */
  readonly gfp: number;
  /** -1 where it is no page allocation. */
  readonly order: number;
  readonly context: LockContext;
  readonly count: number;
}

/** What an input showed beside its findings: plain data, for the store. */
export interface Observation {
  /** Release of the recorded kernel, where the input tells. */
  readonly kernel: string | undefined;
  readonly graph: LockGraph;
  readonly chains: readonly ObservedChain[];
  readonly acquisitions: readonly ObservedAcquisition[];
  readonly allocations: readonly ObservedAllocation[];
  /** Where {@link chains} do not tell what was held at acquisitions: sources. */
  readonly pairs?: readonly ObservedPair[];
  /** Unit of all times. */
  readonly unit: 'ns' | 'ticks';
  readonly times: readonly ClassStats[];
}
