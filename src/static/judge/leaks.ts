import { Ctx, LockdepCtx } from '../../model/events.js';
import type { Evidence, Finding } from '../../model/finding.js';
import type { Fact } from '../walk/facts.js';
import { type Bits, type GotOut, type HeldLock, type Leave, NOTHING_GOT_OUT } from '../walk/lock-state.js';
import { leavingEvidence } from './leaving.js';

/** Locks that get out of functions and are held at the end: each is told there, by itself. */
export class ToldLeaks {
  readonly #leaves = new Map<string, Leave>();

  constructor(facts: readonly Fact[]) {
    for (const fact of facts) {
      if (!isEnd(fact)) continue;
      for (const held of fact.state.held) {
        const last = held.leak?.leaves.at(-1);
        if (last !== undefined) this.#leaves.set(keyOf(held, last), last);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#leaves.size === 0;
  }

  /** What the code would do if functions released what they leak: the same, without these locks. Ends that tell of a leak are left out. */
  mended(facts: readonly Fact[]): readonly Fact[] {
    return facts.flatMap((fact) => {
      if (!fact.state.held.some((held) => this.#isTold(held))) return [fact];
      return isEnd(fact) ? [] : [this.#without(fact)];
    });
  }

  /**
   * A finding that is there only as long as locks leak: it is told as that, behind the leak, whose finding is among `ends`.
   */
  following(finding: Finding, ends: readonly Finding[]): Finding {
    const all = [...this.#leaves.values()];
    const own = all.filter(({ name }) => finding.locks.includes(name));
    const [first, ...others] = own.length > 0 ? own : all;
    if (first === undefined) return finding;
    const because = [first, ...others].map(
      (leave): Evidence => ({
        what: `this is so only because ${leave.name} is still held, see held-at-exit`,
        where: leavingEvidence([leave]).at(-1)?.where ?? {},
      }),
    );
    const end = ends.find(({ locks }) => locks.includes(first.name));
    return {
      ...finding,
      evidence: [...finding.evidence, ...because],
      advice: `Release ${first.name} on the way on which ${first.function}() keeps it: nothing is left of this then.`,
      ...(end !== undefined && { follows: end.where }),
    };
  }

  #isTold(held: HeldLock): boolean {
    const last = held.leak?.leaves.at(-1);
    return last !== undefined && this.#leaves.has(keyOf(held, last));
  }

  #without(fact: Fact): Fact {
    let gone = NOTHING_GOT_OUT;
    const held: HeldLock[] = [];
    for (const one of fact.state.held) {
      if (one.leak !== undefined && this.#isTold(one)) gone = sum(gone, one.leak);
      else held.push(this.#lockWithout(one, gone));
    }
    const { state, deed } = fact;
    const preempt = Math.max(0, state.preempt - gone.preempt);
    const bh = Math.max(0, state.bh - gone.bh);
    return {
      ...fact,
      deed: deed.do === 'acquire' ? { ...deed, lock: this.#lockWithout(deed.lock, gone) } : deed,
      state: { ...state, held, irqsOff: state.irqsOff && !gone.irqsOff, preempt, bh },
      bits: bitsWithout(fact.bits, gone),
    };
  }

  #lockWithout(one: HeldLock, gone: GotOut): HeldLock {
    const under = one.under?.filter((other) => !this.#isTold(other));
    return { ...one, bits: bitsWithout(one.bits, gone), ...(under !== undefined && { under }) };
  }
}

/** Where somebody must not hold a lock any more. */
function isEnd({ deed }: Fact): boolean {
  return deed.do === 'exit' || deed.do === 'user-mode';
}

function keyOf({ lock }: HeldLock, { file, function: name }: Leave): string {
  return `${lock.id}|${file}#${name}`;
}

function sum(a: GotOut, b: GotOut): GotOut {
  return { irqsOff: a.irqsOff || b.irqsOff, preempt: a.preempt + b.preempt, bh: a.bh + b.bh };
}

function bitsWithout({ context, lockdep, depth }: Bits, gone: GotOut): Bits {
  const irqs = gone.irqsOff ? { off: Ctx.HardIrqsOff, on: LockdepCtx.HardIrqsOn } : { off: 0, on: 0 };
  const bottomHalves = gone.bh > 0 ? { off: Ctx.BhOff, on: LockdepCtx.SoftIrqsOn } : { off: 0, on: 0 };
  return {
    context: context & ~(irqs.off | bottomHalves.off),
    lockdep: lockdep | irqs.on | bottomHalves.on,
    depth: depth < 0 ? depth : Math.max(0, depth - gone.preempt),
  };
}
