import { WaitKind } from '../../model/events.js';
import { Gfp } from '../../model/gfp.js';
import { LockType, WaitType } from '../../model/wait-type.js';
import { RT_NOWAIT } from './gfp-text.js';
import { classFacts } from './table.js';
import { type SimFacts, Thing } from './thing.js';
import {
  ANYTHING,
  alternatives,
  constant,
  numberOf,
  RUNNING_CPU,
  reference,
  textOfValue,
  type Value,
} from './value.js';
import type { Walk } from './walk.js';

const WAIT = {
  unchecked: WaitType.Unchecked,
  free: WaitType.Free,
  spin: WaitType.Spin,
  config: WaitType.Config,
  sleep: WaitType.Sleep,
};
/** Something that the simulated kernel exports: a class, a function or an object of constants. */
export function simMember(w: Walk, name: string): Value {
  if (name === '') return ANYTHING;
  if (name === 'Gfp') return reference(gfpObject(w));
  if (name === 'WaitKind') return reference(kindObject(w));
  const constants = w.table.constants.get(name);
  const cls = w.table.classes.has(name) ? 'constructor' : 'function';
  return reference(
    w.heap.named(`sim ${name}`, (thing) => {
      if (constants === undefined) thing.sim = { cls, name, lock: undefined, parts: new Map(), memory: undefined };
      else for (const [key, value] of constants) thing.put(key, constant(value));
    }),
  );
}

function kindObject(w: Walk): Thing {
  return w.heap.named('sim WaitKind', (thing) => {
    for (const [name, kind] of Object.entries(WaitKind)) thing.fields.set(name, constant(kind));
  });
}

function gfpObject(w: Walk): Thing {
  return w.heap.named('sim Gfp', (thing) => {
    for (const [name, mask] of Object.entries(Gfp))
      thing.fields.set(name, name === 'GFP_RT_NOWAIT' ? RT_NOWAIT : constant(mask));
  });
}

/** The CPUs of the scenario's machine. */
export function makeCpus(w: Walk, count: number): void {
  const machine = makeSim(w, 'Machine', '');
  if (machine.t !== 'ref') return;
  const list = w.heap.make('cpus');
  list.items = Array.from({ length: count }, (_, id) => {
    const cpu = makeSim(w, 'Cpu', `cpu${id}`, 'cpus');
    if (cpu.t === 'ref') cpu.o.put('%id', constant(id));
    return cpu;
  });
  machine.o.put('cpus', reference(list));
}

/** A CPU that another one handles, as in hotplug; undefined where there is no machine, as in code that no scenario runs. */
export function otherCpu(w: Walk): Value | undefined {
  const machine = makeSim(w, 'Machine', '');
  const cpus = machine.t === 'ref' ? machine.o.fields.get('cpus') : undefined;
  return cpus?.t === 'ref' ? cpus.o.items?.at(-1) : undefined;
}

/** An object of a class of the simulated kernel. `place` names the code that makes it; without, one for all of that name. */
export function makeSim(w: Walk, cls: string, name: string, place?: string, options?: Value): Value {
  const fill = (thing: Thing): void => {
    thing.sim = simFacts(w, cls, name, options);
  };
  if (place === undefined) return reference(w.heap.named(`sim:${cls} ${name}`, fill));
  const thing = w.heap.make(`${place}:${cls}:${name}`);
  if (thing.sim === undefined) fill(thing);
  const lock = thing.sim?.lock?.name;
  if (lock !== undefined) w.made.set(lock, (w.made.get(lock) ?? new Set()).add(cls));
  return reference(thing);
}

/** What a property of an object of the simulated kernel is where the kernel's configuration says so. */
export function configured(object: Thing, name: string): Value | undefined {
  const { cls } = object.sim ?? {};
  if (cls === 'Kernel' && name === 'cpus') return object.fields.get('%cpus');
  if (cls === 'Cpu' && name === 'id') return object.fields.get('%id') ?? RUNNING_CPU;
  return cls === 'Machine' && name === 'cpus' ? object.fields.get('cpus') : undefined;
}

export function simFacts(w: Walk, cls: string, name: string, options: Value | undefined): SimFacts {
  const facts = classFacts(w.table, cls);
  const parts = new Map<string, Thing>();
  for (const [part, spec] of Object.entries(facts?.parts ?? {})) {
    const template = spec.expression !== undefined && name.startsWith('&') ? spec.expression : spec.name;
    const label = template.replace('{name}', name);
    const made =
      spec.class === 'RcuReader'
        ? makeSim(w, 'RcuReader', 'rcu_read_lock')
        : reference(new Thing(w.heap, w.heap.address(8), false));
    if (made.t !== 'ref') continue;
    made.o.sim ??= simFacts(w, spec.class, label, undefined);
    parts.set(part, made.o);
  }
  return { cls, name, lock: lockFacts(w, cls, name, options), parts, memory: undefined };
}

function lockFacts(w: Walk, cls: string, name: string, options: Value | undefined): SimFacts['lock'] {
  const lock = classFacts(w.table, cls)?.lock;
  if (lock === undefined) return undefined;
  const given = options?.t === 'ref' ? options.o.fields : new Map<string, Value>();
  const within = given.get('in');
  const memory = within === undefined ? undefined : alternatives(within).find((part) => part.t === 'ref');
  const range = memory?.t === 'ref' ? memory.o.sim?.memory : undefined;
  const noValidate = given.get('noValidate');
  const label = (lock.name ?? '{name}').replace('{name}', name);
  const isOff = noValidate?.t === 'const' && noValidate.v === true;
  if (isOff) w.annotated = true;
  const inner = numberOf(given.get('waitInner'));
  const outer = numberOf(given.get('waitOuter'));
  const check = given.get('check');
  return {
    name: label,
    key: textOfValue(given.get('key')) ?? label,
    waitInner: inner ?? WAIT[lock.wait],
    waitOuter: outer ?? (lock.outer === undefined ? 0 : WAIT[lock.outer]),
    lockType: lock.percpu === true ? LockType.PerCpu : LockType.Normal,
    check: lock.check !== false && !(check?.t === 'const' && check.v === false),
    noValidate: isOff,
    subclass: 0,
    hi: range?.hi ?? -1,
    lo: range === undefined ? w.heap.address(64) | 0 : range.lo,
  };
}
