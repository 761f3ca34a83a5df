import type { ContextView, HeldLockView } from '../src/model/context-view.js';
import { AllocEvent, AllocKind, EventHeader } from '../src/model/events.js';
import { Gfp } from '../src/model/gfp.js';
import { StringNames } from '../src/model/names.js';
import { loadRuleSet, RuleEngine } from '../src/rules/index.js';

/** What rules cost an allocation event, in processor time. Usage: node --import jiti/register bench/rules.ts [events] */
const events = Number(process.argv[2] ?? 5_000_000);

const mutex: HeldLockView = {
  name: 'lv_mutex',
  waitOuter: 4,
  waitInner: 4,
  lockType: 0,
  read: 0,
  trylock: false,
  checked: true,
  real: true,
  takenAt: 'take_it+0x10/0x40',
  where: {},
};

/** A preemptible task; `chains` different sequences of held locks, one a sequence number, none for 0. */
class Task implements ContextView {
  chain = 0;
  readonly inHardIrq = false;
  readonly hardIrqThreaded = undefined;
  readonly inSoftIrq = false;
  readonly inNmi = false;
  readonly hardIrqsOff = false;
  readonly softIrqsOff = false;
  readonly preemptDepth = 0;
  readonly rcuReaderDepth = 0;
  readonly hardIrqsOffByHand = false;
  readonly preemptOffByHand = false;

  get heldCount(): number {
    return this.chain === 0 ? 0 : 1;
  }

  heldLocks(): readonly HeldLockView[] {
    return this.chain === 0 ? [] : [mutex];
  }
}

const loadStart = performance.now();
const rules = loadRuleSet();
console.log(`load and check all rules: ${(performance.now() - loadStart).toFixed(0)} ms`);

for (const policyName of ['strict', 'gfp-rt-nowait']) {
  for (const chains of [0, 1, 1000]) {
    const context = new Task();
    const policy = rules.policy(policyName);
    const engine = new RuleEngine({ rules, policy, context, names: new StringNames(), file: 'x', ticksPerSecond: 1 });
    const header = Object.assign(new EventHeader(), { pid: 1 });
    const event = Object.assign(new AllocEvent(), { kind: AllocKind.Page, gfp: Gfp.GFP_KERNEL, order: 0 });
    const run = (count: number): void => {
      for (let i = 0; i < count; i++) {
        context.chain = chains === 0 ? 0 : 1 + (i % chains);
        engine.alloc(header, event);
      }
    };
    run(200_000);
    const start = process.cpuUsage();
    run(events);
    const nanoseconds = (process.cpuUsage(start).user * 1e3) / events;
    const held = chains === 0 ? 'nothing held' : `a lock held, ${chains} chains seen before`;
    console.log(`${policyName}: ${held}: ${nanoseconds.toFixed(1)} ns an event`);
  }
}
