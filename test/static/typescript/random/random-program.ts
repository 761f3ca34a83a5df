/**
 * Random scenarios as plain data. Every value is valid: numbers that choose among locks, functions or ways of writing are taken modulo
 * what there is, so that fast-check can shrink a program in any direction and it stays one. `program-text.ts` writes them as TypeScript.
 */
import fc from 'fast-check';

/** Kinds of locks that programs use. */
export const LOCK_KINDS = ['raw', 'spin', 'rwlock', 'mutex', 'rtmutex', 'rwsem', 'local', 'sema', 'percpu'] as const;
export type ProgramLockKind = (typeof LOCK_KINDS)[number];

export interface LockGene {
  readonly kind: number;
  /** Where it is kept, and so how the sources name it. */
  readonly home: number;
}

/** A piece of a function. `lock`, `callee` and the like choose; `way` is how it is written. */
export type Gene =
  | {
      readonly is: 'section';
      readonly lock: number;
      readonly mode: number;
      readonly way: number;
      readonly body: readonly Gene[];
    }
  | { readonly is: 'lock' | 'unlock'; readonly lock: number; readonly mode: number }
  | {
      readonly is: 'trylock';
      readonly lock: number;
      readonly mode: number;
      readonly way: number;
      readonly body: readonly Gene[];
      readonly other: readonly Gene[];
    }
  | { readonly is: 'if'; readonly test: number; readonly body: readonly Gene[]; readonly other: readonly Gene[] }
  | {
      readonly is: 'twice';
      readonly lock: number;
      readonly mode: number;
      readonly test: number;
      readonly body: readonly Gene[];
    }
  | { readonly is: 'loop'; readonly way: number; readonly turns: number; readonly body: readonly Gene[] }
  | { readonly is: 'switch'; readonly body: readonly Gene[]; readonly other: readonly Gene[]; readonly way: number }
  | { readonly is: 'context'; readonly what: number; readonly leak: number; readonly body: readonly Gene[] }
  | { readonly is: 'reader'; readonly body: readonly Gene[] }
  | {
      readonly is: 'alloc';
      readonly what: number;
      readonly gfp: number;
      readonly way: number;
      readonly body: readonly Gene[];
    }
  | { readonly is: 'embedded'; readonly what: number; readonly body: readonly Gene[] }
  | { readonly is: 'every'; readonly lock: number; readonly mode: number; readonly body: readonly Gene[] }
  | { readonly is: 'sleep'; readonly what: number }
  | {
      readonly is: 'call';
      readonly callee: number;
      readonly lock: number;
      readonly gfp: number;
      readonly flag: number;
      readonly way: number;
    }
  | { readonly is: 'return'; readonly test: number }
  | { readonly is: 'try'; readonly way: number; readonly body: readonly Gene[]; readonly other: readonly Gene[] }
  | { readonly is: 'trigger'; readonly what: number }
  | { readonly is: 'event'; readonly what: number }
  | { readonly is: 'dereference'; readonly isProtected: number }
  | ExtraGene;

/** What is written by one of many writers (`extras.ts`): `what` chooses among them, the rest means what that one makes of it. */
export interface ExtraGene {
  readonly is: 'extra';
  readonly what: number;
  readonly lock: number;
  readonly way: number;
  readonly body: readonly Gene[];
  readonly other: readonly Gene[];
}

/** A function that others call: it may take a lock, a mask and a flag, and calls functions behind it, itself, or the one before it. */
export interface FunctionGene {
  readonly takes: number;
  readonly lockKind: number;
  readonly body: readonly Gene[];
}

/** Something that runs by itself. */
export interface RootGene {
  readonly what: number;
  readonly cpu: number;
  readonly body: readonly Gene[];
}

/** One of several functions that call each other. `way`: how a lock and the call that leads on stand to each other. */
export interface RingGene {
  readonly lock: number;
  readonly mode: number;
  readonly way: number;
  /** Which function of the ring is called, and when. */
  readonly next: number;
  readonly before: readonly Gene[];
  readonly between: readonly Gene[];
  readonly after: readonly Gene[];
}

/** Functions that call each other as long as a counter lasts. */
export interface CycleGene {
  readonly ring: readonly RingGene[];
  readonly counter: number;
  readonly level: number;
  readonly entry: number;
}

export interface ProgramGene {
  readonly locks: readonly LockGene[];
  readonly functions: readonly FunctionGene[];
  readonly tasks: readonly RootGene[];
  readonly callbacks: readonly RootGene[];
  /** The functions are in a class, at the top of the file, or inside the scenario. */
  readonly form: number;
  readonly preemptRt: boolean;
  readonly cpus: number;
  readonly cycle: CycleGene | undefined;
}

const small = fc.nat({ max: 63 });
/** Mostly not: what makes a program wrong should not be everywhere in it. */
const rarely = fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.constant(1), weight: 1 });

const { body } = fc.letrec<{ body: readonly Gene[]; gene: Gene }>((tie) => {
  const inner = tie('body');
  const none = fc.constant<readonly Gene[]>([]);
  const maybe = fc.oneof({ arbitrary: none, weight: 2 }, { arbitrary: inner, weight: 1 });
  const leaf = (weight: number, arbitrary: fc.Arbitrary<Gene>) => ({ weight, arbitrary });
  const is = <const Name extends Gene['is']>(name: Name) => fc.constant(name);
  return {
    body: fc.array(tie('gene'), { minLength: 1, maxLength: 3, depthIdentifier: 'program', size: 'medium' }),
    gene: fc.oneof(
      { depthIdentifier: 'program', depthSize: 'small', maxDepth: 4, withCrossShrink: true },
      leaf(3, fc.record({ is: is('sleep'), what: small })),
      leaf(1, fc.record({ is: fc.constantFrom('lock' as const, 'unlock' as const), lock: small, mode: small })),
      leaf(4, fc.record({ is: is('call'), callee: small, lock: small, gfp: small, flag: small, way: small })),
      leaf(1, fc.record({ is: is('return'), test: small })),
      leaf(2, fc.record({ is: is('trigger'), what: small })),
      leaf(2, fc.record({ is: is('event'), what: small })),
      leaf(1, fc.record({ is: is('dereference'), isProtected: small })),
      leaf(10, fc.record({ is: is('section'), lock: small, mode: small, way: small, body: inner })),
      leaf(3, fc.record({ is: is('trylock'), lock: small, mode: small, way: small, body: inner, other: maybe })),
      leaf(3, fc.record({ is: is('if'), test: small, body: inner, other: maybe })),
      leaf(1, fc.record({ is: is('twice'), lock: small, mode: small, test: small, body: inner })),
      leaf(1, fc.record({ is: is('loop'), way: small, turns: small, body: inner })),
      leaf(1, fc.record({ is: is('switch'), body: inner, other: maybe, way: small })),
      leaf(2, fc.record({ is: is('context'), what: small, leak: rarely, body: inner })),
      leaf(1, fc.record({ is: is('reader'), body: inner })),
      leaf(4, fc.record({ is: is('alloc'), what: small, gfp: small, way: small, body: maybe })),
      leaf(1, fc.record({ is: is('embedded'), what: small, body: maybe })),
      leaf(1, fc.record({ is: is('every'), lock: small, mode: small, body: maybe })),
      leaf(1, fc.record({ is: is('try'), way: small, body: inner, other: maybe })),
      leaf(4, fc.record({ is: is('extra'), what: small, lock: small, way: small, body: maybe, other: maybe })),
    ),
  };
});

const some = fc.oneof({ arbitrary: fc.constant<readonly Gene[]>([]), weight: 1 }, { arbitrary: body, weight: 1 });

const cycles: fc.Arbitrary<CycleGene> = fc.record({
  ring: fc.array(
    fc.record({ lock: small, mode: small, way: small, next: small, before: some, between: some, after: some }),
    { minLength: 2, maxLength: 3 },
  ),
  counter: small,
  level: small,
  entry: small,
});

/** A random program. */
export const programs: fc.Arbitrary<ProgramGene> = fc.record({
  locks: fc.array(fc.record({ kind: small, home: small }), { minLength: 1, maxLength: 4 }),
  functions: fc.array(fc.record({ takes: small, lockKind: small, body }), { maxLength: 4 }),
  tasks: fc.array(fc.record({ what: small, cpu: small, body }), { minLength: 1, maxLength: 3 }),
  callbacks: fc.array(fc.record({ what: small, cpu: small, body }), { maxLength: 2 }),
  form: small,
  preemptRt: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, { arbitrary: fc.constant(true), weight: 1 }),
  cpus: fc.integer({ min: 1, max: 3 }),
  cycle: fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: cycles, weight: 1 }),
});

/** A random program with functions that call each other. */
export const recursivePrograms: fc.Arbitrary<ProgramGene> = fc
  .tuple(programs, cycles)
  .map(([program, cycle]) => ({ ...program, cycle }));
