import type { ContextName } from '../ir/ir.js';
import type { TreeContract } from '../ir/tree.js';
import { evaluate } from './expressions.js';
import { bitsOf, type HeldLock } from './lock-state.js';
import type { Thing } from './thing.js';
import { alternatives } from './value.js';
import type { Frame, State, Walk } from './walk.js';

/**
 * What a function's doc comment asks of its callers, at the call: `@mustHold`, `@mustNotHold`, `@context`; `@maySleep` is
 * might_sleep() at its beginning. Where the callers are not known, what it asks for is taken to be so.
 */
export function enterContract(
  w: Walk,
  caller: Frame,
  f: Frame,
  states: readonly State[],
  line: number,
): readonly State[] {
  const contract = f.code?.fn.contract;
  if (contract === undefined || f.root.id === 'set-up') return states;
  const isFirst = f.root.base.open && caller.call.parent === undefined && caller.code === undefined;
  return states.map((s) => {
    if (isFirst) return assume(w, f, s, contract);
    check(w, caller, f, s, contract, line);
    return s;
  });
}

function check(w: Walk, caller: Frame, f: Frame, s: State, contract: TreeContract, line: number): void {
  const name = f.code?.fn.name ?? '';
  for (const { e, text } of contract.held) {
    const locks = locksOf(w, f, s, e);
    if (locks.length === 0 || locks.some((lock) => isHeld(w, f, s, lock))) continue;
    f.broken.add(text);
    // Who asked for the same of its own caller has told that one.
    if (caller.broken.has(text) && text.startsWith('this.') && caller.self === f.self) continue;
    tell(w, caller, s, line, name, `${name}() must be called with ${text} held, and it is not`, locks);
  }
  for (const { e, text } of contract.notHeld) {
    const held = locksOf(w, f, s, e).filter((lock) => isHeld(w, f, s, lock));
    if (held.length > 0) tell(w, caller, s, line, name, `${name}() must not be called with ${text} held`, held);
  }
  if (
    contract.contexts.length > 0 &&
    !caller.root.base.open &&
    !contract.contexts.some((context) => isIn(f, s, context))
  ) {
    const wanted = contract.contexts.join(' or ');
    tell(w, caller, s, line, name, `${name}() is called in ${f.root.base.kind} context; it is for ${wanted}`, []);
  }
  if (contract.maySleep) note(w, caller, s, line, name, { do: 'sleep' });
}

function locksOf(w: Walk, f: Frame, s: State, e: Parameters<typeof evaluate>[2]): Thing[] {
  return evaluate(w, f, e, s).flatMap(({ v }) =>
    alternatives(v).flatMap((part) => (part.t === 'ref' && part.o.sim?.lock !== undefined ? [part.o] : [])),
  );
}

function isHeld(w: Walk, f: Frame, s: State, lock: Thing): boolean {
  w.touched.note(f.code?.fn, lock);
  const key = lock.many ? lock.sim?.lock?.key : undefined;
  return s.locks.held.some((held) => held.lock === lock || (key !== undefined && held.lock.sim?.lock?.key === key));
}

function isIn(f: Frame, s: State, context: ContextName | 'atomic'): boolean {
  const { kind, threaded } = f.root.base;
  if (context === 'atomic') return kind !== 'task' || s.locks.preempt > 0 || s.locks.irqsOff || s.locks.bh > 0;
  if (context === 'hardirq-threaded') return kind === 'hardirq' && threaded;
  return kind === context;
}

function tell(w: Walk, f: Frame, s: State, line: number, api: string, message: string, locks: readonly Thing[]): void {
  note(w, f, s, line, api, { do: 'assert', message, locks: locks.map((lock) => lock.sim?.lock?.name ?? '') });
}

function note(
  w: Walk,
  f: Frame,
  s: State,
  line: number,
  api: string,
  deed: Parameters<Walk['facts']['note']>[0]['deed'],
): void {
  const { base, id: root } = f.root;
  const moment = w.facts.moment(f.call, line, api, s.locks.id);
  const bits = bitsOf(base, s.locks, w.config);
  const sure = f.sure && !f.split && !s.doubtful && f.maybe === 0;
  w.facts.note({ deed, base, state: s.locks, bits, moment, root, needs: [], sure });
}

/** The state that a function asks for. */
function assume(w: Walk, f: Frame, s: State, contract: TreeContract): State {
  let { locks } = s;
  if (contract.contexts.includes('atomic') && !contract.contexts.includes('task')) {
    locks = w.states.change(locks, { preempt: locks.preempt + 1 });
  }
  for (const { e } of contract.held) {
    const [lock] = locksOf(w, f, { ...s, locks }, e);
    if (lock === undefined) continue;
    const isSpinning =
      (lock.sim?.lock?.waitInner ?? 0) === 2 || (!w.config.preemptRt && lock.sim?.lock?.waitInner === 3);
    if (isSpinning) locks = w.states.change(locks, { preempt: locks.preempt + 1 });
    const held: HeldLock = {
      lock,
      read: 0,
      subclass: 0,
      trylock: false,
      nest: undefined,
      moment: w.facts.moment(f.call, f.code?.fn.line ?? 0, '@mustHold', locks.id),
      bits: bitsOf(f.root.base, locks, w.config),
      unwatched: false,
      guessed: false,
    };
    locks = w.states.change(locks, { held: [...locks.held, held] });
  }
  return { ...s, locks };
}
