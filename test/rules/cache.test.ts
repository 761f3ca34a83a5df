import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { TaskState } from '../../src/model/events.js';
import { Gfp } from '../../src/model/gfp.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { README_HEADINGS } from '../../src/rules/readme.js';
import {
  engineOn,
  FakeContext,
  header,
  lock,
  mutex,
  pageEvent,
  raw,
  rcuReader,
  runQueue,
  spin,
} from './fake-context.js';

/** Conditions that depend on what the built-in rules do not read: each must end up in the signature. */
const CONDITIONS: Record<string, string> = {
  'reads-size': 'event.size > 100',
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
const locks = fc.uniqueArray(
  fc.constantFrom(
    raw(),
    spin(),
    mutex(),
    rcuReader(),
    lock('lv_raw', { trylock: true }),
    lock('lv_raw', { takenAt: 'elsewhere+0x1/0x2' }),
    lock('lv_spin', { waitInner: 3, read: 1 }),
    spin('&pcp->lock'),
  ),
  { maxLength: 3 },
);
const situation = fc.record({
  held: locks,
  inHardIrq: known,
  hardIrqThreaded: known,
  inSoftIrq: known,
  hardIrqsOff: known,
  softIrqsOff: known,
  preemptDepth: fc.constantFrom(-1, 0, 1, 2),
  rcuReaderDepth: fc.constantFrom(0, 1),
  hardIrqsOffByHand: known,
  preemptOffByHand: known,
});
const event = fc.record({
  what: fc.constantFrom('alloc', 'free', 'switch', 'mightSleep', 'dereference'),
  kind: fc.constantFrom(0, 1, 2, 5, 6),
  gfp: fc.constantFrom(-1, 0, Gfp.GFP_ATOMIC, Gfp.GFP_KERNEL),
  order: fc.constantFrom(-1, 0, 1),
  size: fc.constantFrom(-1, 8, 4096),
  name: fc.constantFrom('kmalloc', 'kfree'),
  caller: fc.constantFrom('caller0+0x1/0x9', 'caller1+0x1/0x9'),
  pid: fc.constantFrom(0, 7),
  isProtected: fc.boolean(),
});
const steps = fc.array(fc.tuple(fc.nat(5), event), { minLength: 1, maxLength: 60 });
const situations = fc.array(situation, { minLength: 6, maxLength: 6 });

it.each(['strict', 'gfp-rt-nowait', 'lockless'])(
  'under %s a cached verdict is the one that asking gives',
  (policyName) => {
    fc.assert(
      fc.property(situations, steps, fc.boolean(), (contexts, events, withOwnRules) => {
        const rules = withOwnRules ? extended : builtin;
        const [cached, asked] = [true, false].map((cache) => {
          const context = new FakeContext();
          const chains = new Map<string, number>();
          const { engine, names } = engineOn(rules, context, { policyName, cache });
          for (const [which, e] of events) {
            Object.assign(context, new FakeContext(contexts[which], chains));
            const ip = names.intern(e.caller);
            const memory = pageEvent({ ...e, event: names.intern(e.name), ip, gfp: e.what === 'free' ? -1 : e.gfp });
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
      { numRuns: 60 },
    );
  },
);
