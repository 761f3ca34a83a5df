import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { InputError } from '../../model/report.js';
import type { ContextName, LockKind } from '../ir/ir.js';
import { writeAside } from '../keep.js';

/**
 * What the kernel's functions and macros mean, read from tables (`rules/kernel/*.yaml` and those of users).
 * The front end knows no function of the kernel by name but through this.
 */
const lockKind = z.enum([
  'raw',
  'spin',
  'rwlock',
  'local',
  'mutex',
  'rwsem',
  'rtmutex',
  'seq',
  'bit',
  'rcu',
  'srcu',
]) satisfies z.ZodType<LockKind>;
const context = z.enum(['task', 'softirq', 'hardirq', 'hardirq-threaded', 'nmi']) satisfies z.ZodType<ContextName>;
const switchable = z.enum(['irq', 'bh', 'preempt', 'fault']);

const effectSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('lock'),
    kind: lockKind,
    off: switchable.optional(),
    try: z.boolean().optional(),
    /** A trylock that does not sleep while it tries. */
    nowait: z.boolean().optional(),
    taken: z.literal('zero').optional(),
    read: z.boolean().optional(),
    /** Position of the nesting level, or `by-lock`. */
    nested: z.union([z.number(), z.literal('by-lock')]).optional(),
    /** A fixed lock instead of an argument. */
    path: z.string().optional(),
  }),
  z.object({
    do: z.literal('unlock'),
    kind: lockKind,
    off: switchable.optional(),
    path: z.string().optional(),
  }),
  z.object({ do: z.literal('off'), what: switchable }),
  z.object({ do: z.literal('on'), what: switchable }),
  z.object({
    do: z.literal('alloc'),
    memory: z.enum(['kmalloc', 'page', 'vmalloc', 'percpu', 'lockless']),
    gfp: z.union([z.number(), z.string()]),
    order: z.union([z.number(), z.string()]).optional(),
    maybe: z.boolean().optional(),
  }),
  z.object({
    do: z.literal('free'),
    memory: z.enum(['kmalloc', 'page', 'vmalloc', 'percpu', 'lockless']),
    arg: z.number().optional(),
    maybe: z.boolean().optional(),
  }),
  z.object({
    do: z.literal('sleep'),
    on: z.string().optional(),
    maybe: z.boolean().optional(),
    /** What is switched on while it sleeps. */
    lets: switchable.optional(),
  }),
  z.object({ do: z.literal('takes'), kind: lockKind, field: z.string() }),
  z.object({ do: z.literal('held'), kind: lockKind.optional() }),
  z.object({ do: z.literal('init'), kind: lockKind, field: z.string().optional() }),
  z.object({ do: z.literal('nothing') }),
  z.object({ do: z.literal('stop') }),
  z.object({ do: z.literal('stop-if') }),
]);
export type Effect = z.infer<typeof effectSchema>;

const functionGroup = z.object({
  effect: effectSchema,
  names: z.array(z.string()),
  /** Position of the lock among the arguments. */
  arg: z.number().optional(),
  /** Only calls with this many arguments. */
  arguments: z.number().optional(),
});

const definition = z.object({ kind: lockKind, field: z.string().optional() });

/** What is held or off around calls that go through a pointer. */
const aroundSchema = z.union([
  z.object({
    kind: lockKind,
    /** As lockdep shows it. */
    name: z.string(),
    /** The lock in terms of the parameters, such as `$0.lock`. */
    path: z.string().optional(),
  }),
  z.object({ off: z.enum(['irq', 'bh', 'preempt']) }),
]);
export type Around = z.infer<typeof aroundSchema>;

/** A function that is handed a callback, or that says how the one in a member will run. */
const callbackSchema = z.object({
  names: z.array(z.string()),
  /** Position of the callback among the arguments. */
  argument: z.number().optional(),
  /** Instead: it is what is next stored in the member of this name. */
  member: z.string().optional(),
  /** The argument is an object, and the callback is what this member of it holds. */
  through: z.string().optional(),
  context: context.optional(),
  /** What is held around the call, where it is no context of its own. */
  held: z.array(aroundSchema).optional(),
  /** Another context where the text of an argument has one of these words in it. */
  when: z.array(z.object({ argument: z.number(), has: z.array(z.string()), context })).optional(),
});
export type CallbackForm = z.infer<typeof callbackSchema>;

const tableSchema = z
  .object({
    functions: z.array(functionGroup),
    definitions: z.record(z.string(), definition),
    types: z.record(z.string(), lockKind),
    struct_types: z.record(z.string(), lockKind),
    guards: z.record(z.string(), z.tuple([z.string(), z.string()])),
    callbacks: z.array(callbackSchema),
    tables: z.array(
      z.object({
        struct: z.string(),
        fields: z.array(z.string()),
        held: z.union([aroundSchema, z.array(aroundSchema)]).optional(),
        context: context.optional(),
      }),
    ),
    attributes: z.array(z.string()),
    attribute_calls: z.array(z.string()),
    function_macros: z.record(z.string(), z.object({ prefix: z.string(), pairs: z.boolean() })),
    same_as_argument: z.array(z.object({ names: z.array(z.string()), argument: z.number() })),
    member_of: z.array(z.string()),
    container_of: z.array(z.string()),
    assumed: z.record(z.string(), z.boolean()),
    entry_by_return: z.record(z.string(), context),
    entry_by_parameter: z.record(z.string(), context),
    opaque: z.array(z.string()),
    unjudged: z.array(z.string()),
    otherwise_meant: z.array(z.string()),
  })
  .partial()
  .strict();

/** How a member of an operations table is called. */
export interface Operation {
  readonly held: readonly Around[];
  readonly context: ContextName | undefined;
}

/** One meaning of a function: its effect and where it finds its operand. */
export interface Meaning {
  readonly effect: Effect;
  readonly arg: number;
  /** Applies only to calls with this many arguments. */
  readonly arguments: number | undefined;
}

export interface Vocabulary {
  readonly functions: ReadonlyMap<string, Meaning>;
  readonly definitions: ReadonlyMap<string, { readonly kind: LockKind; readonly field?: string | undefined }>;
  /** typedef name or struct tag to lock kind. */
  readonly lockTypes: ReadonlyMap<string, LockKind>;
  readonly guards: ReadonlyMap<string, readonly [string, string]>;
  readonly callbacks: ReadonlyMap<string, readonly CallbackForm[]>;
  /** `struct.field` to what is known of calls of that member. */
  readonly operations: ReadonlyMap<string, Operation>;
  readonly attributes: ReadonlySet<string>;
  readonly attributeCalls: ReadonlySet<string>;
  readonly functionMacros: readonly { readonly name: string; readonly prefix: string; readonly pairs: boolean }[];
  readonly sameAs: ReadonlyMap<string, number>;
  readonly memberOf: ReadonlySet<string>;
  readonly containerOf: ReadonlySet<string>;
  readonly assumed: ReadonlyMap<string, boolean>;
  /** Context in which functions are entered, by the type they return. */
  readonly entryByReturn: ReadonlyMap<string, ContextName>;
  /** The same by the type of their only parameter. */
  readonly entryByParameter: ReadonlyMap<string, ContextName>;
  readonly opaque: ReadonlySet<string>;
  readonly opaquePrefixes: readonly string[];
  /** Functions in which nothing is a violation. */
  readonly unjudged: ReadonlySet<string>;
  /** Ends of lock paths that annotations use for something else. */
  readonly otherwiseMeant: readonly string[];
}

/**
 * Reads every `*.yaml` of the folders, later ones over earlier ones.
 * @param kept file that holds what these tables say as JSON, which is read ten times as fast, or will
 * @throws InputError on a file that is not YAML or not of the form above.
 */
export function loadVocabulary(folders: readonly string[], kept?: string): Vocabulary {
  const v = {
    functions: new Map<string, Meaning>(),
    definitions: new Map<string, { kind: LockKind; field?: string | undefined }>(),
    lockTypes: new Map<string, LockKind>(),
    guards: new Map<string, readonly [string, string]>(),
    callbacks: new Map<string, CallbackForm[]>(),
    operations: new Map<string, Operation>(),
    attributes: new Set<string>(),
    attributeCalls: new Set<string>(),
    functionMacros: [] as { name: string; prefix: string; pairs: boolean }[],
    sameAs: new Map<string, number>(),
    memberOf: new Set<string>(),
    containerOf: new Set<string>(),
    assumed: new Map<string, boolean>(),
    entryByReturn: new Map<string, ContextName>(),
    entryByParameter: new Map<string, ContextName>(),
    opaque: new Set<string>(),
    opaquePrefixes: [] as string[],
    unjudged: new Set<string>(),
    otherwiseMeant: [] as string[],
  };
  for (const table of tablesOf(folders, kept)) {
    for (const group of table.functions ?? []) {
      for (const name of group.names) {
        v.functions.set(name, { effect: group.effect, arg: group.arg ?? 0, arguments: group.arguments });
      }
    }
    for (const [name, fact] of Object.entries(table.definitions ?? {})) v.definitions.set(name, fact);
    for (const [name, kind] of Object.entries({ ...table.types, ...table.struct_types })) v.lockTypes.set(name, kind);
    for (const [name, pair] of Object.entries(table.guards ?? {})) v.guards.set(name, pair);
    for (const entry of table.callbacks ?? []) {
      for (const name of entry.names) v.callbacks.set(name, [...(v.callbacks.get(name) ?? []), entry]);
    }
    for (const { struct, fields, held = [], context: runsIn } of table.tables ?? []) {
      const operation: Operation = { held: Array.isArray(held) ? held : [held], context: runsIn };
      for (const field of fields) v.operations.set(`${struct}.${field}`, operation);
    }
    for (const name of table.attributes ?? []) v.attributes.add(name);
    for (const name of table.attribute_calls ?? []) v.attributeCalls.add(name);
    for (const [name, form] of Object.entries(table.function_macros ?? {})) v.functionMacros.push({ name, ...form });
    for (const entry of table.same_as_argument ?? [])
      for (const name of entry.names) v.sameAs.set(name, entry.argument);
    for (const name of table.member_of ?? []) v.memberOf.add(name);
    for (const name of table.container_of ?? []) v.containerOf.add(name);
    for (const [name, value] of Object.entries(table.assumed ?? {})) v.assumed.set(name, value);
    for (const [name, entry] of Object.entries(table.entry_by_return ?? {})) v.entryByReturn.set(name, entry);
    for (const [name, entry] of Object.entries(table.entry_by_parameter ?? {})) v.entryByParameter.set(name, entry);
    for (const name of table.unjudged ?? []) v.unjudged.add(name);
    v.otherwiseMeant.push(...(table.otherwise_meant ?? []));
    for (const name of table.opaque ?? []) {
      if (name.endsWith('*')) v.opaquePrefixes.push(name.slice(0, -1));
      else v.opaque.add(name);
    }
  }
  return v;
}

type Table = z.infer<typeof tableSchema>;

function tablesOf(folders: readonly string[], kept: string | undefined): readonly Table[] {
  if (kept !== undefined) {
    try {
      return JSON.parse(readFileSync(kept, 'utf8')) as Table[];
    } catch {
      // Not kept yet.
    }
  }
  const tables = folders.flatMap(yamlFiles).map((file) => readTable(file, readFileSync(file, 'utf8')));
  if (kept !== undefined) writeAside(kept, [Buffer.from(JSON.stringify(tables))]);
  return tables;
}

/** Digest of the tables' text, which is part of the key of whatever is cached: known without understanding them. */
export function tablesDigest(folders: readonly string[]): string {
  const hash = createHash('sha1');
  for (const file of folders.flatMap(yamlFiles)) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** Whether calls of `name` are known to be of no interest. */
export function isOpaque(vocabulary: Vocabulary, name: string): boolean {
  return vocabulary.opaque.has(name) || vocabulary.opaquePrefixes.some((prefix) => name.startsWith(prefix));
}

function yamlFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    throw new InputError(folder, undefined, 'no folder of tables');
  }
  return names
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

function readTable(file: string, text: string): Table {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new InputError(file, undefined, error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'not YAML');
  }
  const parsed = tableSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(file, undefined, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a kernel table'}`);
}
