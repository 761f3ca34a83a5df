import type { ContextName } from './ir.js';

/**
 * The intermediate form of languages whose locks are values: functions as trees of statements and expressions, names resolved. It
 * knows nothing of a source language, is plain data, and so can be cached as JSON like the graphs of `ir.ts`.
 *
 * Variables are names that are unique within their outermost function. A variable that a closure captures is either copied into
 * the closure (it never changes after) or a cell, which all share. Types are text: `sim:Mutex` for a type of the simulated kernel,
 * `FILE#Class` for a class of the sources, `[]TYPE` for an array, `map:TYPE` for a map of such values, '' where there is nothing to tell.
 */
export type TreeExpr =
  | { readonly k: 'const'; readonly v: string | number | boolean | null | undefined }
  /**
   * `own`: closures that share it only read it, and this is the function that gives it its values; `list`: a list that no other
   * code gets at.
   */
  | {
      readonly k: 'var';
      readonly n: string;
      readonly cell?: boolean;
      readonly own?: boolean;
      readonly list?: boolean;
    }
  /** A variable outside functions, `FILE#name`. */
  | { readonly k: 'global'; readonly id: string; readonly ty: string }
  /** Something that the simulated kernel exports. */
  | { readonly k: 'sim'; readonly n: string }
  | { readonly k: 'this'; readonly ty: string }
  /** `ty`: type of the result; `text`: the expression as the source spells it. */
  | {
      readonly k: 'get';
      readonly o: TreeExpr;
      readonly p: string;
      readonly ty: string;
      readonly api: string;
      readonly text: string;
      readonly line: number;
    }
  | { readonly k: 'index'; readonly o: TreeExpr; readonly i: TreeExpr; readonly ty: string; readonly text: string }
  | TreeCall
  | {
      readonly k: 'new';
      readonly c: TreeExpr;
      readonly ty: string;
      readonly a: readonly TreeExpr[];
      readonly line: number;
      /** `new Array(...)` */
      readonly list?: boolean;
    }
  | { readonly k: 'fn'; readonly f: number }
  /** A class that is made where it stands; `f`: a function that captures what the class does. */
  | { readonly k: 'class'; readonly id: string; readonly f: number }
  | {
      readonly k: 'object';
      readonly props: readonly { readonly key: string; readonly v: TreeExpr; readonly accessor?: 'get' | 'set' }[];
      readonly line: number;
    }
  | { readonly k: 'array'; readonly items: readonly TreeExpr[]; readonly line: number }
  | { readonly k: 'spread'; readonly e: TreeExpr }
  /** `yield*` of something that is no call: runs the operation that it is. */
  | { readonly k: 'run'; readonly e: TreeExpr; readonly line: number }
  /** `yield`: one more for who goes through what the function makes. */
  | { readonly k: 'yield'; readonly e: TreeExpr }
  | { readonly k: 'unary'; readonly op: string; readonly e: TreeExpr }
  | { readonly k: 'binary'; readonly op: string; readonly l: TreeExpr; readonly r: TreeExpr; readonly text: string }
  | { readonly k: 'logic'; readonly op: '&&' | '||' | '??'; readonly l: TreeExpr; readonly r: TreeExpr }
  | { readonly k: 'cond'; readonly c: TreeExpr; readonly a: TreeExpr; readonly b: TreeExpr }
  /** Gives `v` to a target; the value is that of `v`. With `op` it is `target op v`; `post`: the value is the old one. */
  | { readonly k: 'set'; readonly t: TreeTarget; readonly op: string; readonly v: TreeExpr; readonly post?: boolean }
  | { readonly k: 'text'; readonly parts: readonly TreeExpr[] }
  | { readonly k: 'seq'; readonly es: readonly TreeExpr[] };

/** The name of what a loop over an object asks for, as a property. */
export const ITERATOR = 'Symbol.iterator';

/** A call; `o` and `p` are set where it is a method's. */
export interface TreeCall {
  readonly k: 'call';
  /** The function; of a method the object. */
  readonly f: TreeExpr;
  /** Name of the method, '' for a plain call. */
  readonly p: string;
  readonly a: readonly TreeExpr[];
  readonly line: number;
  /** `Class.method` or `function` of the simulated kernel that the name is declared as; '' otherwise. */
  readonly api: string;
  /** Function of the sources that the name is declared as, `FILE#name` or `FILE#Class.name`; '' otherwise. */
  readonly target: string;
  /** `Interface.method` or `function` of the language's own library that the name is declared as. */
  readonly lib?: string;
  /** The call as the source spells it, shortened. */
  readonly text: string;
  /** Type of the result. */
  readonly ty: string;
  /** `o?.m()` */
  readonly optional?: boolean;
  /** Run as an operation, by `yield*`: it may take and release locks. */
  readonly op?: boolean;
  /** It makes an operation of the simulated kernel that something else runs. */
  readonly lazy?: boolean;
}

export type TreeTarget =
  | {
      readonly k: 'var';
      readonly n: string;
      readonly cell?: boolean;
      readonly own?: boolean;
      readonly declare?: boolean;
    }
  | { readonly k: 'global'; readonly id: string }
  | { readonly k: 'field'; readonly o: TreeExpr; readonly p: string }
  | { readonly k: 'element'; readonly o: TreeExpr; readonly i: TreeExpr }
  | { readonly k: 'pattern'; readonly parts: readonly TreePart[] }
  | { readonly k: 'nothing' };

/** One name of a destructuring: of a property, of an element, or of all the rest. */
export interface TreePart {
  readonly key: string | number;
  readonly rest?: boolean;
  readonly t: TreeTarget;
  readonly init?: TreeExpr;
  readonly ty: string;
}

export type TreeStmt =
  | { readonly k: 'expr'; readonly e: TreeExpr; readonly line: number }
  | { readonly k: 'block'; readonly s: readonly TreeStmt[]; readonly label?: string }
  | {
      readonly k: 'if';
      readonly c: TreeExpr;
      /** The condition as the source spells it, shortened. */
      readonly text: string;
      readonly a: readonly TreeStmt[];
      readonly b: readonly TreeStmt[];
      readonly line: number;
    }
  /** `post`: the condition comes after the body. */
  | {
      readonly k: 'loop';
      readonly c: TreeExpr | null;
      readonly body: readonly TreeStmt[];
      readonly step: TreeExpr | null;
      readonly post: boolean;
      readonly label: string;
      readonly line: number;
    }
  /** `keys`: over property names rather than elements. */
  | {
      readonly k: 'each';
      readonly t: TreeTarget;
      readonly e: TreeExpr;
      readonly ty: string;
      readonly keys: boolean;
      readonly body: readonly TreeStmt[];
      readonly label: string;
      readonly line: number;
    }
  | { readonly k: 'return'; readonly e: TreeExpr | null; readonly line: number }
  | { readonly k: 'break' | 'continue'; readonly label: string }
  | { readonly k: 'throw'; readonly e: TreeExpr; readonly line: number }
  | {
      readonly k: 'try';
      readonly s: readonly TreeStmt[];
      readonly param: TreeTarget | null;
      readonly handler: readonly TreeStmt[] | null;
      readonly end: readonly TreeStmt[];
    }
  | {
      readonly k: 'switch';
      readonly e: TreeExpr;
      readonly cases: readonly { readonly test: TreeExpr | null; readonly s: readonly TreeStmt[] }[];
      readonly label: string;
    };

/** What the source says of a function beside its code. */
export interface TreeContract {
  /** Expressions of locks that callers must hold. */
  readonly held: readonly { readonly e: TreeExpr; readonly text: string }[];
  /** Expressions of locks that callers must not hold. */
  readonly notHeld: readonly { readonly e: TreeExpr; readonly text: string }[];
  /** May sleep, whatever its body does. */
  readonly maySleep: boolean;
  /** Contexts that it may be called in; empty: any. */
  readonly contexts: readonly (ContextName | 'atomic')[];
}

export interface TreeParam {
  readonly t: TreeTarget;
  readonly name: string;
  readonly ty: string;
  readonly init: TreeExpr | null;
  readonly rest: boolean;
}

export interface TreeFunction {
  /** As stack traces show it; '' for none. */
  readonly name: string;
  /** `FILE#name` or `FILE#Class.name` of a function that can be named from outside, '' otherwise. */
  readonly id: string;
  readonly line: number;
  /** Where its body ends. */
  readonly end: number;
  readonly params: readonly TreeParam[];
  readonly body: readonly TreeStmt[];
  /** Variables of outer functions that it uses, itself or in functions inside it; `%this` among them for arrow functions. */
  readonly captures: readonly string[];
  /** Shared variables among `captures` that have no value yet where it is made. */
  readonly early: readonly string[];
  /** Has a `this` of its own. */
  readonly ownThis: boolean;
  readonly isPublic: boolean;
  /** Calls of it do nothing until they are run. */
  readonly isGenerator?: boolean;
  readonly contract?: TreeContract;
}

export interface TreeClass {
  /** `FILE#name` */
  readonly id: string;
  readonly name: string;
  readonly line: number;
  readonly base: TreeExpr | null;
  readonly baseId: string;
  /** Function of the constructor, -1 for none. */
  readonly make: number;
  readonly fields: readonly {
    readonly name: string;
    readonly init: TreeExpr | null;
    readonly ty: string;
    readonly isStatic: boolean;
  }[];
  readonly methods: readonly {
    readonly name: string;
    readonly f: number;
    readonly kind: 'method' | 'get' | 'set';
    readonly isStatic: boolean;
  }[];
  readonly isPublic: boolean;
}

/** One source file. */
export interface TreeUnit {
  readonly file: string;
  /** Digest of the text and of what else decided what is in here. */
  readonly functions: readonly TreeFunction[];
  readonly classes: readonly TreeClass[];
  /** Statements outside functions, in order. */
  readonly body: readonly TreeStmt[];
  /** Names of top-level functions: `FILE#name` to its function. */
  readonly named: Readonly<Record<string, number>>;
  /** Exports of other names: `FILE#name` to `OTHER#name`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What could not be understood, by reason, and how often. */
  readonly unknown: Readonly<Record<string, number>>;
}
