import type { AllocOp, FreeOp, LockOp, SleepOp } from '../ir/ir.js';
import type { Dropped, Held, Site } from './state.js';

/** What an effect of a function is. */
export type EffectKind = 'alloc' | 'free' | 'sleep' | 'lock';

/** A condition on a parameter: its value must be among these {@link Truth} bits. */
export interface Guard {
  readonly param: number;
  readonly value: number;
  /** The condition is on whether the parameter equals this constant (`#i-1`, `SOME_NAME`), rather than on its value. */
  readonly equals?: string;
  /** The parameter is a pointer to an object: that it is not null is the normal case. */
  readonly object?: boolean;
}

/** Something that a function does, itself or in a function it calls, that callers may forbid. */
export interface Effect {
  readonly kind: EffectKind;
  /** The call in this function, the calls below it, and at last the operation. */
  readonly chain: readonly Site[];
  readonly op: AllocOp | FreeOp | SleepOp | LockOp;
  /** Lock of a `lock` effect, in this function's terms. */
  readonly path: string;
  readonly key: string;
  readonly name: string;
  /** Value of the gfp argument in this function's terms. */
  readonly gfp: string;
  /** The caller's locks that are not held there. */
  readonly dropped: readonly Dropped[];
  readonly guards: readonly Guard[];
  /** Of a `lock` effect: interrupts, or bottom halves at least, are off there by the function's own doing. */
  readonly off: 'none' | 'bh' | 'irq';
  /** Of a `lock` effect: another lock that was waited for is held there by the function's own doing. */
  readonly covered?: boolean;
  /** Depends on what the sources do not tell. */
  readonly unsure: boolean;
  /** Stands in a branch that a function on the chain does not need to take: not done for every caller. */
  readonly optional?: boolean;
  /** Of a `lock` effect: the function, or one on the chain, can return without it. */
  readonly skipped?: boolean;
  /** The function does what only tasks may do. */
  readonly inTask?: boolean;
}

/** How a function may return. */
export interface Exit {
  /** Locks it took and still holds; paths rooted at `@return` belong to the returned object. */
  readonly held: readonly Held[];
  /** The caller's locks it released, in order. */
  readonly dropped: readonly Dropped[];
  /** What it returns then: {@link Truth} bits. */
  readonly returns: number;
  readonly guards: readonly Guard[];
}

/** All that callers need to know of a function. */
export interface Summary {
  /** Empty when it never returns. */
  readonly exits: readonly Exit[];
  readonly effects: readonly Effect[];
  /** Too many paths: only some were followed. */
  readonly partial: boolean;
}

export const PLAIN_EXIT: Exit = { held: [], dropped: [], returns: 7, guards: [] };
/** Of functions that are not known: nothing happens in them. */
export const UNKNOWN_SUMMARY: Summary = { exits: [PLAIN_EXIT], effects: [], partial: false };

/** Effects kept for each kind; the nearest to the function win. */
const KEEP: Readonly<Record<EffectKind, number>> = { alloc: 6, free: 6, sleep: 4, lock: 18 };
/** Locks kept that no type or variable tells apart. */
const KEEP_NAMELESS = 4;

/** Keeps the effects worth keeping, in an order that depends on nothing but themselves. */
export function selectEffects(effects: Iterable<Effect>): Effect[] {
  const sorted = [...effects].sort(compareEffects);
  const counts: Record<EffectKind, number> = { alloc: 0, free: 0, sleep: 0, lock: 0 };
  const sleepOn = new Map<string, number>();
  let nameless = 0;
  const out: Effect[] = [];
  for (const effect of sorted) {
    if (counts[effect.kind] >= KEEP[effect.kind]) continue;
    if (effect.kind === 'sleep') {
      const on = effect.op.op === 'sleep' ? effect.op.on : '';
      const n = sleepOn.get(on) ?? 0;
      if (n >= 2) continue;
      sleepOn.set(on, n + 1);
    }
    if (effect.kind === 'lock' && effect.key === '' && nameless++ >= KEEP_NAMELESS) continue;
    counts[effect.kind]++;
    out.push(effect);
  }
  return out;
}

function compareEffects(a: Effect, b: Effect): number {
  return (
    Number(a.unsure) - Number(b.unsure) ||
    a.dropped.length - b.dropped.length ||
    a.chain.length - b.chain.length ||
    compareText(siteOf(a).file, siteOf(b).file) ||
    compareText(siteOf(a).function, siteOf(b).function) ||
    (siteOf(a).nth ?? 0) - (siteOf(b).nth ?? 0) ||
    siteOf(a).line - siteOf(b).line ||
    (a.chain[0]?.line ?? 0) - (b.chain[0]?.line ?? 0) ||
    compareText(a.path, b.path)
  );
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Where the operation at the end of the chain is. */
export function siteOf(effect: Effect): Site {
  return effect.chain[effect.chain.length - 1] as Site;
}

/** Equal for one place. */
export function siteKey(site: Site): string {
  return `${site.file}:${site.function}:${site.nth ?? 0}:${site.line}`;
}

/** Equal for effects that callers need not tell apart. */
export function effectKey(effect: Effect): string {
  const site = siteOf(effect);
  const guards = effect.guards.map((guard) => `${guard.param}${guard.equals ?? ''}=${guard.value}`).join();
  const dropped = effect.dropped.map((lock) => lock.path).join();
  const what = effect.kind === 'lock' ? `${effect.path}:${(effect.op as LockOp).kind}:${effect.off}` : siteKey(site);
  return `${effect.kind} ${what} ${dropped} ${guards} ${effect.gfp}`;
}
