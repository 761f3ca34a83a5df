import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { InputError } from '../../model/report.js';

/** Conditions under which a step happens. */
export const CONDITIONS = [
  'rt',
  'nort',
  'reclaim',
  'fs',
  'kswapd',
  'exception',
  'ordinary',
  'zone-raw',
  'zone-spin',
  'wait-queue',
  'rcuwait',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** One thing that a method of the simulated kernel does, in words: see `rules/sim/README.md`. */
export interface Step {
  readonly when: readonly Condition[];
  readonly verb: string;
  readonly words: readonly string[];
}

export interface MethodFacts {
  readonly steps: readonly Step[];
}

const stepList = z.array(z.string());

const classSchema = z
  .object({
    extends: z.string(),
    /** Lockdep's facts of a lock. */
    lock: z.object({
      wait: z.enum(['unchecked', 'free', 'spin', 'config', 'sleep']),
      outer: z.enum(['free', 'spin', 'config', 'sleep']).optional(),
      percpu: z.boolean().optional(),
      check: z.boolean().optional(),
      /** Class name; `{name}` is what the source gave. */
      name: z.string().optional(),
    }),
    event: z.object({
      kind: z.enum(['wait-queue', 'completion', 'rcuwait', 'grace-period', 'work', 'swait', 'wait-bit', 'thread']),
      name: z.string().optional(),
    }),
    parts: z.record(z.string(), z.object({ class: z.string(), name: z.string(), expression: z.string().optional() })),
    methods: z.record(z.string(), stepList),
    /** Properties that are objects or answers. */
    gets: z.record(z.string(), stepList),
    /** What its constructor does with its arguments. */
    new: stepList,
    /** What giving a property a value does: argument 0 is the value. */
    sets: z.record(z.string(), stepList),
  })
  .partial()
  .strict();

const tableSchema = z
  .object({
    classes: z.record(z.string(), classSchema),
    functions: z.record(z.string(), stepList),
    constants: z.record(z.string(), z.record(z.string(), z.number())),
  })
  .partial()
  .strict();

export type SimClass = Omit<z.infer<typeof classSchema>, 'methods' | 'gets' | 'sets' | 'new'> & {
  readonly methods: ReadonlyMap<string, MethodFacts>;
  readonly gets: ReadonlyMap<string, MethodFacts>;
  readonly sets: ReadonlyMap<string, MethodFacts>;
  readonly made: MethodFacts | undefined;
};

/** What the simulated kernel's classes and functions mean. */
export interface SimTable {
  readonly classes: ReadonlyMap<string, SimClass>;
  readonly functions: ReadonlyMap<string, MethodFacts>;
  readonly constants: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Reads every `*.yaml` of the folders. Throws InputError on what is no table. */
export function loadSimTable(folders: readonly string[]): SimTable {
  const classes = new Map<string, SimClass>();
  const functions = new Map<string, MethodFacts>();
  const constants = new Map<string, ReadonlyMap<string, number>>();
  for (const folder of folders) {
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.yaml')) continue;
      const file = join(folder, name);
      const text = readFileSync(file, 'utf8');
      const table = readTable(file, text);
      for (const [cls, facts] of Object.entries(table.classes ?? {})) {
        const { new: made, ...rest } = facts;
        classes.set(cls, {
          ...rest,
          methods: methodsOf(file, facts.methods),
          gets: methodsOf(file, facts.gets),
          sets: methodsOf(file, facts.sets),
          made: made === undefined ? undefined : { steps: made.map((line) => stepOf(file, line)) },
        });
      }
      for (const [fn, facts] of methodsOf(file, table.functions)) functions.set(fn, facts);
      for (const [object, values] of Object.entries(table.constants ?? {})) {
        constants.set(object, new Map(Object.entries(values)));
      }
    }
  }
  return { classes, functions, constants };
}

function readTable(file: string, text: string): z.infer<typeof tableSchema> {
  const parsed = tableSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    file,
    undefined,
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no table of the simulated kernel'}`,
  );
}

function methodsOf(
  file: string,
  methods: Readonly<Record<string, readonly string[]>> | undefined,
): Map<string, MethodFacts> {
  return new Map(
    Object.entries(methods ?? {}).map(([name, lines]) => [name, { steps: lines.map((line) => stepOf(file, line)) }]),
  );
}

const VERBS = new Set([
  'preempt',
  'irq',
  'bh',
  'sleep',
  'sleep-if-atomic',
  'acquire',
  'release',
  'downgrade',
  'try',
  'back-off',
  'part',
  'call',
  'body',
  'wait',
  'wake',
  'alloc',
  'free',
  'maybe',
  'root',
  'on-cpu',
  'make',
  'dereference',
  'lockdep',
  'returns',
  'set-class',
  'look',
  'set-rcu',
  'attempt',
  'kernel',
  'on',
  'each',
  'queue',
  'hook',
  'kind',
  'user-mode',
]);

function stepOf(file: string, line: string): Step {
  const words = line.split(' ');
  const when: Condition[] = [];
  for (;;) {
    const condition = CONDITIONS.find((candidate) => candidate === words[0]);
    if (condition === undefined || VERBS.has(words[0] ?? '')) break;
    when.push(condition);
    words.shift();
  }
  const verb = words.shift() ?? '';
  if (!VERBS.has(verb)) throw new InputError(file, undefined, `'${line}' begins with no step that lockvet knows`);
  return { when, verb, words };
}

/** A method of a class or of what it extends. */
export function methodOf(table: SimTable, cls: string, name: string): MethodFacts | undefined {
  for (let at: string | undefined = cls; at !== undefined; at = table.classes.get(at)?.extends) {
    const found = table.classes.get(at)?.methods.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function getOf(table: SimTable, cls: string, name: string): MethodFacts | undefined {
  for (let at: string | undefined = cls; at !== undefined; at = table.classes.get(at)?.extends) {
    const found = table.classes.get(at)?.gets.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A class's facts with those of what it extends. */
export function classFacts(table: SimTable, cls: string): SimClass | undefined {
  const own = table.classes.get(cls);
  if (own?.extends === undefined) return own;
  const base = classFacts(table, own.extends);
  return base === undefined ? own : { ...base, ...own };
}
