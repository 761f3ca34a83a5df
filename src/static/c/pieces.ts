import { hash } from 'node:crypto';
import type {
  CallbackFact,
  GlobalFact,
  InitFact,
  IrFunction,
  IrNext,
  Piece,
  RegisteredFact,
  SideFacts,
  TableFact,
} from '../ir/ir.js';

/** Facts that lowering functions brings up for the whole file. */
export interface Side extends SideFacts {
  readonly callbacks: CallbackFact[];
  readonly inits: InitFact[];
  readonly tables: TableFact[];
  readonly globals: GlobalFact[];
  readonly registered: RegisteredFact[];
}

/** What reading one function makes of it: nothing where it cannot matter or cannot be understood. */
type Make = (side: Side, complain: (reason: string) => void) => IrFunction | undefined;

/**
 * Functions and macros of one file as they are read. One that was read the same way before, wherever in the file it stood
 * then, is not read again: a change to a file costs what has changed.
 */
export class Pieces {
  readonly made: Piece[] = [];
  readonly #earlier = new Map<string, Piece>();
  readonly #side: Side;
  readonly #complain: (reason: string) => void;

  constructor(earlier: readonly Piece[], side: Side, complain: (reason: string) => void) {
    for (const piece of earlier) this.#earlier.set(piece.key, piece);
    this.#side = side;
    this.#complain = complain;
  }

  /**
   * One function.
   * @param dependsOn all that what is made of it depends on, but for where it stands
   * @param line that its lines are counted from
   */
  add(dependsOn: readonly unknown[], line: number, make: Make): IrFunction | undefined {
    const key = hash('sha1', JSON.stringify(dependsOn), 'base64').slice(0, 20);
    const piece = this.#earlier.get(key) ?? newPiece(key, line, make);
    const fn = piece.fn === undefined ? undefined : { ...piece.fn, line };
    this.made.push({ ...piece, fn });
    const { callbacks, inits, tables, globals, registered } = piece.side;
    this.#side.callbacks.push(...moved(callbacks, line));
    this.#side.inits.push(...inits);
    this.#side.tables.push(...moved(tables, line));
    this.#side.globals.push(...moved(globals, line));
    this.#side.registered.push(...moved(registered, line));
    for (const reason of piece.complaints) this.#complain(reason);
    return fn;
  }
}

function newPiece(key: string, line: number, make: Make): Piece {
  const side: Side = { callbacks: [], inits: [], tables: [], globals: [], registered: [] };
  const complaints: string[] = [];
  const fn = make(side, (reason) => complaints.push(reason));
  return {
    key,
    fn: fn === undefined ? undefined : counted(fn, line),
    side: {
      callbacks: moved(side.callbacks, -line),
      inits: side.inits,
      tables: moved(side.tables, -line),
      globals: moved(side.globals, -line),
      registered: moved(side.registered, -line),
    },
    complaints,
  };
}

/** The function with the lines in its graph counted from `line`. */
function counted(fn: IrFunction, line: number): IrFunction {
  const blocks = fn.blocks.map(({ ops, next }) => ({
    ops: moved(ops, -line),
    next: countedNext(next, line),
  }));
  return { ...fn, blocks };
}

function countedNext(next: IrNext, from: number): IrNext {
  const count = (line: number): number => (line > 0 ? line - from : line);
  if (next.to === 'return') return { ...next, line: count(next.line) };
  if (next.to === 'goto') return next.line === undefined ? next : { ...next, line: count(next.line) };
  if (next.to !== 'branch' || next.lines === undefined) return next;
  const [yes, no] = next.lines;
  return { ...next, lines: [count(yes), count(no)] };
}

function moved<T extends { readonly line: number }>(facts: readonly T[], by: number): T[] {
  return facts.map((fact) => ({ ...fact, line: fact.line + by }));
}
