import type { FieldFact, IrFunction, SaidHeld, TableFact } from '../ir/ir.js';
import { OFF, offPath } from './off.js';
import type { Side } from './pieces.js';
import type { Around, Vocabulary } from './vocabulary.js';

/**
 * Functions that are called through pointers get what is known of those calls: locks that are held around them, what is
 * switched off there, the context that they run in. They are members of operation tables, or were handed to a registration.
 */
export function throughPointers(
  functions: readonly IrFunction[],
  tables: readonly TableFact[],
  fields: readonly FieldFact[],
  side: Side,
  vocabulary: Vocabulary,
): readonly IrFunction[] {
  const around = new Map<string, SaidHeld[]>();
  const add = (name: string, held: readonly SaidHeld[]): void => {
    const list = around.get(name) ?? [];
    for (const said of held) {
      if (!list.some((known) => known.path === said.path && known.kind === said.kind)) list.push(said);
    }
    if (list.length > 0) around.set(name, list);
  };
  for (const fact of tables) {
    const { field, function: name, line } = fact;
    const struct = structOf(fact, fields);
    const operation = vocabulary.operations.get(`${struct}.${field}`);
    if (operation === undefined) continue;
    const api = `${struct}.${field}`;
    add(
      name,
      operation.held.map((entry) => saidHeld(api, entry)),
    );
    const { context } = operation;
    if (context !== undefined) side.callbacks.push({ function: name, context, api, line });
  }
  for (const { function: target, object, member, held, context, api, line } of side.registered) {
    const stored = tables
      .filter((fact) => fact.field === member && fact.object === object)
      .map((fact) => fact.function);
    for (const name of target === undefined ? stored : [target]) {
      add(name, held);
      if (context !== undefined) side.callbacks.push({ function: name, context, api, line });
    }
  }
  if (around.size === 0) return functions;
  return functions.map((fn) => {
    const held = around.get(fn.name);
    return held === undefined ? fn : { ...fn, contract: { held: [...(fn.contract?.held ?? []), ...held] } };
  });
}

/** The struct that a function is stored in, as far as this file tells: `p->chip.irq_mask = mask` and the types of `p` and `chip`. */
function structOf({ struct, object, root }: TableFact, fields: readonly FieldFact[]): string {
  if (struct !== '' || root === undefined || object === undefined) return struct;
  const members = /^\w+((?:(?:->|\.)\w+)*)$/.exec(object)?.[1]?.split(/->|\./).slice(1);
  let type: string | undefined = members === undefined ? undefined : root;
  for (const member of members ?? []) {
    type = fields.find((fact) => fact.struct === type && fact.field === member)?.type;
  }
  return type ?? '';
}

/** What is held around a call that is made through `by`. */
export function saidHeld(by: string, entry: Around): SaidHeld {
  if ('off' in entry) {
    return { path: offPath(entry.off), said: 'table', kind: OFF[entry.off], name: by };
  }
  return { path: entry.path ?? `${by}().lock`, said: 'table', kind: entry.kind, name: entry.name };
}
