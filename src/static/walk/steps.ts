import { WaitKind } from '../../model/events.js';
import type { TreeCall } from '../ir/tree.js';
import { callValue, runValue } from './calls.js';
import { type Doing, holds, inInterrupt, preemptible } from './conditions.js';
import type { EventFacts } from './facts.js';
import { sendSignal } from './invoke.js';
import { bitsOf, type Moment } from './lock-state.js';
import { acquire, backedOff, release } from './lock-steps.js';
import { allocate, free } from './memory-steps.js';
import { changed, leftBy, note } from './noting.js';
import { withNeed } from './paths.js';
import { addCalled, whereabouts } from './remote-call.js';
import { addRoot } from './root-kinds.js';
import { makeSim, otherCpu, simFacts } from './sim-objects.js';
import { classFacts, methodOf, type Step } from './table.js';
import type { Thing } from './thing.js';
import {
  ANYTHING,
  alternatives,
  constant,
  FALSE,
  numberOf,
  RUNNING_CPU,
  reference,
  TRUE,
  textOfValue,
  UNDEFINED,
  type Value,
} from './value.js';
import type { Frame, Jumps, Result, State, Walk } from './walk.js';

const EVENTS: Readonly<Record<string, number>> = {
  'wait-queue': WaitKind.WaitQueue,
  completion: WaitKind.Completion,
  rcuwait: WaitKind.Rcuwait,
  'grace-period': WaitKind.GracePeriod,
  work: WaitKind.Work,
  swait: WaitKind.Swait,
  'wait-bit': WaitKind.WaitBit,
  thread: WaitKind.Thread,
};

/** Does what the table says of a method, step by step. */
export function runSteps(
  w: Walk,
  f: Frame,
  s: State,
  object: Thing,
  steps: readonly Step[],
  args: readonly Value[],
  e: TreeCall,
  api: string,
): readonly Result[] {
  const moment = w.facts.moment(f.call, e.line, api, s.locks.id);
  const d: Doing = { w, f, object, args, e, moment, saved: new Map(), part: '' };
  let paths: readonly Result[] = [{ s, v: UNDEFINED }];
  const done: Result[] = [];
  for (const [i, step] of steps.entries()) {
    if (step.verb === 'body' && i + 1 < steps.length) {
      paths = guarded(d, step, steps.slice(i + 1), paths);
      continue;
    }
    paths = paths.flatMap((path) => {
      if (!step.when.every((condition) => holds(d, path.s, condition))) return [path];
      if (step.verb === 'try') {
        // Somebody else may have it.
        const lost = api.endsWith('Irqsave') ? UNDEFINED : FALSE;
        done.push({ s: { ...path.s, doubtful: true }, v: lost });
        return [{ s: path.s, v: TRUE }];
      }
      if (step.verb === 'returns' && step.words[0] === 'rarely') {
        done.push({ s: { ...path.s, doubtful: true }, v: TRUE });
        return [{ s: path.s, v: FALSE }];
      }
      if (step.verb === 'back-off') {
        done.push({ s: backedOff(d, path.s, step.words), v: FALSE });
        return [{ s: path.s, v: TRUE }];
      }
      return runStep(d, step, path);
    });
  }
  return done.length === 0 ? paths : [...paths, ...done];
}

/** What a guard holds a lock around: where that throws, the rest of the guard runs, too. */
function guarded(d: Doing, step: Step, rest: readonly Step[], paths: readonly Result[]): readonly Result[] {
  const { f } = d;
  const outer = f.jumps;
  const inner: Jumps = { ...outer, throws: [] };
  f.jumps = inner;
  const ends = paths.flatMap((path) => runStep(d, step, path));
  f.jumps = outer;
  for (const { s, v, line } of inner.throws) {
    let thrown: readonly Result[] = [{ s, v }];
    for (const next of rest) {
      thrown = thrown.flatMap((path) =>
        next.when.every((condition) => holds(d, path.s, condition)) ? runStep(d, next, path) : [path],
      );
    }
    outer.throws.push(...thrown.map((end) => ({ s: end.s, v, ...(line !== undefined && { line }) })));
  }
  return ends;
}

function runStep(d: Doing, step: Step, path: Result): readonly Result[] {
  const { w, f } = d;
  const { s, v } = path;
  const [first = '', second = ''] = step.words;
  switch (step.verb) {
    case 'preempt': {
      const change = w.config.preemptCount ? (first === 'off' ? 1 : -1) : 0;
      return [{ s: changed(w, s, { preempt: s.locks.preempt + change }), v }];
    }
    case 'irq':
      return [irqStep(d, s, v, first, second)];
    case 'bh':
      return [{ s: bottomHalves(d, s, first === 'off'), v }];
    case 'sleep':
      note(d, s, { do: 'sleep' });
      return [path];
    case 'user-mode':
      if (s.locks.held.length > 0) {
        note(d, s, { do: 'user-mode', left: leftBy(w, f, s.locks) });
      }
      return [path];
    case 'sleep-if-atomic':
      if (s.locks.preempt > 0 || s.locks.irqsOff || inInterrupt(d)) note(d, s, { do: 'sleep' });
      return [path];
    case 'acquire': {
      const next = acquire(d, s, d.object, step.words);
      return next === undefined ? [] : [{ s: next, v }];
    }
    case 'release':
      return [{ s: release(d, s, d.object), v }];
    case 'downgrade':
      w.touched.note(f.code?.fn, d.object);
      note(d, s, { do: 'downgrade', lock: d.object });
      return [
        {
          s: changed(w, s, {
            held: s.locks.held.map((held) => (held.lock === d.object ? { ...held, read: 1 } : held)),
          }),
          v,
        },
      ];
    case 'part':
      return partStep(d, step, path);
    case 'queue': {
      const item = d.args[Number(first)];
      if (item !== undefined) d.object.add(item);
      return [path];
    }
    case 'kind': {
      const kind = d.args[Number(first)];
      if (kind !== undefined) d.object.put('%kind', kind);
      return [path];
    }
    case 'hook':
      return hookStep(d, first, path);
    case 'each':
      return eachQueued(d, first, path);
    case 'on': {
      const target = d.args[Number(first)];
      return alternatives(target ?? ANYTHING).flatMap((part) =>
        part.t === 'ref' && part.o.sim !== undefined ? w.to.callApi(w, f, s, part.o, second, [], d.e) : [path],
      );
    }
    case 'call':
      return callStep(d, first, path);
    case 'maybe':
      return [{ s: now(d, step, s), v }];
    case 'body': {
      const body = d.args[Number(first)] ?? ANYTHING;
      return runValue(w, f, s, body, undefined, [], d.e);
    }
    case 'look':
      return lookStep(d, first, path);
    case 'wait': {
      const event = eventOf(d);
      note(d, s, { do: 'wait', event });
      f.waits.add(event.object);
      return [{ s: withNeed(s, event), v }];
    }
    case 'wake':
      wake(d, s, eventOf(d));
      return [path];
    case 'alloc':
      return allocate(d, s, step.words);
    case 'free':
      return [{ s: free(d, s, step.words), v }];
    case 'dereference': {
      const isProtected = d.args[1]?.t === 'const' && d.args[1].v === true;
      note(d, s, { do: 'dereference', name: textOfValue(d.args[0]) ?? d.e.text, isProtected });
      return [path];
    }
    case 'lockdep':
      w.annotated = true;
      return [{ s: changed(w, s, { lockdepOff: s.locks.lockdepOff + (first === 'off' ? 1 : -1) }), v }];
    case 'make':
      return [{ s, v: make(d, step.words) }];
    case 'root':
      addRoot(w, f, step.words, d.args, v, d.e.line);
      return [path];
    case 'on-cpu':
      return onCpu(d, step.words, path);
    case 'set-class':
      setClass(d);
      return [path];
    case 'set-rcu':
      w.rcu = d.args[0];
      return [path];
    case 'kernel':
      return kernelStep(d, first, path);
    case 'attempt':
      return attempt(d, s);
    case 'returns':
      return [{ s, v: returned(d, step.words) }];
    default:
      return [path];
  }
}

function irqStep(d: Doing, s: State, v: Value, how: string, arg: string): Result {
  const { w } = d;
  const off = (): State => changed(w, s, { irqsOff: true });
  const on = (): State => {
    if (!s.locks.irqsOff) return s;
    if (s.locks.held.length > 0) note(d, s, { do: 'irqs-on' });
    return changed(w, s, { irqsOff: false });
  };
  switch (how) {
    case 'off':
      return { s: off(), v };
    case 'on':
      return { s: on(), v };
    case 'save': {
      const flags = constant(s.locks.irqsOff ? 0 : 1);
      d.saved.set(d.part, flags);
      return { s: off(), v: flags };
    }
    default: {
      const flags = numberOf(d.saved.get(d.part) ?? d.args[Number(arg)]);
      // Flags that are not known come from where interrupts were on, as nearly always.
      return { s: flags === 0 ? s : on(), v };
    }
  }
}

function bottomHalves(d: Doing, s: State, off: boolean): State {
  const { w } = d;
  const lock = w.config.preemptRt ? softirqControl(w) : undefined;
  if (off) {
    const takes = lock !== undefined && s.locks.bh === 0 && preemptible(d, s);
    const before = takes ? (acquire(d, s, lock, []) ?? s) : s;
    return changed(w, before, { bh: before.locks.bh + 1 });
  }
  if (s.locks.bh === 1 && s.locks.held.length > 0) note(d, s, { do: 'softirqs-on' });
  const after = changed(w, s, { bh: s.locks.bh - 1 });
  return lock !== undefined && s.locks.bh === 1 && preemptible(d, s) ? release(d, after, lock) : after;
}

/** PREEMPT_RT's bottom-half lock. */
function softirqControl(w: Walk): Thing {
  return w.heap.named('softirq_ctrl.lock', (thing) => {
    thing.sim = simFacts(w, 'Spinlock', 'softirq_ctrl.lock', undefined);
  });
}

function partStep(d: Doing, step: Step, path: Result): readonly Result[] {
  const [part = '', ...methods] = step.words;
  const object = d.object.sim?.parts.get(part);
  if (object === undefined) return [path];
  let paths: readonly Result[] = [path];
  for (const method of methods) {
    if (/^\d+$/.test(method)) continue;
    const facts = methodOf(d.w.table, object.sim?.cls ?? '', method);
    if (facts === undefined) continue;
    const given = step.words[step.words.indexOf(method) + 1];
    const args =
      given !== undefined && /^\d+$/.test(given) ? [constant(Number(given))] : method.endsWith('restore') ? d.args : [];
    paths = paths.flatMap(({ s }) => innerSteps(d, s, object, facts.steps, args, part));
  }
  // What a part returns is the value only where it is a lock's flags.
  return paths.map(({ s, v }) => ({ s, v: methods.some((name) => name.endsWith('rqsave')) ? v : path.v }));
}

/** Steps of an inner object: its evidence is the outer call's; a trylock of the kernel's own locks succeeds. */
function innerSteps(
  d: Doing,
  s: State,
  object: Thing,
  steps: readonly Step[],
  args: readonly Value[],
  part: string,
): readonly Result[] {
  const inner: Doing = { ...d, object, args, part };
  let paths: readonly Result[] = [{ s, v: UNDEFINED }];
  for (const step of steps) {
    if (step.verb === 'try') continue;
    paths = paths.flatMap((path) =>
      step.when.every((c) => holds(inner, path.s, c)) ? runStep(inner, step, path) : [path],
    );
  }
  return paths;
}

/** What a subsystem has hung into the kernel's own path, with a CPU as its argument. */
function hookStep(d: Doing, name: string, path: Result): readonly Result[] {
  const { w, f } = d;
  const hooks = makeSim(w, 'Hooks', '');
  const body = hooks.t === 'ref' ? hooks.o.fields.get(name) : undefined;
  if (body === undefined) return [path];
  return runValue(w, f, path.s, body, undefined, [otherCpu(w) ?? makeSim(w, 'Cpu', '')], d.e).map(({ s }) => ({
    s,
    v: path.v,
  }));
}

/** A method of each object that was queued on this one, in turn. */
function eachQueued(d: Doing, method: string, path: Result): readonly Result[] {
  let paths: readonly Result[] = [path];
  for (const part of alternatives(d.object.rest ?? UNDEFINED)) {
    if (part.t !== 'ref') continue;
    paths = paths.flatMap(({ s }) => d.w.to.callApi(d.w, d.f, s, part.o, method, [], d.e));
  }
  return paths;
}

/** smp_call_function_single(): its function is called here with interrupts off, or runs in an interrupt of another CPU. */
function onCpu(d: Doing, words: readonly string[], { s, v }: Result): readonly Result[] {
  const { w, f, e } = d;
  const [cpu = 0, body = 1] = words.map(Number);
  const called = d.args[cpu] ?? ANYTHING;
  const where = whereabouts(w, f, s, called);
  const paths: Result[] = [];
  if (where !== 'here') {
    addCalled(w, f, called, body, d.args, e.line);
    paths.push({ s, v });
  }
  if (where !== 'elsewhere') {
    const { s: off } = irqStep(d, s, v, 'save', '');
    const begin = where === 'either' ? { ...off, doubtful: true } : off;
    const results = callValue(w, f, begin, d.args[body] ?? ANYTHING, undefined, [], e);
    paths.push(...results.map((end) => irqStep(d, end.s, v, 'restore', '')));
  }
  return paths;
}

function callStep(d: Doing, method: string, path: Result): readonly Result[] {
  const facts = methodOf(d.w.table, d.object.sim?.cls ?? '', method);
  if (facts === undefined) return [path];
  let paths: readonly Result[] = [path];
  for (const step of facts.steps) {
    if (step.verb === 'try') continue;
    paths = paths.flatMap((at) => (step.when.every((c) => holds(d, at.s, c)) ? runStep(d, step, at) : [at]));
  }
  return paths;
}

/** Something that happens now and then, balanced: told of as not sure, and without effect on what follows. */
function now(d: Doing, step: Step, s: State): State {
  d.f.maybe++;
  const [verb = '', ...words] = step.words;
  runStep(d, { when: [], verb, words }, { s, v: UNDEFINED });
  d.f.maybe--;
  return s;
}

function lookStep(d: Doing, what: string, path: Result): readonly Result[] {
  const { s } = path;
  const { base } = d.f.root;
  const known = (value: boolean): readonly Result[] => [{ s, v: constant(value) }];
  // A function that anyone may call does not know where it is.
  if (base.open && what !== 'rt' && !/^\d/.test(what)) return [{ s, v: ANYTHING }];
  switch (what) {
    case 'preemptible':
      return known(preemptible(d, s));
    case 'irqs':
      return known(s.locks.irqsOff);
    case 'hardirq':
      return known(base.kind === 'hardirq' || base.kind === 'nmi');
    case 'softirq':
      // It may have interrupted one.
      if (base.kind === 'hardirq' || base.kind === 'nmi') return [{ s, v: ANYTHING }];
      return known(base.kind === 'softirq');
    case 'nmi':
      return known(base.kind === 'nmi');
    case 'task':
      return known(base.kind === 'task');
    case 'rt':
      return known(d.w.config.preemptRt);
    default: {
      // The condition of a wait: looked at as part of it.
      const condition = d.args[Number(what)];
      if (condition !== undefined) callValue(d.w, d.f, s, condition, undefined, [], d.e);
      return [path];
    }
  }
}

function eventOf(d: Doing): EventFacts {
  const { object, w } = d;
  const facts = classFacts(w.table, object.sim?.cls ?? '')?.event;
  const name = (facts?.name ?? '{name}').replace('{name}', object.sim?.name ?? '');
  const kind = numberOf(object.fields.get('%kind')) ?? EVENTS[facts?.kind ?? ''] ?? WaitKind.WaitQueue;
  return { object, name, kind };
}

/** An event is signalled. What the sender needed before is told with it, here and by each caller. */
export function wake(
  d: { readonly w: Walk; readonly f: Frame; readonly moment: Moment },
  s: State,
  event: EventFacts,
): void {
  const { w, f, moment } = d;
  if (f.root.id === 'set-up') return;
  w.touched.deed(f.code?.fn);
  const { base, id: root } = f.root;
  const { locks: state } = s;
  const words = bitsOf(base, state, w.config);
  const key = `${base.kind}${state.id}:${event.object.id}:${moment.id}`;
  let noteOne = w.senders.get(key);
  if (noteOne === undefined) {
    noteOne = (needs, sure) =>
      w.facts.note({ deed: { do: 'wake', event }, base, state, bits: words, moment, root, needs, sure });
    w.senders.set(key, noteOne);
  }
  sendSignal(f, s, { note: noteOne, needs: [] });
}

function make(d: Doing, words: readonly string[]): Value {
  const { w, f } = d;
  const [cls = ''] = words;
  if (words[1] === 'shared') return makeSim(w, cls, words[2] ?? '');
  const position = (word: string): number => Number(words[words.indexOf(word) + 1]);
  const name = words.includes('same-name')
    ? (d.object.sim?.name ?? '')
    : words.includes('name')
      ? nameOf(d.args[position('name')], d)
      : '';
  const options = words.includes('options') ? d.args[position('options')] : undefined;
  const owner = f.self?.t === 'ref' && !w.heap.concrete ? f.self.o.id : '';
  return makeSim(w, cls, name, `${f.call.file}:${f.call.function}:${d.e.line}:${owner}`, options);
}

/** The name that a lock or the like is given; where it is computed, its source text stands for it. */
function nameOf(value: Value | undefined, d: Doing): string {
  const text = textOfValue(value);
  if (text !== undefined) return text;
  const written = /\((?:'([^']*)'|`([^`]*)`|([^,)]*))/.exec(d.e.text);
  return written?.[1] ?? written?.[2] ?? written?.[3] ?? '';
}

function setClass(d: Doing): void {
  const lock = d.object.sim?.lock;
  const name = textOfValue(d.args[0]);
  if (lock === undefined || name === undefined) return;
  lock.name = name;
  lock.key = name;
  lock.subclass = numberOf(d.args[1]) ?? 0;
}

function kernelStep(d: Doing, what: string, path: Result): readonly Result[] {
  const { w, f } = d;
  if (what === 'rcu') return [{ s: path.s, v: w.rcu ?? makeSim(w, 'BasicRcu', 'rcu') }];
  const [options = ANYTHING, setup = ANYTHING] = d.args;
  w.scenarios.push({ options, setup, call: f.call });
  return [path];
}

/** machine.arm(kind, target, a, b): an operation that the sources themselves define does what its attempt() does. */
function attempt(d: Doing, s: State): readonly Result[] {
  const { w, f } = d;
  const [kind = ANYTHING, target = ANYTHING, a = UNDEFINED, b = UNDEFINED] = d.args;
  const machine = makeSim(w, 'Machine', '');
  const fields = { a, b, stage: ANYTHING, value: ANYTHING };
  const op = w.heap.makeRecord(`${f.call.file}:${f.call.function}:op${d.e.line}`, new Map(Object.entries(fields)));
  return alternatives(kind).flatMap((part): readonly Result[] => {
    const body = part.t === 'ref' ? part.o.fields.get('attempt') : undefined;
    if (body === undefined) return [{ s, v: ANYTHING }];
    return runValue(w, f, s, body, undefined, [machine, target, reference(op)], d.e).map((result) => ({
      s: result.s,
      v: ANYTHING,
    }));
  });
}

function returned(d: Doing, words: readonly string[]): Value {
  switch (words[0]) {
    case 'either':
      return ANYTHING;
    case 'zero':
      return constant(0);
    case 'cpu':
      return RUNNING_CPU;
    case 'arg':
      return d.args[Number(words[1])] ?? UNDEFINED;
    case 'part': {
      const part = d.object.sim?.parts.get(words[1] ?? '');
      return part === undefined ? ANYTHING : reference(part);
    }
    default:
      return UNDEFINED;
  }
}
