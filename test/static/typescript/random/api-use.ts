/** Which operations of `lockvet/sim` random programs run, and which there are. */
import type { Schedule } from '../../../../src/explore/token.js';
import { strategyOf } from '../../../../src/explore/token.js';
import { NullSink } from '../../../../src/model/events.js';
import * as sim from '../../../../src/sim/index.js';
import { simulate } from '../../../../src/sim/scenario.js';
import { SIM_TABLES } from '../../../../src/static/typescript/places.js';
import { loadSimTable } from '../../../../src/static/walk/table.js';
import { DEVICES } from './devices.js';
import { programText } from './program-text.js';
import type { ProgramGene } from './random-program.js';
import { scenarioOf } from './run-program.js';

/** What a class of the simulator can do, by name: its own methods and properties, and those it inherits. */
function membersOf(prototype: object): Map<string, PropertyDescriptor> {
  const members = new Map<string, PropertyDescriptor>();
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== 'constructor' && !members.has(name)) members.set(name, descriptor);
    }
  }
  return members;
}

/** Classes that `lockvet/sim` exports. */
function exportedClasses(): { readonly name: string; readonly prototype: object }[] {
  return Object.entries(sim).flatMap(([name, value]) =>
    typeof value === 'function' && /^[A-Z]/.test(name) ? [{ name, prototype: value.prototype as object }] : [],
  );
}

/** `Class.member` of all that the simulator exports and of all that `rules/sim` describes of exported classes, sorted. */
export function publicApi(): string[] {
  const classes = exportedClasses();
  const exported = classes.flatMap(({ name, prototype }) =>
    [...membersOf(prototype).keys()].map((member) => `${name}.${member}`),
  );
  const names = new Set(classes.map(({ name }) => name));
  const described = [...loadSimTable([SIM_TABLES]).classes].flatMap(([name, { methods, gets }]) =>
    names.has(name) ? [...methods.keys(), ...gets.keys()].map((member) => `${name}.${member}`) : [],
  );
  return [...new Set([...exported, ...described])].sort();
}

/**
 * `Class.member` of what the programs call: of operations those that one schedule runs, of questions and of what makes objects those that
 * stand in the text. The simulator's own calls of the same methods do not count. Changes the simulator's classes for good.
 */
export function usedApi(programs: readonly ProgramGene[], schedule: Schedule): Set<string> {
  const used = new Set<string>();
  const calls = new Calls(used);
  for (const { name, prototype } of exportedClasses()) watch(name, prototype, calls);
  const questions = publicApi().filter((member) => UNCALLED.test(member));
  for (const program of programs) {
    const text = programText(program, { prefix: 'p', typed: false });
    for (const [, name] of text.matchAll(/\bkernel\.(\w+)/g)) used.add(`Kernel.${name}`);
    for (const [, device = '', member = ''] of text.matchAll(/\bdev\.(\w+)\.(\w+)/g)) {
      const type = DEVICES.find(({ name }) => name === device)?.type.replace(/<.*/, '');
      if (questions.includes(`${type}.${member}`)) used.add(`${type}.${member}`);
    }
    if (text.includes('kernel.mm.ignoreLeak(')) used.add('Memory.ignoreLeak');
    const { options, setup } = scenarioOf(text, 'p.js', () => calls.expect());
    const watched = {
      options,
      setup: (kernel: sim.Kernel) => {
        calls.inSetUp = true;
        setup(kernel);
        calls.inSetUp = false;
      },
    };
    simulate(watched, { strategy: strategyOf(schedule), sink: () => new NullSink() });
  }
  return used;
}

/** What is no operation: found in the text. */
const UNCALLED = /\.(?:is[A-Z]\w*|active|set|test|reinit|raiseNow)$/;

/** Tells calls of the programs from those that the simulator makes itself. */
class Calls {
  inSetUp = false;
  #depth = 0;
  #expected = false;
  readonly #used: Set<string>;

  constructor(used: Set<string>) {
    this.#used = used;
  }

  /** The next call is the program's. */
  expect(): void {
    this.#expected = true;
  }

  run<T>(name: string, call: () => T): T {
    if (this.#expected || (this.inSetUp && this.#depth === 0)) this.#used.add(name);
    this.#expected = false;
    this.#depth++;
    try {
      return call();
    } finally {
      this.#depth--;
    }
  }
}

function watch(name: string, prototype: object, calls: Calls): void {
  for (const [member, { value }] of membersOf(prototype)) {
    if (typeof value !== 'function') continue;
    Object.defineProperty(prototype, member, {
      configurable: true,
      writable: true,
      value(this: object, ...args: unknown[]): unknown {
        return calls.run(`${name}.${member}`, () => Reflect.apply(value, this, args));
      },
    });
  }
}
