/**
 * Doc comments that say what a function of a random program asks of its callers. Runs cannot read them: in the text without types each call
 * asks it itself, of whoever runs the program (`ask`), or with the operation that the comment stands for.
 */
import type { Lines } from './lines.js';
import type { FunctionGene } from './random-program.js';
import type { Callee, LockUse } from './scope.js';
import { type Form, homeOf, type Place } from './writer.js';

/** What a function asks for. */
export type Contract =
  | { readonly is: 'maySleep' }
  /** `text`: the lock as the comment names it; `path`: as callers do, undefined where they pass it. */
  | { readonly is: 'mustHold' | 'mustNotHold'; readonly text: string; readonly path: string | undefined }
  | { readonly is: 'context'; readonly contexts: readonly string[] };

/** Functions from here on ask for something. */
const FROM = 44;
const CONTEXTS = [['task'], ['softirq', 'hardirq'], ['task', 'softirq']] as const;
/** Locks that lockdep knows as one object. */
const TOLD: ReadonlySet<string> = new Set(['raw', 'spin', 'rwlock', 'mutex', 'rtmutex', 'rwsem']);

/** What a function asks for; undefined: nothing. */
export function contractOf(
  { lockKind, takes }: FunctionGene,
  { program, form }: Pick<Place, 'program' | 'form'>,
  locks: readonly LockUse[],
  passed: LockUse | undefined,
): Contract | undefined {
  if (lockKind < FROM) return undefined;
  const choice = lockKind % 5;
  if (choice === 0) return { is: 'maySleep' };
  if (choice === 1) return { is: 'context', contexts: CONTEXTS[takes % CONTEXTS.length] ?? ['task'] };
  const is = choice === 4 ? 'mustNotHold' : 'mustHold';
  if (passed !== undefined && TOLD.has(passed.kind)) return { is, text: 'lock', path: undefined };
  const at = program.locks.findIndex((_, i) => homeOf(program, i) === 'variable');
  const use = locks.find(({ path }) => path.endsWith(`lock${at}`));
  if (use === undefined || !TOLD.has(use.kind)) return undefined;
  return { is, text: textOf(use.path, form), path: use.path };
}

function textOf(path: string, form: Form): string {
  return form === 'class' ? path.replace(/^dev\./, 'this.') : path;
}

/** The comment before the function. */
export function putContract(lines: Lines, contract: Contract): void {
  if (contract.is === 'maySleep') lines.put('/** @maySleep */');
  else if (contract.is === 'context') lines.put(`/** @context ${contract.contexts.join(', ')} */`);
  else lines.put(`/** @${contract.is} ${contract.text} */`);
}

/** A call of a function that asks for something; `passed`: the lock that it is given. */
export function askedCall(lines: Lines, callee: Callee, call: string, passed: string | undefined): string {
  const { contract, path } = callee;
  if (contract === undefined || lines.type('typed') !== '') return call;
  if (contract.is === 'maySleep') return `(yield* kernel.mightSleep(), ${call})`;
  const name = path.replace(/^dev\./, '');
  const what =
    contract.is === 'context'
      ? `[${contract.contexts.map((context) => `'${context}'`).join(', ')}], ''`
      : `${contract.path ?? passed}, '${contract.text}'`;
  return `(ask('${name}', '${contract.is}', ${what}), ${call})`;
}
