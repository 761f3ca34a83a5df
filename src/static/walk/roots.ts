import { makeSim } from './api.js';
import { callValue, closureOf, emptyLocks, instanceOf, plainCall, setupRoot, startState, wakeEnd } from './calls.js';
import type { Base, Call, LockState } from './lock-state.js';
import { newJumps } from './paths.js';
import { ANYTHING, alternatives, CanBe, constant, textOfValue, truthOf, type Value, valueKey } from './value.js';
import type { Frame, Root, State, Walk } from './walk.js';

/** Rounds after which what is known of the objects is taken as it is. */
const MAX_ROUNDS = 5;

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
  const option = (name: string): boolean => {
    const options = value('options');
    const field = options?.t === 'ref' ? options.o.fields.get(name) : undefined;
    return field !== undefined && truthOf(field) === CanBe.True;
  };
  const name = textOfValue(value('name')) ?? `${f.call.function}:${line}`;
  const object = made.t === 'ref' ? made.o : undefined;
  const add = (base: Omit<Base, 'open'>, locks: LockState, extra: Partial<Root> = {}, code: Value = body): void => {
    for (const part of alternatives(code)) {
      if (part.t !== 'ref' || part.o.code === undefined) continue;
      const id = `${name}|${valueKey(part)}|${base.kind}${base.threaded ? 't' : ''}`;
      if (w.roots.has(id)) continue;
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
    case 'work':
      add(task, start, { signals: object });
      break;
    default:
      add(task, start);
  }
}

/** Walks all roots until no new object, no new value in one and no new root turns up. */
export function walkRoots(w: Walk): void {
  w.heap.concrete = false;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = w.heap.version;
    w.calls.clear();
    w.contexts.clear();
    for (const root of w.roots.values()) walkRoot(w, root);
    if (w.heap.version === before) break;
  }
}

function walkRoot(w: Walk, root: Root): void {
  const frame = rootFrame(w, root);
  const s: State = { locks: root.state, env: new Map(), needs: [], doubtful: false };
  const starts = root.around === undefined ? [s] : [wakeEnd.hold(w, frame, s, root.around)];
  const results = starts.flatMap((at) =>
    callValue(w, frame, at, root.body, root.self, root.args, plainCall(root.name, 0)),
  );
  for (const { s: end } of results) {
    const last = root.around === undefined ? end : wakeEnd.drop(w, frame, end, root.around);
    if (root.signals !== undefined) wakeEnd.signal(w, frame, last, root.signals);
    wakeEnd.exit(w, frame, last);
  }
}

function rootFrame(w: Walk, root: Root): Frame {
  const [part] = alternatives(root.body);
  const code = part?.t === 'ref' ? part.o.code : undefined;
  const unit = code?.unit ?? [...w.program.units.values()][0];
  if (unit === undefined) throw new Error('lockvet bug: a root without sources');
  const call: Call = { parent: undefined, file: unit.file, function: code?.fn.name ?? root.name, line: 0 };
  return {
    code: undefined,
    unit,
    call,
    root,
    self: root.self,
    sure: true,
    split: false,
    jumps: newJumps(),
    signals: new Map(),
    waits: new Set(),
    maybe: 0,
  };
}

/** Runs a scenario's set-up: the kernel that it is given, its options as the kernel's configuration. */
export function setUp(w: Walk, scenario: Walk['scenarios'][number]): void {
  const kernel = makeSim(w, 'Kernel', 'kernel');
  if (kernel.t === 'ref') kernel.o.put('%cpus', constant(numberOption(scenario.options, 'cpus') ?? 2));
  w.heap.concrete = true;
  const root = setupRoot(w);
  const frame: Frame = { ...rootFrame(w, { ...root, body: scenario.setup }), call: scenario.call };
  callValue(w, frame, startState(w, new Map()), scenario.setup, undefined, [kernel], plainCall('scenario', 0));
}

function numberOption(options: Value, name: string): number | undefined {
  const value = options.t === 'ref' ? options.o.fields.get(name) : undefined;
  return value?.t === 'const' && typeof value.v === 'number' ? value.v : undefined;
}

/** Adds the functions that no scenario reaches as roots of their own, callable from anywhere. */
export function addOpenRoots(w: Walk, ids: readonly string[]): void {
  const locks = emptyLocks(w);
  for (const id of ids) {
    const code = w.program.codes.get(id);
    if (code === undefined) continue;
    const owner = id.slice(id.lastIndexOf('#') + 1).split('.');
    const cls = owner.length > 1 ? `${code.unit.file}#${owner[0] ?? ''}` : '';
    const self = cls === '' ? undefined : instanceOf(w, cls, owner[0] ?? '');
    const args = code.fn.params.map(
      (param): Value => (param.init === null ? instanceOf(w, param.ty, param.name) : constant(undefined)),
    );
    w.roots.set(id, {
      id,
      name: code.fn.name,
      base: { kind: 'task', threaded: false, open: true },
      body: closureOf(w, code, new Map()),
      state: locks,
      around: undefined,
      signals: undefined,
      args,
      self,
    });
  }
}
