import type { TreeCall, TreeClass, TreeExpr, TreeFunction, TreeStmt, TreeTarget, TreeUnit } from '../ir/tree.js';
import { ComputedLoops } from './computed.js';
import { Covered, TouchedLocks } from './covered.js';
import { Env } from './env.js';
import { FactBook, type Need } from './facts.js';
import { Leaves, type Way } from './leaves.js';
import type { Base, Call, LockState } from './lock-state.js';
import { LockStates } from './lock-state.js';
import { Recursions, type Unfinished } from './recursion.js';
import type { SimTable } from './table.js';
import { type ClassCode, type Code, Heap, type Thing } from './thing.js';
import type { Value } from './value.js';

/** All units together. */
export interface TreeProgram {
  readonly units: ReadonlyMap<string, TreeUnit>;
  readonly codes: ReadonlyMap<string, Code>;
  readonly classes: ReadonlyMap<string, { readonly unit: TreeUnit; readonly cls: TreeClass }>;
}

export function linkTrees(units: readonly TreeUnit[]): TreeProgram {
  const codes = new Map<string, Code>();
  const classes = new Map<string, { unit: TreeUnit; cls: TreeClass }>();
  for (const unit of units) {
    for (const [id, index] of Object.entries(unit.named)) {
      const fn = unit.functions[index];
      if (fn !== undefined) codes.set(id, { unit, index, fn });
    }
    unit.functions.forEach((fn, index) => {
      if (fn.id !== '') codes.set(fn.id, { unit, index, fn });
    });
    for (const cls of unit.classes) classes.set(cls.id, { unit, cls });
  }
  return { units: new Map(units.map((unit) => [unit.file, unit])), codes, classes };
}

/** In how many states functions are walked, each with its own arguments. */
export interface Effort {
  /** From so many on numbers that are passed are not told apart, and states that tell nothing new are taken as others like them. */
  readonly few: number;
  /** No more. */
  readonly most: number;
}

/** What a program is worth by the states in which its functions were walked so far, all together: the more, the less. */
export const EFFORTS: readonly (readonly [walked: number, effort: Effort])[] = [
  [0, { few: 12, most: 300 }],
  [25_000, { few: 4, most: 30 }],
  [50_000, { few: 3, most: 8 }],
];
/** For rounds that only look for what is in the objects. */
export const SETTLING: Effort = { few: 1, most: 4 };
/** Functions of a program that is worth such rounds. */
const MANY_FUNCTIONS = 200;

/** The kernel that the code runs on, as far as the scenario says. */
export interface WalkConfig {
  readonly preemptRt: boolean;
  readonly preemptCount: boolean;
  readonly gfpRtNowait: boolean;
  readonly zoneRaw: boolean;
  readonly kswapdRcuwait: boolean;
}

/** Code that something other than a call runs. */
export interface Root {
  readonly id: string;
  readonly name: string;
  readonly base: Base;
  readonly body: Value;
  /** State in which it begins. */
  readonly state: LockState;
  /** Map that is held for lockdep around it, as a timer's. */
  readonly around: Thing | undefined;
  /** Event that its end signals, as a work item's. */
  readonly signals: Thing | undefined;
  /** Arguments; empty for handlers. */
  readonly args: readonly Value[];
  readonly self: Value | undefined;
  /** It was registered by an object that nobody makes, of which next to nothing is known. */
  readonly doubtful: boolean;
  /** CPU that it stays on; undefined: any, or not known. */
  readonly cpu: number | undefined;
}

/** What calls go through to expressions, statements and the simulated kernel, whose files need calls themselves. */
export interface Doers {
  readonly evaluate: (w: Walk, f: Frame, e: TreeExpr, s: State) => readonly Result[];
  readonly assign: (w: Walk, f: Frame, t: TreeTarget, v: Value, s: State) => readonly State[];
  readonly execute: (w: Walk, f: Frame, stmts: readonly TreeStmt[], states: readonly State[]) => readonly State[];
  readonly callApi: (
    w: Walk,
    f: Frame,
    s: State,
    object: Thing,
    name: string,
    args: readonly Value[],
    e: TreeCall,
  ) => readonly Result[];
  readonly getApi: (w: Walk, f: Frame, s: State, object: Thing, name: string, e: undefined) => Value | undefined;
  readonly makeSim: (w: Walk, cls: string, name: string, place?: string) => Value;
  readonly constructApi: (
    w: Walk,
    f: Frame,
    s: State,
    cls: string,
    args: readonly Value[],
    line: number,
  ) => readonly Result[];
  readonly classThing: (w: Walk, code: ClassCode) => Thing;
  readonly constructClass: (
    w: Walk,
    f: Frame,
    s: State,
    found: ClassCode,
    args: readonly Value[],
    line: number,
    self: Value | undefined,
  ) => readonly Result[];
  readonly simFunction: (
    w: Walk,
    f: Frame,
    s: State,
    name: string,
    args: readonly Value[],
    e: TreeCall,
  ) => readonly Result[];
  readonly callGlobalFunction: (
    w: Walk,
    f: Frame,
    s: State,
    args: readonly Value[],
    e: TreeCall,
  ) => readonly Result[] | undefined;
  readonly callLibrary: Doers['callGlobalFunction'];
  readonly callMethod: (
    w: Walk,
    f: Frame,
    s: State,
    object: Value,
    args: readonly Value[],
    e: TreeCall,
  ) => readonly Result[];
  /** What `[Symbol.iterator]` of an object makes; undefined where it has none. */
  readonly iteratorOf: (w: Walk, f: Frame, s: State, v: Value, line: number) => readonly Result[] | undefined;
  readonly enterContract: (
    w: Walk,
    caller: Frame,
    f: Frame,
    states: readonly State[],
    line: number,
  ) => readonly State[];
}

/** One scenario, or the functions that no scenario reaches, being walked. */
export class Walk {
  readonly program: TreeProgram;
  readonly table: SimTable;
  readonly heap = new Heap();
  readonly states = new LockStates();
  readonly facts = new FactBook();
  readonly roots = new Map<string, Root>();
  readonly globals = new Map<string, Value>();
  readonly booted = new Set<string>();
  readonly touched = new TouchedLocks();
  /** Results of calls, by function, arguments and all of the state but the locks that are held. */
  readonly covered = new Covered();
  readonly loops = new ComputedLoops();
  readonly recursions = new Recursions(this.touched);
  /** Results of calls, by function, arguments and state. */
  readonly calls = new Map<string, CallResult>();
  readonly noVariables = Env.empty();
  /** Functions of which it is known whether they only compute. */
  readonly pure = new Map<TreeFunction, boolean>();
  /** In how many states each function was walked. */
  readonly contexts = new Map<TreeFunction, number>();
  /** Functions of which not every path was walked: in too many states, or too deep in calls. */
  readonly partial = new Set<string>();
  /** Functions that were walked. */
  readonly entered = new Set<string>();
  /** Calls of this round that lead nowhere, and those of the set-up. */
  readonly unresolved = new Set<string>();
  readonly unresolvedInSetup = new Set<string>();
  /** The same of functions that whoever calls the sources hands in. */
  readonly handedIn = new Set<string>();
  readonly scenarios: { readonly options: Value; readonly setup: Value; readonly call: Call }[] = [];
  readonly shared = new Map<string, Thing>();
  /** By lockdep's name, the classes of the simulated kernel as which the sources make locks of it. */
  readonly made = new Map<string, Set<string>>();
  /** Objects of classes of the sources that were made, by class. */
  readonly instances = new Map<string, Set<Thing>>();
  /** Signals by place and state: each is one function, whoever sends it. */
  readonly senders = new Map<string, Signal['note']>();
  /** Returns with locks that the function took, or what it calls. */
  readonly leaves = new Leaves();
  /** How many calls of a function wait to be run. */
  readonly deferred = new Map<Thing, number>();
  rcu: Value | undefined;
  config: WalkConfig;
  readonly to: Doers;
  /** Calls in progress: deeper than the limit they are taken to do nothing. */
  depth = 0;
  annotated = false;
  /** What the code does hangs on which CPU it runs on. */
  asksForCpu = false;
  /** States in which functions were walked in this round. */
  walked = 0;
  /** The program is so large that what is in the objects is worth finding out first. */
  readonly isLarge: boolean;

  constructor(program: TreeProgram, table: SimTable, config: WalkConfig, to: Doers) {
    this.to = to;
    this.program = program;
    let functions = 1;
    for (const unit of program.units.values()) functions += unit.functions.length;
    this.isLarge = functions > MANY_FUNCTIONS;
    this.table = table;
    this.config = config;
  }

  unresolvedCall(f: Frame, line: number, text: string, isHandedIn = false): void {
    const calls = isHandedIn ? this.handedIn : f.root.id === 'set-up' ? this.unresolvedInSetup : this.unresolved;
    calls.add(`${text} (${f.call.file}:${line})`);
  }
}

/** What conditions on the way told of fields that the set-up has settled: by object and field. Never changed. */
export type Known = ReadonlyMap<string, Value>;

/** A point of a path. */
export interface State {
  readonly locks: LockState;
  readonly env: Env;
  readonly known: Known;
  /** Locks taken and events waited for since the invocation began. */
  readonly needs: readonly Need[];
  /** The path hangs on an outcome that may never come: a trylock that fails, an allocation that fails. */
  readonly doubtful: boolean;
  /** Branches of the function that led here and nowhere else. */
  readonly way: Way | undefined;
}

/** A state and the value of an expression in it. */
export interface Result {
  readonly s: State;
  readonly v: Value;
}

/** An invocation. */
export interface Frame {
  readonly code: Code | undefined;
  readonly unit: TreeUnit;
  readonly call: Call;
  readonly root: Root;
  readonly self: Value | undefined;
  /** The caller's path was the only one, and no doubt on it. */
  readonly sure: boolean;
  /** States at the current statement differ in their locks. */
  split: boolean;
  jumps: Jumps;
  /** Signals sent in it and in what it calls. */
  readonly signals: Map<string, Signal>;
  /** Events waited for in it and in what it calls. */
  readonly waits: Set<Thing>;
  /** Locks that it releases, itself or by what it calls with them held. */
  readonly released: Set<Thing>;
  /** What its doc comment asks to be held and is not where it begins, as it says so. */
  readonly broken: Set<string>;
  /** Inside a part of an allocator or the like that happens now and then. */
  maybe: number;
  /** Inside a call of a method of one of several objects. */
  several: number;
}

export interface Jumps {
  readonly breaks: { readonly label: string; readonly s: State }[];
  readonly continues: { readonly label: string; readonly s: State }[];
  readonly returns: (Result & { readonly line: number })[];
  /** Line of the `throw`, or of the call that it came out of. */
  readonly throws: (Result & { readonly line?: number })[];
}

/** A signal that callers send, too, with what they needed before. */
export interface Signal {
  readonly note: (needs: readonly Need[], sure: boolean) => void;
  readonly needs: readonly Need[];
}

/** A way in which a call ends. */
export interface CallEnd {
  readonly locks: LockState;
  readonly known: Known;
  readonly v: Value;
  readonly needs: readonly Need[];
  readonly doubtful: boolean;
}

/** What a call in some state comes to. */
export interface CallEnds {
  readonly returns: readonly CallEnd[];
  readonly throws: readonly CallEnd[];
  readonly signals: readonly Signal[];
  readonly waits: readonly Thing[];
}

/** The same as far as is known: one for each call and state, that grows until it is finished. */
export interface CallResult {
  /** The call that was walked for it. */
  readonly call: Call;
  returns: readonly CallEnd[];
  throws: readonly CallEnd[];
  signals: readonly Signal[];
  waits: readonly Thing[];
  /** undefined: it is all. */
  unfinished: Unfinished | undefined;
}
