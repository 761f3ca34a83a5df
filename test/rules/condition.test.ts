import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gfp } from '../../src/model/gfp.js';
import { type Condition, ConditionLanguage } from '../../src/rules/condition.js';
import { type ContextFacts, type Facts, type LockFacts, noEvent } from '../../src/rules/facts.js';
import { OneOf, unknownBool, unknownCount, unknownMask } from '../../src/rules/unknown.js';

const language = new ConditionLanguage();

const context: ContextFacts = {
  kind: 'task',
  idleTask: false,
  preemptible: true,
  preemptionOff: false,
  interruptsOff: false,
  bottomHalvesOff: false,
  preemptionOffByHand: false,
  interruptsOffByHand: false,
  hardirqThreaded: false,
  rcuReaderDepth: 0,
};

function facts(parts: Partial<Omit<Facts, 'event' | 'context'>> & { event?: object; context?: object } = {}): Facts {
  return {
    held: [],
    config: { preemptRt: false, preemptCount: true },
    policy: { name: 'strict', allows: [] },
    ...parts,
    event: { ...noEvent('alloc'), gfp: 0, ...parts.event },
    context: { ...context, ...parts.context },
  };
}

function held(wait: LockFacts['wait'], parts: Partial<LockFacts> = {}): LockFacts {
  return { name: 'l', wait, real: true, checked: true, read: false, trylock: false, takenAt: 'f', ...parts };
}

describe('type-checking', () => {
  it.each([
    ["event.kind == 'alloc'"],
    ["'__GFP_ZERO' in event.gfp_flags && event.size > 4096"],
    ["held.exists(l, l.wait == 'spin' && l.index == 0) && size(held) < 3"],
    ["policy.name == 'strict' || 'mine' in policy.allows"],
    ['config.preempt_rt ? context.preemptible : context.rcu_reader_depth > 0'],
  ])('accepts %s', (source) => {
    expect(() => language.condition(source)).not.toThrow();
  });

  it.each([
    ['evnt.kind == "alloc"', 0, 'unknown variable: evnt'],
    ['event.kinds == "alloc"', 6, 'no such field: kinds'],
    ['held.exists(l, l.wait_type == "spin")', 17, 'no such field: wait_type'],
    ['event.size == "big"', 0, 'operands do not fit: int == string'],
    ['context.preemptible > 0', 0, 'operands do not fit: bool > int'],
    ['event.size', 0, 'it is of type int, not bool'],
    ['lock.real', 0, 'unknown variable: lock'],
    ['event.size > && true', 13, "syntax error at '&& true'"],
    ['event.size >', 12, 'it ends too early'],
    ['event.size > 3 event', 15, "syntax error at 'event'"],
  ])('rejects %s', (source, offset, problem) => {
    expect(() => language.condition(source)).toThrow(expect.objectContaining({ offset, message: problem }));
  });

  it('knows one lock in conditions on a lock', () => {
    const condition = language.lockCondition("lock.real && lock.wait == 'spin' && lock.index == 1");
    expect(condition.evaluate(facts(), held('spin'), 1)).toBe('certain');
    expect(condition.evaluate(facts(), held('spin'), 0)).toBe('no');
  });

  it('complains about what cannot be computed, as the caller wishes', () => {
    const condition = language.condition('held[0].real', ({ offset }) => new Error(`at ${offset}`));
    expect(condition.evaluate(facts({ held: [held('spin')] }))).toBe('certain');
    expect(() => condition.evaluate(facts())).toThrow('at 0');
  });
});

describe('what a condition reads', () => {
  it('lists fields, also those of keys and unary operands', () => {
    const { reads } = language.condition("!event.lockless && event['size'] > 3 && held.all(l, l.read)");
    expect(reads.fields).toEqual(new Set(['lockless', 'size', 'read']));
  });

  it('gives up on computed keys', () => {
    expect(language.condition('dyn(event)[event.name] == 3').reads.fields).toBeUndefined();
  });

  it('takes masks and numbers from literals', () => {
    const condition = language.condition("'__GFP_IO' in event.gfp_flags && event.order > 3");
    const { domain } = condition.reads;
    expect(domain.integers).toEqual([-1, 0, 1, 2, 3, 4]);
    expect(new Set(domain.masks)).toEqual(new Set([0, Gfp.UNKNOWN, Gfp.IO, Gfp.IO | Gfp.UNKNOWN]));
  });
});

describe('unknowns', () => {
  it.each([
    ['context.preemptible', 'possible'],
    ['context.preemptible || !context.preemptible', 'certain'],
    ['context.preemptible && !context.preemptible', 'no'],
    ['context.preemptible || true', 'certain'],
    ['context.preemptible && event.kind == "free"', 'no'],
    ['context.preemptible == context.interrupts_off', 'possible'],
  ])('%s is %s', (source, verdict) => {
    const unknown = facts({ context: { preemptible: unknownBool(), interruptsOff: unknownBool() } });
    expect(language.condition(source).evaluate(unknown)).toBe(verdict);
  });

  it('keeps a shared unknown the same everywhere', () => {
    const shared = unknownBool();
    const unknown = facts({ context: { preemptible: shared, interruptsOff: shared } });
    expect(language.condition('context.preemptible == context.interrupts_off').evaluate(unknown)).toBe('certain');
  });

  it('keeps the mask and its flags together', () => {
    const unknown = facts({ event: { gfp: unknownMask() } });
    const condition = language.condition("event.gfp == 'none' && '__GFP_IO' in event.gfp_flags");
    expect(condition.evaluate(unknown)).toBe('no');
    expect(language.condition("event.gfp == 'GFP_ATOMIC'").evaluate(unknown)).toBe('possible');
  });

  it('takes unknown lists of locks', () => {
    const unknown = facts({ held: new OneOf([[], [held('spin')], [held('spin'), held('sleep')]]) });
    expect(language.condition("held.exists(l, l.wait == 'spin')").evaluate(unknown)).toBe('possible');
    expect(language.condition("held.exists(l, l.wait == 'config')").evaluate(unknown)).toBe('no');
  });

  it('says possible rather than search for ever', () => {
    const locks = Array.from({ length: 30 }, () => held(new OneOf(['spin', 'config'])));
    expect(language.condition("held.all(l, l.wait != 'free')").evaluate(facts({ held: locks }))).toBe('possible');
  });
});

/** Conditions made of atoms that read what may be unknown. */
const atoms = [
  'context.preemptible',
  'context.interrupts_off',
  "context.kind == 'task'",
  "event.gfp == 'none'",
  "'__GFP_DIRECT_RECLAIM' in event.gfp_flags",
  "event.gfp == 'GFP_ATOMIC'",
  'event.order > 2',
  'event.order == 0',
  "held.exists(l, l.real && l.wait == 'spin')",
  "held.all(l, l.wait == 'config')",
];
const { condition: conditions } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(...atoms),
    tie('condition').map((inner) => `!(${inner})`),
    fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map(([a, op, b]) => `(${a} ${op} ${b})`),
  ),
}));

/** Each fact known or not; what it can be is more than a condition can tell apart. */
const ALL = {
  preemptible: [false, true],
  interruptsOff: [false, true],
  kind: ['task', 'softirq', 'hardirq', 'nmi'],
  gfp: [0, Gfp.GFP_ATOMIC, Gfp.GFP_KERNEL, Gfp.DIRECT_RECLAIM, Gfp.UNKNOWN, Gfp.ZERO],
  order: [0, 1, 2, 3, 4, 9],
  wait: ['spin', 'config', 'sleep'],
} as const;
type Choice = { [K in keyof typeof ALL]: (typeof ALL)[K][number] };
const choices = fc.record({
  preemptible: fc.constantFrom(undefined, ...ALL.preemptible),
  interruptsOff: fc.constantFrom(undefined, ...ALL.interruptsOff),
  kind: fc.constantFrom(undefined, ...ALL.kind),
  gfp: fc.constantFrom(undefined, ...ALL.gfp),
  order: fc.constantFrom(undefined, ...ALL.order),
  wait: fc.constantFrom(undefined, ...ALL.wait),
});

function world(choice: Partial<Record<keyof Choice, unknown>>): Facts {
  const unknowns = { gfp: unknownMask(), order: unknownCount() };
  const of = (key: keyof Choice): unknown =>
    choice[key] ?? (key === 'gfp' || key === 'order' ? unknowns[key] : new OneOf<unknown>(ALL[key]));
  return facts({
    event: { gfp: of('gfp'), order: of('order') },
    context: { preemptible: of('preemptible'), interruptsOff: of('interruptsOff'), kind: of('kind') },
    held: [held(of('wait') as LockFacts['wait'])],
  });
}

/** The slow, obvious way: every completion asked by itself. */
function bruteForce(condition: Condition, choice: Partial<Choice>): Set<boolean> {
  let all: Partial<Choice>[] = [choice];
  for (const key of Object.keys(ALL) as (keyof Choice)[]) {
    if (choice[key] !== undefined) continue;
    all = all.flatMap((known) => ALL[key].map((value) => ({ ...known, [key]: value })));
  }
  return new Set(all.map((known) => condition.evaluate(world(known)) === 'certain'));
}

describe('three-valued evaluation', () => {
  it('is certain when all completions hold, no when none does', () => {
    fc.assert(
      fc.property(conditions, choices, (source, choice) => {
        const condition = language.condition(source);
        const known = Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined));
        const outcomes = bruteForce(condition, known);
        const verdict = condition.evaluate(world(known));
        if (verdict === 'certain') expect(outcomes).toEqual(new Set([true]));
        else if (verdict === 'no') expect(outcomes).toEqual(new Set([false]));
        else expect(outcomes.size).toBe(2);
      }),
      { numRuns: 150 },
    );
  });
});
