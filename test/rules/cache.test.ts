import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { TaskState } from '../../src/model/events.js';
import { Gfp } from '../../src/model/gfp.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { README_HEADINGS } from '../../src/rules/readme.js';
import { engineOn, FakeContext, header, mutex, pageEvent, raw, rcuReader, runQueue, spin } from './fake-context.js';

/** Conditions that depend on what the built-in rules do not read: each must end up in the signature. */
const CONDITIONS: Record<string, string> = {
  'reads-size': 'event.size > 100',
  'reads-order': 'event.order > 0',
  'reads-name': "event.name == 'kmalloc'",
  'reads-caller': "event.caller == 'caller1'",
  'reads-acquisition': "held.exists(l, l.trylock || l.read || l.taken_at == 'elsewhere')",
  'reads-by-key': "dyn(event)[event.name == 'kmalloc' ? 'caller' : 'name'] == 'caller0'",
};

const folder = mkdtempSync(path.join(tmpdir(), 'lockvet-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const [id, condition] of Object.entries(CONDITIONS)) {
  mkdirSync(path.join(folder, id));
  const yaml = { id, title: id, severity: 'note', events: ['alloc', 'free'], condition, message: id, advice: 'None.' };
  writeFileSync(path.join(folder, id, 'rule.yaml'), JSON.stringify({ ...yaml, locks: 'lock.trylock' }));
  writeFileSync(
    path.join(folder, id, 'README.md'),
    [`# ${id}`, ...README_HEADINGS.map((h) => `## ${h}\nx`)].join('\n'),
  );
}
const builtin = loadRuleSet();
const extended = loadRuleSet({ extra: [folder] });

const known = fc.constantFrom(true, false, undefined);
const locks = fc.uniqueArray(fc.constantFrom(raw(), spin(), mutex(), rcuReader(), spin('&pcp->lock')), {
  maxLength: 3,
});
/** All that an event and its context can be. */
const fields = {
  what: fc.constantFrom('alloc', 'alloc', 'free', 'switch', 'mightSleep', 'dereference'),
  kind: fc.constantFrom(0, 1, 2, 5, 6),
  gfp: fc.constantFrom(-1, 0, Gfp.GFP_ATOMIC, Gfp.GFP_KERNEL),
  order: fc.constantFrom(-1, 0, 1),
  size: fc.constantFrom(-1, 8, 4096),
  name: fc.constantFrom('kmalloc', 'kfree'),
  caller: fc.constantFrom('caller0+0x1/0x9', 'caller1+0x1/0x9'),
  pid: fc.constantFrom(0, 7),
  isProtected: fc.boolean(),
  held: locks,
  /** How the innermost lock was taken. */
  trylock: fc.boolean(),
  read: fc.constantFrom(0, 1),
  takenAt: fc.constantFrom('take_it+0x1/0x2', 'elsewhere+0x1/0x2'),
  inHardIrq: known,
  hardIrqThreaded: known,
  inSoftIrq: known,
  hardIrqsOff: known,
  softIrqsOff: known,
  preemptDepth: fc.constantFrom(-1, 0, 1, 2),
  rcuReaderDepth: fc.constantFrom(0, 1),
  hardIrqsOffByHand: known,
  preemptOffByHand: known,
};
const moment = fc.record(fields);
type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never;

/** A sequence in which each moment differs from the one before in one field: what the signature misses shows at once. */
const moments = fc
  .tuple(
    moment,
    fc.array(fc.tuple(fc.constantFrom(...(Object.keys(fields) as (keyof Moment)[])), moment), { maxLength: 60 }),
  )
  .map(([first, changes]) => {
    const all = [first];
    for (const [field, from] of changes) all.push({ ...(all.at(-1) ?? first), [field]: from[field] });
    return all;
  });

it.each(['strict', 'gfp-rt-nowait', 'lockless'])(
  'under %s a cached verdict is the one that asking gives',
  (policyName) => {
    fc.assert(
      fc.property(moments, fc.boolean(), (events, withOwnRules) => {
        const rules = withOwnRules ? extended : builtin;
        const [cached, asked] = [true, false].map((cache) => {
          const context = new FakeContext();
          const chains = new Map<string, number>();
          const { engine, names } = engineOn(rules, context, { policyName, cache });
          for (const e of events) {
            const { trylock, read, takenAt, ...state } = e;
            const held = e.held.map((l, i) => (i < e.held.length - 1 ? l : { ...l, trylock, read, takenAt }));
            Object.assign(context, new FakeContext({ ...state, held }, chains));
            const ip = names.intern(e.caller);
            const { kind, order, size } = e;
            const memory = pageEvent({
              kind,
              order,
              size,
              event: names.intern(e.name),
              ip,
              gfp: e.what === 'free' ? -1 : e.gfp,
            });
            const h = header(e.pid);
            if (e.what === 'alloc') engine.alloc(h, memory);
            else if (e.what === 'free') engine.free(h, memory);
            else if (e.what === 'mightSleep') engine.mightSleep(h, ip);
            else if (e.what === 'dereference') engine.rcuDereference(h, e.isProtected, names.intern(e.name), ip);
            else {
              context.hold(...context.held, runQueue());
              engine.schedSwitch(h, e.pid, TaskState.Sleeping, 8, 0);
            }
          }
          return engine.findings();
        });
        expect(cached).toEqual(asked);
      }),
      { numRuns: 100 },
    );
  },
);
