import type { Base, LockState } from './lock-state.js';
import { otherCpu } from './sim-objects.js';
import { emptyLocks } from './start.js';
import { ANYTHING, alternatives, CanBe, numberOf, textOfValue, truthOf, type Value, valueKey } from './value.js';
import type { Frame, Root, Walk } from './walk.js';

/** `root CONTEXT N ...`: argument N is run later, in that context. */
export function addRoot(
  w: Walk,
  f: Frame,
  words: readonly string[],
  args: readonly Value[],
  made: Value,
  line: number,
): void {
  const [context = 'task', position = '0'] = words;
  const body = args[Number(position)] ?? ANYTHING;
  const value = (word: string): Value | undefined =>
    words.includes(word) ? args[Number(words[words.indexOf(word) + 1])] : undefined;
  const fieldOf = (options: Value | undefined, field: string): Value | undefined =>
    options?.t === 'ref' ? options.o.fields.get(field) : undefined;
  const cpu = numberOf(fieldOf(value('on'), 'cpu'));
  const option = (name: string): boolean => {
    const field = fieldOf(value('options'), name);
    return field !== undefined && truthOf(field) === CanBe.True;
  };
  const name = textOfValue(value('name')) ?? `${f.call.function}:${line}`;
  const object = made.t === 'ref' ? made.o : undefined;
  const add = (base: Omit<Base, 'open'>, locks: LockState, extra: Partial<Root> = {}, code: Value = body): void => {
    for (const part of alternatives(code)) {
      if (part.t !== 'ref' || part.o.code === undefined) continue;
      const id = `${name}|${valueKey(part)}|${base.kind}${base.threaded ? 't' : ''}`;
      const known = w.roots.get(id);
      if (known !== undefined) {
        if (known.cpu === cpu || known.cpu === undefined) continue;
        w.roots.set(id, { ...known, cpu: undefined });
        w.heap.version++;
        continue;
      }
      w.roots.set(id, {
        id,
        name,
        base: { ...base, open: false },
        body: part,
        state: locks,
        around: undefined,
        signals: undefined,
        args: [],
        self: undefined,
        doubtful: f.root.doubtful || isGuess(f.root),
        cpu,
        ...extra,
      });
      w.heap.version++;
    }
  };
  const start = emptyLocks(w);
  const irqsOff = w.states.change(start, { irqsOff: true });
  const inSoftirq = w.states.change(start, { bh: 1 });
  const rt = w.config.preemptRt;
  const hardirq = (threaded: boolean): void => add({ kind: 'hardirq', threaded: threaded && !rt }, irqsOff);
  const task = { kind: 'task', threaded: false } as const;
  const softirq = { kind: 'softirq', threaded: false } as const;
  switch (context) {
    case 'irq': {
      const options = value('options');
      const thread = options?.t === 'ref' ? options.o.fields.get('thread') : undefined;
      if (rt && !option('noThread') && thread === undefined) add(task, inSoftirq);
      else hardirq(!option('noThread') && thread === undefined);
      if (thread !== undefined) add(task, start, {}, thread);
      break;
    }
    case 'hrtimer':
      if (option('hard') || (!rt && !option('soft'))) hardirq(!option('hard'));
      else add(softirq, inSoftirq);
      break;
    case 'irqwork': {
      const hard = value('hard');
      const isHard = hard !== undefined && truthOf(hard) === CanBe.True;
      if (isHard || !rt) hardirq(!isHard);
      else add(task, start);
      break;
    }
    case 'hardirq':
      hardirq(false);
      break;
    case 'nmi':
      add({ kind: 'nmi', threaded: false }, irqsOff);
      break;
    case 'timer':
      add(softirq, inSoftirq, { around: object?.sim?.parts.get('map') });
      break;
    case 'softirq':
      add(softirq, inSoftirq);
      break;
    case 'plugged':
      add(task, start, { args: [otherCpu(w) ?? ANYTHING] });
      break;
    case 'irqs-off':
      add(task, irqsOff);
      break;
    case 'bh-off':
      add(task, inSoftirq);
      break;
    case 'pushed': {
      const nmi = option('nmi');
      const threaded = option('threaded') && !rt;
      add(nmi ? { kind: 'nmi', threaded: false } : { kind: 'hardirq', threaded }, irqsOff);
      break;
    }
    case 'work':
      add(task, start, { signals: object });
      break;
    default:
      add(task, start);
  }
}

/** It was handed objects that nobody makes: what it makes of them is as little known. */
function isGuess({ base, args, self }: Root): boolean {
  return base.open && [...args, self].some((value) => value?.t === 'ref' && value.o.sim === undefined);
}
