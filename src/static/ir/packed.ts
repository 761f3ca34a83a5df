import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ContextName, IrFunction, IrUnit } from './ir.js';

/** What linking needs of a function. */
export interface FunctionHead {
  readonly name: string;
  readonly line: number;
  readonly local: boolean;
  readonly macro: boolean;
  readonly params: readonly string[];
  readonly entry: ContextName | undefined;
  /** Names of the functions it calls, each once. */
  readonly calls: readonly string[];
  /** Digest of the function's graph: equal when nothing in it has changed. */
  readonly digest: string;
}

/** What linking needs of a unit. */
export interface UnitHead extends Omit<IrUnit, 'functions'> {
  readonly functions: readonly FunctionHead[];
}

/** A unit as it is kept and cached: its head, and its functions' graphs compressed. */
export interface PackedUnit {
  readonly head: UnitHead;
  readonly body: Uint8Array;
}

/** Changes when the intermediate form or the front end does: part of every cache key. */
export const IR_VERSION = 7;

export function pack(unit: IrUnit): PackedUnit {
  const { functions, ...rest } = unit;
  return {
    head: { ...rest, functions: functions.map(headOf) },
    body: deflateRawSync(JSON.stringify(functions), { level: 1 }),
  };
}

export function unpackFunctions(packed: PackedUnit): readonly IrFunction[] {
  return JSON.parse(inflateRawSync(packed.body).toString('utf8')) as IrFunction[];
}

function headOf(fn: IrFunction): FunctionHead {
  const calls = new Set<string>();
  for (const block of fn.blocks) for (const op of block.ops) if (op.op === 'call') calls.add(op.callee);
  return {
    name: fn.name,
    line: fn.line,
    local: fn.local,
    macro: fn.macro === true,
    params: fn.params,
    entry: fn.entry,
    calls: [...calls],
    digest: createHash('sha1').update(JSON.stringify(fn)).digest('base64').slice(0, 16),
  };
}
