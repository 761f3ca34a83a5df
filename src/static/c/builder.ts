import {
  type CallbackFact,
  END_LINE,
  type GlobalFact,
  type InitFact,
  type IrBlock,
  type IrNext,
  type IrOp,
  type RegisteredFact,
  type TableFact,
} from '../ir/ir.js';
import type { Syntax } from './parser.js';
import type { Vocabulary } from './vocabulary.js';

/** A block while it is being filled. */
interface OpenBlock {
  readonly ops: IrOp[];
  next: IrNext | undefined;
}

/** Where `break` and `continue` go, and how many scopes are open there. */
export interface JumpTarget {
  readonly breakTo: number;
  readonly continueTo: number;
  readonly scopes: number;
}

/** What runs when a scope is left: newest last. */
export interface Scope {
  readonly cleanups: (() => void)[];
}

/** A local variable. */
export interface Local {
  /** How often it is assigned; taking its address counts as twice. */
  assignments: number;
  /** The value it stands for where it is assigned once, or undefined. */
  alias: string | undefined;
}

/** Lowering of the kinds of syntax that contain each other. */
export interface Lowerers {
  /** The expression's value, see `ir/paths.ts`. */
  expression(b: Builder, node: Syntax): string;
  condition(b: Builder, node: Syntax, yes: number, no: number): void;
  statements(b: Builder, nodes: readonly Syntax[], scoped: boolean): string;
}

/** Everything that lowering one function needs and makes. */
export interface Builder {
  readonly vocabulary: Vocabulary;
  readonly lower: Lowerers;
  readonly text: string;
  /** Functions and macros of this file that hide the vocabulary's. */
  readonly own: ReadonlySet<string>;
  readonly cleanups: ReadonlyMap<number, string>;
  readonly params: ReadonlyMap<string, number>;
  readonly locals: Map<string, Local>;
  readonly types: Record<string, string>;
  readonly labels: Map<string, number>;
  readonly blocks: OpenBlock[];
  readonly jumps: JumpTarget[];
  readonly scopes: Scope[];
  readonly callbacks: CallbackFact[];
  /** Functions and objects that were handed to what calls them with something held. */
  readonly registered: RegisteredFact[];
  /** How the function that is next stored in a member will run, by member. */
  readonly awaited: Map<string, Omit<CallbackFact, 'function' | 'line'>>;
  readonly inits: InitFact[];
  readonly tables: TableFact[];
  readonly globals: GlobalFact[];
  readonly held: { path: string; said: 'assertion' }[];
  /** Cases of the innermost switch: filled while its body is lowered. */
  switchBlocks: number[] | undefined;
  switchHasDefault: boolean;
  /** The block that is being filled. */
  current: number;
}

export function textOf(b: Builder, node: Syntax): string {
  return b.text.slice(node.start, node.end);
}

/** Starts a block without making it current. */
export function newBlock(b: Builder): number {
  b.blocks.push({ ops: [], next: undefined });
  return b.blocks.length - 1;
}

export function emit(b: Builder, op: IrOp): void {
  (b.blocks[b.current] as OpenBlock).ops.push(op);
}

/** Ends the current block, unless it has ended; code after it is unreachable until a block is entered. */
export function terminate(b: Builder, next: IrNext): void {
  const block = b.blocks[b.current] as OpenBlock;
  if (block.next === undefined) block.next = next;
}

/** Ends the current block with a jump; `line` is that of a jump in the source. */
export function jump(b: Builder, to: number, line = 0): void {
  terminate(b, line === 0 ? { to: 'goto', block: to } : { to: 'goto', block: to, line });
}

/** Makes `block` current; the code before falls through into it. */
export function enter(b: Builder, block: number): void {
  jump(b, block);
  b.current = block;
}

/** Makes `block` current without a way into it from here. */
export function resume(b: Builder, block: number): void {
  b.current = block;
}

/** Code after a jump: a block that nothing leads to. */
export function unreachable(b: Builder): void {
  b.current = newBlock(b);
}

export function labelBlock(b: Builder, name: string): number {
  let block = b.labels.get(name);
  if (block === undefined) {
    block = newBlock(b);
    b.labels.set(name, block);
  }
  return block;
}

/** Runs the cleanups of scopes above `depth`, innermost first, without closing them. */
export function runCleanups(b: Builder, depth: number): void {
  for (let i = b.scopes.length - 1; i >= depth; i--) {
    const { cleanups } = b.scopes[i] as Scope;
    for (let c = cleanups.length - 1; c >= 0; c--) (cleanups[c] as () => void)();
  }
}

/** The finished graph: only blocks that can be reached, renumbered; empty blocks that only jump are skipped. */
export function finish(b: Builder): IrBlock[] {
  const fallsOff: IrNext = { to: 'return', value: '', line: END_LINE };
  const nextOf = (i: number): IrNext => b.blocks[i]?.next ?? fallsOff;
  // The first jump of the source on the way that `thread` went last.
  let jumped = 0;
  const thread = (i: number): number => {
    let at = i;
    jumped = 0;
    for (let hops = 0; hops < 50; hops++) {
      const next = nextOf(at);
      if ((b.blocks[at]?.ops.length ?? 0) > 0 || next.to !== 'goto' || next.block === at) return at;
      if (jumped === 0) jumped = next.line ?? 0;
      at = next.block;
    }
    return at;
  };
  const order: number[] = [];
  const numbers = new Map<number, number>();
  const number = (i: number): number => {
    const at = thread(i);
    let n = numbers.get(at);
    if (n === undefined) {
      n = order.length;
      numbers.set(at, n);
      order.push(at);
    }
    return n;
  };
  number(0);
  const out: IrBlock[] = [];
  for (let n = 0; n < order.length; n++) {
    const at = order[n] as number;
    const next = nextOf(at);
    let renumbered: IrNext = next;
    if (next.to === 'goto') {
      const block = number(next.block);
      const line = next.line ?? jumped;
      renumbered = line === 0 ? { to: 'goto', block } : { to: 'goto', block, line };
    } else if (next.to === 'branch') {
      const yes = number(next.yes);
      const yesLine = jumped;
      const no = number(next.no);
      const lines = yesLine === 0 && jumped === 0 ? {} : { lines: [yesLine, jumped] as const };
      renumbered = yes === no ? { to: 'goto', block: yes } : { ...next, yes, no, ...lines };
    } else if (next.to === 'choose') renumbered = { to: 'choose', blocks: [...new Set(next.blocks.map(number))] };
    out.push({ ops: b.blocks[at]?.ops ?? [], next: renumbered });
  }
  return out;
}
