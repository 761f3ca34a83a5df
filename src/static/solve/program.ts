import type { ContextName, FieldFact, GlobalFact, IrFunction, LockKind } from '../ir/ir.js';
import { type FunctionHead, type PackedUnit, type UnitHead, unpackFunctions } from '../ir/packed.js';
import { splitRoot, stripIndices } from '../ir/paths.js';

/** A function of the program: a number that is the same for equal inputs. */
export type FunctionId = number;

/** A unit and the numbers of its functions. */
export interface LinkedUnit {
  readonly unit: UnitHead;
  readonly packed: PackedUnit;
  readonly first: FunctionId;
  /** Functions of this unit only, by name. */
  readonly locals: ReadonlyMap<string, readonly FunctionId[]>;
  readonly home: Home;
}

/** Where in a tree a file is, as far as it tells whose functions it can call. */
interface Home {
  readonly folders: readonly string[];
  readonly arch: string | undefined;
  /** Part of a tree that is programs of its own. */
  readonly apart: string | undefined;
}

/** All units together: names resolved, types known. Read-only once made. */
export interface Program {
  readonly units: readonly LinkedUnit[];
  readonly functionCount: number;
  /** Events that rules of users ask about wherever they happen: `alloc`, `free`, `might_sleep`. */
  readonly asked: ReadonlySet<string>;
  /** Unit of each function. */
  readonly unitOf: Int32Array;
  readonly byFile: ReadonlyMap<string, LinkedUnit>;
  /** Of functions whose file has several of their name: which one they are, from 1 for the second. */
  readonly nth: ReadonlyMap<FunctionId, number>;
  readonly globals: ReadonlyMap<string, readonly FunctionId[]>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, FieldFact>;
  /** Struct members by member name alone, where all structs agree on the kind. */
  readonly fieldKinds: ReadonlyMap<string, LockKind | 'mixed'>;
  readonly variables: ReadonlyMap<string, GlobalFact>;
  readonly localVariables: readonly ReadonlyMap<string, GlobalFact>[];
  /** lockdep's names of classes that are initialised at run time. */
  readonly initNames: ReadonlyMap<string, string>;
  /** Functions that are entered otherwise than by a call. */
  readonly entries: ReadonlyMap<FunctionId, Entry>;
  /** Functions that each function may call directly. */
  readonly callees: readonly (readonly FunctionId[])[];
  /** Graphs unpacked lately, by unit. */
  readonly unpacked: Map<number, readonly IrFunction[]>;
}

/** How a function is entered from outside. */
export interface Entry {
  readonly context: ContextName;
  /** What it was handed to, and where; undefined where only its type tells. */
  readonly by: { readonly api: string; readonly file: string; readonly line: number } | undefined;
}

/** What resolving a name needs of a program. */
type Names = Pick<Program, 'units' | 'globals' | 'aliases' | 'unitOf'>;

/** Units whose graphs are kept unpacked. */
const KEEP_UNPACKED = 200;

const NOTHING_ASKED: ReadonlySet<string> = new Set();

/** Puts units together. The order of `units` decides nothing but numbers: give them sorted by file. */
export function link(packed: readonly PackedUnit[], asked: ReadonlySet<string> = NOTHING_ASKED): Program {
  const units = packed.map((entry) => entry.head);
  const linked: LinkedUnit[] = [];
  const globals = new Map<string, FunctionId[]>();
  const aliases = new Map<string, string>();
  const fields = new Map<string, FieldFact>();
  const fieldKinds = new Map<string, LockKind | 'mixed'>();
  const variables = new Map<string, GlobalFact>();
  const localVariables: Map<string, GlobalFact>[] = [];
  const nth = new Map<FunctionId, number>();
  let next = 0;
  for (const [u, unit] of units.entries()) {
    const locals = new Map<string, FunctionId[]>();
    const seen = new Map<string, number>();
    unit.functions.forEach((fn, i) => {
      const table = fn.local ? locals : globals;
      const known = table.get(fn.name);
      if (known === undefined) table.set(fn.name, [next + i]);
      else known.push(next + i);
      const earlier = seen.get(fn.name) ?? 0;
      if (earlier > 0) nth.set(next + i, earlier);
      seen.set(fn.name, earlier + 1);
    });
    linked.push({ unit, packed: packed[u] as PackedUnit, first: next, locals, home: homeOf(unit.file) });
    next += unit.functions.length;
    for (const [name, target] of Object.entries(unit.aliases)) if (!aliases.has(name)) aliases.set(name, target);
    for (const fact of unit.fields) {
      const key = `${fact.struct}.${fact.field}`;
      if (!fields.has(key)) fields.set(key, fact);
      if (fact.kind !== undefined) {
        const known = fieldKinds.get(fact.field);
        fieldKinds.set(fact.field, known === undefined || known === fact.kind ? fact.kind : 'mixed');
      }
    }
    const own = new Map<string, GlobalFact>();
    for (const fact of unit.globals) {
      own.set(fact.name, fact);
      if (!fact.local && !variables.has(fact.name)) variables.set(fact.name, fact);
    }
    localVariables.push(own);
  }
  const unitOf = new Int32Array(next);
  for (const [u, entry] of linked.entries()) unitOf.fill(u, entry.first, entry.first + entry.unit.functions.length);
  const names: Names = { units: linked, globals, aliases, unitOf };
  return {
    ...names,
    functionCount: next,
    asked,
    byFile: new Map(linked.map((entry) => [entry.unit.file, entry])),
    nth,
    entries: entriesOf(names),
    callees: calleesOf(names),
    fields,
    fieldKinds,
    variables,
    localVariables,
    initNames: initNames(units, fields),
    unpacked: new Map(),
  };
}

/** Of several contexts, the one that forbids most counts. */
const STRICTNESS: readonly ContextName[] = ['task', 'softirq', 'hardirq-threaded', 'hardirq', 'nmi'];

function entriesOf(program: Names): Map<FunctionId, Entry> {
  const entries = new Map<FunctionId, Entry>();
  const add = (id: FunctionId, entry: Entry): void => {
    const known = entries.get(id);
    const isStricter = known === undefined || STRICTNESS.indexOf(entry.context) > STRICTNESS.indexOf(known.context);
    // What a function is handed to tells more than its type.
    if (known === undefined || known.by === undefined || isStricter) entries.set(id, entry);
  };
  for (const { unit, first } of program.units) {
    for (let i = 0; i < unit.functions.length; i++) {
      const context = unit.functions[i]?.entry;
      if (context !== undefined) add(first + i, { context, by: undefined });
    }
  }
  for (const [u, { unit }] of program.units.entries()) {
    for (const { function: name, context, api, line } of unit.callbacks) {
      const by = { api, file: unit.file, line };
      for (const id of resolve(program, u, name).ids) add(id, { context, by });
    }
  }
  return entries;
}

const NOBODY: readonly FunctionId[] = [];

function calleesOf(program: Names): (readonly FunctionId[])[] {
  const table: (readonly FunctionId[])[] = [];
  for (const [u, { unit }] of program.units.entries()) {
    const known = new Map<string, readonly FunctionId[]>();
    for (const fn of unit.functions) {
      const targets: FunctionId[] = [];
      for (const name of fn.calls) {
        let ids = known.get(name);
        if (ids === undefined) {
          ids = resolve(program, u, name).ids;
          known.set(name, ids);
        }
        targets.push(...ids);
      }
      // One function can have two names only through an alias.
      table.push(targets.length === 0 ? NOBODY : targets.length === 1 ? targets : [...new Set(targets)]);
    }
  }
  return table;
}

function initNames(units: readonly UnitHead[], fields: ReadonlyMap<string, FieldFact>): Map<string, string> {
  const names = new Map<string, string>();
  for (const unit of units) {
    for (const init of unit.inits) {
      const key = init.type === '' ? init.path : memberKey(init.type, init.path.slice(1).split('.'), fields);
      if (key !== '' && !names.has(key)) names.set(key, init.name);
    }
  }
  return names;
}

/** `owner.member` of the last of some members of a struct, or '' where a type on the way is not known. */
function memberKey(struct: string, members: readonly string[], fields: ReadonlyMap<string, FieldFact>): string {
  let type = struct;
  let key = '';
  for (const field of members) {
    const fact = type === '' ? undefined : fields.get(`${type}.${field}`);
    key = fact === undefined ? '' : `${type}.${field}`;
    type = fact?.type ?? '';
  }
  return key;
}

/** The graph of a function. Graphs are unpacked a unit at a time and forgotten again: a kernel's do not fit in memory. */
export function functionOf(program: Program, id: FunctionId): IrFunction {
  const u = program.unitOf[id] as number;
  const entry = program.units[u] as LinkedUnit;
  let functions = program.unpacked.get(u);
  if (functions === undefined) {
    functions = unpackFunctions(entry.packed);
    if (program.unpacked.size >= KEEP_UNPACKED) {
      const [oldest] = program.unpacked.keys();
      if (oldest !== undefined) program.unpacked.delete(oldest);
    }
    program.unpacked.set(u, functions);
  }
  return functions[id - entry.first] as IrFunction;
}

export function headOf(program: Program, id: FunctionId): FunctionHead {
  const entry = program.units[program.unitOf[id] as number] as LinkedUnit;
  return entry.unit.functions[id - entry.first] as FunctionHead;
}

export function fileOf(program: Pick<Program, 'units' | 'unitOf'>, id: FunctionId): string {
  return (program.units[program.unitOf[id] as number] as LinkedUnit).unit.file;
}

/** Candidates of a call. `sure` is false when which of them is called depends on what the sources do not tell. */
export interface Resolved {
  readonly ids: readonly FunctionId[];
  readonly sure: boolean;
}

const NONE: Resolved = { ids: [], sure: true };

/** Resolves a callee's name as seen from a unit: its own functions first, then those that all units see. */
export function resolve(program: Names, unitIndex: number, name: string): Resolved {
  const entry = program.units[unitIndex] as LinkedUnit;
  let wanted = name;
  for (let hops = 0; hops < 3; hops++) {
    const local = entry.locals.get(wanted);
    if (local !== undefined) return { ids: local, sure: true };
    const global = program.globals.get(wanted);
    if (global !== undefined) return nearest(program, entry.home, global);
    const target = entry.unit.aliases[wanted] ?? program.aliases.get(wanted);
    if (target === undefined || target === wanted) return NONE;
    wanted = target;
  }
  return NONE;
}

/** Of several definitions, those whose folder shares most with the caller's. */
function nearest(program: Names, home: Home, all: readonly FunctionId[]): Resolved {
  const homeOfId = (id: FunctionId): Home => (program.units[program.unitOf[id] as number] as LinkedUnit).home;
  const ids = all.every((id) => canCall(home, homeOfId(id))) ? all : all.filter((id) => canCall(home, homeOfId(id)));
  if (ids.length <= 1) return { ids, sure: true };
  let best: FunctionId[] = [];
  let most = -1;
  for (const id of ids) {
    const shared = sharedFolders(home, homeOfId(id));
    if (shared > most) {
      best = [id];
      most = shared;
    } else if (shared === most) best.push(id);
  }
  const files = new Set(best.map((id) => fileOf(program, id)));
  if (files.size === 1) return { ids: best, sure: true };
  // One definition an architecture: each of them is what some build calls.
  const archs = new Set(best.map((id) => homeOfId(id).arch));
  if (!archs.has(undefined) && files.size <= 24) {
    return { ids: best, sure: archs.size === files.size };
  }
  return best.length <= 4 ? { ids: best, sure: false } : NONE;
}

const ARCH = /(?:^|\/)arch\/(\w+)\//;
/** Parts of a tree that are programs of their own. */
const APART = /(?:^|\/)(tools|scripts)\//;

/** The architecture that a file belongs to; undefined: all. */
export function architectureOf(file: string): string | undefined {
  return ARCH.exec(file)?.[1];
}

function homeOf(file: string): Home {
  return { folders: file.split('/').slice(0, -1), arch: architectureOf(file), apart: APART.exec(file)?.[1] };
}

/** Whether code of two files can be in one kernel. */
function canCall(from: Home, to: Home): boolean {
  if (from.arch !== undefined && to.arch !== undefined && from.arch !== to.arch) return false;
  return from.apart === to.apart;
}

function sharedFolders(a: Home, b: Home): number {
  let n = 0;
  while (n < a.folders.length && n < b.folders.length && a.folders[n] === b.folders[n]) n++;
  return n;
}

/** What a lock path names. */
export interface LockClass {
  /** Equal for locks of one class; '' when the type is not known. */
  readonly key: string;
  readonly kind: LockKind | undefined;
  /** As lockdep would show it. */
  readonly name: string;
  /** It is a variable, or a member of one: one object, whichever function names it. */
  readonly single?: boolean;
}

const WAIT_QUEUE_LOCK = 'wait_queue_head.lock';

/** The class of the lock at `path` in function `id`. */
export function classOf(program: Program, id: FunctionId, fn: IrFunction, path: string): LockClass {
  const { root, rest } = splitRoot(stripIndices(path));
  const text = displayPath(fn, path);
  const unit = program.unitOf[id] as number;
  const isVariable = /^[A-Za-z_]/.test(root);
  const variable = isVariable ? (program.localVariables[unit]?.get(root) ?? program.variables.get(root)) : undefined;
  if (rest === '') {
    if (!isVariable) return { key: '', kind: undefined, name: text };
    const home = variable?.local === true ? `@${(program.units[unit] as LinkedUnit).unit.file}` : '';
    const single = variable !== undefined && variable.perCpu !== true && !path.includes('[');
    return { key: `${root}${home}`, kind: variable?.kind, name: root, single };
  }
  let type = variable?.type ?? fn.types[root] ?? '';
  const members = rest.slice(1).split('.');
  let kind: LockKind | undefined;
  let owner = '';
  for (const field of members) {
    owner = type;
    const fact = type === '' ? undefined : program.fields.get(`${type}.${field}`);
    type = fact?.type ?? '';
    kind = fact?.kind;
    if (fact === undefined) owner = '';
  }
  const last = members[members.length - 1] as string;
  // A member of a static variable's wait queue and the like: lockdep names it after the variable.
  if (variable !== undefined && owner === '') return { key: `${root}${rest}`, kind, name: `${root}${rest}` };
  if (owner === '') {
    const byField = program.fieldKinds.get(last);
    return { key: '', kind: byField === 'mixed' ? undefined : byField, name: text };
  }
  const key = `${owner}.${last}`;
  // Members of members may lie behind pointers.
  const single =
    variable !== undefined &&
    variable.perCpu !== true &&
    members.length === 1 &&
    kind !== undefined &&
    !path.includes('[');
  // The lock inside a wait queue is initialised with each queue, and named after it.
  return { key, kind, name: (key === WAIT_QUEUE_LOCK ? undefined : program.initNames.get(key)) ?? text, single };
}

/** A path as the source would write it: `&zone->lock`. */
export function displayPath(fn: IrFunction, path: string): string {
  const { root, rest } = splitRoot(path);
  let text = root;
  if (root.startsWith('$')) text = fn.params[Number(root.slice(1))] || root;
  else if (root.startsWith('%')) text = root.slice(1);
  else if (root.startsWith('@')) text = displayCall(fn, root);
  if (rest === '') return text;
  const isPointer = /^[$%@?]/.test(root);
  return `&${text}${isPointer && rest.startsWith('.') ? `->${rest.slice(1)}` : rest}`;
}

function displayCall(fn: IrFunction, root: string): string {
  return root
    .slice(1)
    .replace(/\$(\d+)/g, (whole, n: string) => fn.params[Number(n)] || whole)
    .replace(/%/g, '')
    .replace(/#i(?=-?\d)/g, '')
    .replace(/#z/g, '0');
}
