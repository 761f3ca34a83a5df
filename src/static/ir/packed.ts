import { hash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ContextName, IrFunction, IrUnit, Piece } from './ir.js';

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
  /** Digest of the function's graph: equal when nothing in it has changed, wherever it has moved. */
  readonly digest: string;
}

/** What linking needs of a unit. */
export interface UnitHead extends Omit<IrUnit, 'functions' | 'pieces'> {
  readonly functions: readonly FunctionHead[];
  /** Digest of what functions of other units see of its types and variables. */
  readonly shared: string;
  /** Digest of the variables that only its own functions see. */
  readonly own: string;
}

/** A unit as it is kept and cached: its head, and its functions' graphs compressed. */
export interface PackedUnit {
  readonly head: UnitHead;
  readonly body: Uint8Array;
}

/** Changes when the intermediate form or the front end does: part of every cache key. */
export const IR_VERSION = 13;

export function pack(unit: IrUnit): PackedUnit {
  const { functions, pieces, ...rest } = unit;
  const texts = functions.map((fn) => JSON.stringify(fn));
  const numbers = new Map(functions.map((fn, i) => [fn, i]));
  const kept = pieces.map(({ fn, ...piece }): PackedPiece => {
    if (fn === undefined) return piece;
    const number = numbers.get(fn);
    return number === undefined ? { ...piece, fn } : { ...piece, number };
  });
  // Without lines: that a declaration has moved changes nothing.
  const globals = unit.globals.map(({ name, type, kind, local }) => [name, type, kind, local]);
  const isLocal = (one: readonly unknown[]): boolean => one[3] === true;
  return {
    head: {
      ...rest,
      functions: functions.map((fn, i) => headOf(fn, texts[i] as string)),
      shared: digest([unit.fields, globals.filter((one) => !isLocal(one)), unit.inits, unit.aliases]),
      own: digest(globals.filter(isLocal)),
    },
    // Copied, since zlib's buffer is far larger than what it put there.
    body: new Uint8Array(deflateRawSync(`[[${texts.join()}],${JSON.stringify(kept)}]`, { level: 1 })),
  };
}

/** A piece whose function is most often one of the unit's: its number then. */
interface PackedPiece extends Omit<Piece, 'fn'> {
  readonly number?: number;
  readonly fn?: IrFunction;
}

type Body = readonly [functions: readonly IrFunction[], pieces: readonly PackedPiece[]];

function bodyOf(packed: PackedUnit): Body {
  return JSON.parse(inflateRawSync(packed.body).toString('utf8')) as Body;
}

export function unpackFunctions(packed: PackedUnit): readonly IrFunction[] {
  return bodyOf(packed)[0];
}

/** What the unit's functions were made of. */
export function unpackPieces(packed: PackedUnit): Piece[] {
  const [functions, pieces] = bodyOf(packed);
  return pieces.map(({ number, fn, ...piece }) => ({ ...piece, fn: number === undefined ? fn : functions[number] }));
}

function digest(content: unknown): string {
  return hash('sha1', typeof content === 'string' ? content : JSON.stringify(content), 'base64').slice(0, 16);
}

function headOf(fn: IrFunction, text: string): FunctionHead {
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
    // Where it stands in its file is no part of it.
    digest: digest(text.replace(`"line":${fn.line},`, '')),
  };
}
