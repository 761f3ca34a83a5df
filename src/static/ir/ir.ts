/**
 * The intermediate form that front ends write and the solver reads: functions as control-flow graphs of operations.
 * It knows nothing of a source language. Everything is plain data, so a unit can be cached as JSON and sent to workers.
 *
 * Values and lock expressions are strings, see `paths.ts`.
 */

/** Kinds of locks, and of contexts that forbid things as a lock does. */
export type LockKind =
  | 'raw'
  | 'spin'
  | 'rwlock'
  | 'local'
  | 'mutex'
  | 'rwsem'
  | 'rtmutex'
  | 'seq'
  | 'bit'
  | 'rcu'
  | 'srcu'
  | 'irq-off'
  | 'bh-off'
  | 'preempt-off';

/** Where a function can be entered from outside, other than by a call. */
export type ContextName = 'task' | 'softirq' | 'hardirq' | 'hardirq-threaded' | 'nmi';

/** Abstract values of a scalar: a set of these bits. */
export const Truth = { Zero: 1, Positive: 2, Negative: 4, NonZero: 6, Any: 7 } as const;

interface OpBase {
  /** Counted from the function's line, so that where a function stands in its file changes nothing in its graph. */
  readonly line: number;
}

/** Takes a lock; where `result` is given it is a trylock, and that value tells whether it was taken. */
export interface LockOp extends OpBase {
  readonly op: 'lock';
  /** Source name of the primitive. */
  readonly api: string;
  readonly kind: LockKind;
  readonly path: string;
  readonly read?: boolean;
  readonly result?: string;
  /** The bits of `result` that mean "taken"; default {@link Truth}.NonZero. */
  readonly taken?: number;
  /** A nesting level other than 0, as the source spells it. */
  readonly nested?: string;
  /** Taken and released again at once, inside the primitive (a wait queue's lock in a wake-up). */
  readonly momentary?: boolean;
  /** A context that a lock function switches together with its lock (`_irqsave`, `_bh`). */
  readonly withLock?: boolean;
}

export interface UnlockOp extends OpBase {
  readonly op: 'unlock';
  readonly api: string;
  readonly kind: LockKind;
  readonly path: string;
}

export interface AllocOp extends OpBase {
  readonly op: 'alloc';
  readonly api: string;
  /** kmalloc, page, percpu, vmalloc, lockless. */
  readonly memory: string;
  /** Value of the gfp argument; '' when unknown. */
  readonly gfp: string;
  /** The source ors GFP_RT_NOWAIT with other flags there, which leaves nothing of it in the mask. */
  readonly mixed?: boolean;
  /** Value of the order argument; '' when there is none or it is unknown. */
  readonly order?: string;
  /** Happens only now and then inside the primitive: findings on it are possible, not certain. */
  readonly maybe?: boolean;
}

export interface FreeOp extends OpBase {
  readonly op: 'free';
  readonly api: string;
  readonly memory: string;
  readonly path: string;
  readonly maybe?: boolean;
}

/** May block the task. */
export interface SleepOp extends OpBase {
  readonly op: 'sleep';
  readonly api: string;
  /** What it waits for (`grace-period`, `event`, ...), '' for nothing in particular. */
  readonly on: string;
  readonly path: string;
  readonly maybe?: boolean;
}

/** A direct call; names are resolved when units are put together. */
export interface CallOp extends OpBase {
  readonly op: 'call';
  readonly callee: string;
  readonly args: readonly string[];
  /** Key of the returned value. */
  readonly result: string;
}

/** A call through a function pointer: `path` ends in the member's name. */
export interface IndirectCallOp extends OpBase {
  readonly op: 'icall';
  readonly path: string;
  readonly args: readonly string[];
  readonly result: string;
}

/** `path` gets `value` ('' for unknown). */
export interface SetOp extends OpBase {
  readonly op: 'set';
  readonly path: string;
  readonly value: string;
}

/** An assertion that a lock is held. */
export interface HeldOp extends OpBase {
  readonly op: 'held';
  readonly api: string;
  readonly path: string;
  /** Undefined when the assertion does not tell. */
  readonly kind?: LockKind;
}

export type IrOp = LockOp | UnlockOp | AllocOp | FreeOp | SleepOp | CallOp | IndirectCallOp | SetOp | HeldOp;

/**
 * Where control goes after a block. `value` of a branch is tested against `when`, a set of {@link Truth} bits. `line` is that of
 * the source's jump (`goto`, `break`) where there was one; `lines` are those on the two ways of a branch, 0 for none.
 */
export type IrNext =
  | { readonly to: 'goto'; readonly block: number; readonly line?: number }
  | {
      readonly to: 'branch';
      readonly value: string;
      readonly when: number;
      readonly yes: number;
      readonly no: number;
      readonly lines?: readonly [yes: number, no: number];
    }
  | { readonly to: 'choose'; readonly blocks: readonly number[] }
  | {
      readonly to: 'return';
      readonly value: string;
      /** Counted from the function's line; {@link END_LINE} where control falls off the end. */
      readonly line: number;
    }
  | { readonly to: 'stop' };

/** Line of the return at the end of a function that the source does not spell. */
export const END_LINE = -1;

export interface IrBlock {
  readonly ops: readonly IrOp[];
  readonly next: IrNext;
}

/** What the source says of a function's locks, beside its code. */
export interface Contract {
  /** Paths that must be held at entry, and where that is said (`annotation`, `assertion`, `comment`). */
  readonly held: readonly SaidHeld[];
}

export interface SaidHeld {
  readonly path: string;
  /** `table`: whoever calls through the operations table that the function is in holds it. */
  readonly said: 'annotation' | 'assertion' | 'comment' | 'table';
  /** It is held at entry and no more at the end. */
  readonly released?: boolean;
  /** Where the one who says it knows. */
  readonly kind?: LockKind;
  readonly name?: string;
}

export interface IrFunction {
  readonly name: string;
  readonly line: number;
  readonly params: readonly string[];
  /** Type tag of parameters and locals that have one (`zone` of `struct zone *z`), by root (`$0`, `%z`). */
  readonly types: Readonly<Record<string, string>>;
  /** Visible in its own unit only. */
  readonly local: boolean;
  /** Text substitution rather than a function: its free names are those of the caller. */
  readonly macro?: boolean;
  /** Nothing in it is a violation, whoever calls it: it runs before there is anything to violate, or when nothing matters any more. */
  readonly unjudged?: boolean;
  /** Configuration under which it is compiled: `X` or `!X`. */
  readonly when?: readonly string[];
  readonly contract?: Contract;
  /** It is annotated as one that takes or releases a lock for its caller. */
  readonly handsOver?: boolean;
  readonly returnsPointer?: boolean;
  /** It can be entered in this context, as its type tells (an interrupt handler, a timer's function). */
  readonly entry?: ContextName;
  /** Block 0 is the entry. */
  readonly blocks: readonly IrBlock[];
  /** Pieces of the source that could not be understood. */
  readonly problems?: number;
}

/** A field of a struct type that matters: of a lock kind or of another struct type. */
export interface FieldFact {
  readonly struct: string;
  readonly field: string;
  /** Tag of the field's type, or ''. */
  readonly type: string;
  readonly kind?: LockKind;
}

/** A variable outside functions. */
export interface GlobalFact {
  readonly name: string;
  readonly line: number;
  readonly type: string;
  readonly kind?: LockKind;
  readonly local: boolean;
  /** One for each CPU: which of them is meant is not to be seen. */
  readonly perCpu?: boolean;
}

/** `function` is stored in member `field` of a struct of type `struct`, or registered through `struct` as a name. */
export interface TableFact {
  readonly struct: string;
  readonly field: string;
  readonly function: string;
  readonly line: number;
  /** The variable, or the object's path, where it is known. */
  readonly object?: string;
  /** Type tag of what that path starts at, where `struct` is not told and this is. */
  readonly root?: string;
}

/** A function handed to a primitive that calls it later, in `context`. */
export interface CallbackFact {
  readonly function: string;
  readonly context: ContextName;
  /** What it was handed to. */
  readonly api: string;
  readonly line: number;
}

/** A function handed, by itself or in a member of an object, to what calls it with something held or in some context. */
export interface RegisteredFact {
  /** Undefined where it is what the member of the object holds. */
  readonly function?: string;
  /** Text of the object and name of the member. */
  readonly object: string;
  readonly member: string;
  readonly context?: ContextName;
  readonly held: readonly SaidHeld[];
  readonly api: string;
  readonly line: number;
}

/** A lock initialised at run time: lockdep names the class after the argument's text. */
export interface InitFact {
  /** Type tag of the object that the lock is in, '' where it is not known. */
  readonly type: string;
  /** Members from that object to the lock (`.a.lock`), or the whole path where there is no type. */
  readonly path: string;
  readonly name: string;
  readonly kind: LockKind;
}

/** One source file. */
export interface IrUnit {
  readonly file: string;
  readonly functions: readonly IrFunction[];
  readonly fields: readonly FieldFact[];
  readonly globals: readonly GlobalFact[];
  readonly tables: readonly TableFact[];
  readonly callbacks: readonly CallbackFact[];
  readonly inits: readonly InitFact[];
  /** Its functions whose names are stored or handed on: who calls them, and from where, is not known. */
  readonly stored: readonly string[];
  /** Names that stand for other names (`#define a b`). */
  readonly aliases: Readonly<Record<string, string>>;
  /** What could not be understood, by reason, and how often. */
  readonly unknown: Readonly<Record<string, number>>;
  /** What each function was made of, for reading the file again when it has changed. */
  readonly pieces: readonly Piece[];
}

/** Facts of the whole file that are found inside functions. */
export type SideFacts = Pick<IrUnit, 'callbacks' | 'inits' | 'tables' | 'globals'> & {
  readonly registered: readonly RegisteredFact[];
};

/** What reading one function or macro made, before what the rest of the file adds. */
export interface Piece {
  /** Digest of all that it depends on, but for where it stands. */
  readonly key: string;
  /** Undefined where nothing was made of it. */
  readonly fn: IrFunction | undefined;
  /** With lines counted from the function's. */
  readonly side: SideFacts;
  /** What could not be understood. */
  readonly complaints: readonly string[];
}
