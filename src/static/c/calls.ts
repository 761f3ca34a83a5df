import { Truth } from '../ir/ir.js';
import { ERROR, lastPart, member, returned, splitRoot, stripIndices, ZERO } from '../ir/paths.js';
import { type Builder, emit, newBlock, resume, runCleanups, terminate, textOf } from './builder.js';
import { OFF, offPath } from './off.js';
import type { Syntax } from './parser.js';
import { saidHeld } from './pointers.js';
import { assign, identifierValue } from './variables.js';
import { isOpaque, type Meaning } from './vocabulary.js';

/** Lowers a call: by its meaning where the vocabulary has one, else as a call to be resolved later. */
export function lowerCall(b: Builder, node: Syntax): string {
  const [callee, list] = node.children;
  if (callee === undefined) return '';
  const args = list?.type === 'argument_list' ? list.children : [];
  if (callee.type === 'call_expression') return lowerGuard(b, callee, args);
  if (callee.type !== 'identifier') return lowerIndirect(b, callee, args, node.line);
  const name = textOf(b, callee);
  if (b.locals.has(name) || b.params.has(name)) return lowerIndirect(b, callee, args, node.line);
  const known = b.own.has(name) ? undefined : b.vocabulary.functions.get(name);
  if (known !== undefined) return lowerKnown(b, name, known, node, args);
  const same = b.vocabulary.sameAs.get(name);
  if (same !== undefined) {
    const values = args.map((arg) => b.lower.expression(b, arg));
    return values[same] ?? '';
  }
  if (b.vocabulary.memberOf.has(name) && args.length === 2) {
    return member(b.lower.expression(b, args[0] as Syntax), textOf(b, args[1] as Syntax));
  }
  if (b.vocabulary.containerOf.has(name) && args.length >= 2) return lowerContainer(b, name, args);
  const definition = b.vocabulary.definitions.get(name);
  if (definition !== undefined && args[0] !== undefined) {
    b.globals.push({ name: textOf(b, args[0]), line: node.line, type: '', kind: definition.kind, local: true });
    return '';
  }
  if (name === 'ERR_PTR') {
    for (const arg of args) b.lower.expression(b, arg);
    return ERROR;
  }
  if (name === 'PTR_ERR' || name === 'ERR_CAST') return args[0] === undefined ? '' : b.lower.expression(b, args[0]);
  recordCallback(b, name, args, node.line);
  const values = args.map((arg) => b.lower.expression(b, arg));
  if (isOpaque(b.vocabulary, name) && !b.own.has(name)) {
    forgetOutputs(b, args, node.line);
    return '';
  }
  const result = returned(name, values);
  // Before the call: the result's name may mention what the call changes.
  forgetOutputs(b, args, node.line);
  emit(b, { op: 'call', callee: name, args: values, result, line: node.line });
  return result;
}

/** Locals whose address is handed out may have changed after the call. */
function forgetOutputs(b: Builder, args: readonly Syntax[], line: number): void {
  for (const arg of args) {
    const operand = arg.children[0];
    if (arg.type !== 'pointer_expression' || b.text[arg.start] !== '&' || operand?.type !== 'identifier') continue;
    const name = textOf(b, operand);
    if (b.locals.has(name)) assign(b, `%${name}`, '', line);
  }
}

function lowerIndirect(b: Builder, callee: Syntax, args: readonly Syntax[], line: number): string {
  const path = b.lower.expression(b, callee);
  const values = args.map((arg) => b.lower.expression(b, arg));
  const result = returned('*', [path, ...values]);
  forgetOutputs(b, args, line);
  emit(b, { op: 'icall', path, args: values, result, line });
  return result;
}

/** `container_of(p, type, member)`: `q.member` becomes `q`; else a path of its own. */
function lowerContainer(b: Builder, name: string, args: readonly Syntax[]): string {
  const inner = b.lower.expression(b, args[0] as Syntax);
  const field = args.at(-1);
  const suffix = field === undefined ? '' : `.${textOf(b, field)}`;
  if (name === 'container_of' && suffix.length > 1 && inner.endsWith(suffix) && lastPart(inner) === suffix) {
    return inner.slice(0, -suffix.length);
  }
  return returned('container_of', [inner, suffix.slice(1)]);
}

function recordCallback(b: Builder, name: string, args: readonly Syntax[], line: number): void {
  for (const form of b.vocabulary.callbacks.get(name) ?? []) {
    const other = form.when?.find(({ argument, has }) => {
      const node = args[argument];
      const text = node === undefined ? '' : textOf(b, node);
      return has.some((word) => text.includes(word));
    });
    const context = other?.context ?? form.context;
    if (form.member !== undefined && context !== undefined) b.awaited.set(form.member, { context, api: name });
    const node = form.argument === undefined ? undefined : args[form.argument];
    const target = functionNamed(b, node);
    const held = (form.held ?? []).map((entry) => saidHeld(name, entry));
    const how = { held, api: name, line, ...(context === undefined ? {} : { context }) };
    if (form.through !== undefined && node !== undefined) {
      const object = textOf(b, node).replace(/^&\s*/, '');
      b.registered.push({ object, member: form.through, ...how });
    } else if (target !== undefined && held.length > 0) {
      b.registered.push({ function: target, object: '', member: '', ...how });
    } else if (target !== undefined && context !== undefined) {
      b.callbacks.push({ function: target, context, api: name, line });
    }
  }
}

/** The function that an expression names, whatever it is cast to. */
export function functionNamed(b: Builder, node: Syntax | undefined): string | undefined {
  let from = node;
  while ((from?.type === 'pointer_expression' || from?.type === 'cast_expression') && from.children.length > 0) {
    from = from.children[from.children.length - 1];
  }
  if (from?.type !== 'identifier') return undefined;
  const name = textOf(b, from);
  return b.locals.has(name) || b.params.has(name) ? undefined : name;
}

/** `guard(mutex)(&lock)`: taken here, released when the scope is left. */
function lowerGuard(b: Builder, callee: Syntax, args: readonly Syntax[]): string {
  const [word, list] = callee.children;
  const kind = list?.children[0];
  if (word === undefined || kind === undefined || textOf(b, word) !== 'guard') {
    b.lower.expression(b, callee);
    for (const arg of args) b.lower.expression(b, arg);
    return '';
  }
  const path = args[0] === undefined ? '' : b.lower.expression(b, args[0]);
  openGuard(b, textOf(b, kind), path, callee.line);
  return '';
}

/** Takes a guard's lock and has it released at the end of the innermost scope. */
export function openGuard(b: Builder, kind: string, path: string, line: number): void {
  const pair = b.vocabulary.guards.get(kind);
  if (pair === undefined) return;
  const [take, release] = pair.map((name) => ({ name, meaning: b.vocabulary.functions.get(name) }));
  if (take?.meaning === undefined || release?.meaning === undefined) return;
  const releaseMeaning = release.meaning;
  applyMeaning(b, take.name, take.meaning, [path], [], line);
  b.scopes.at(-1)?.cleanups.push(() => applyMeaning(b, release.name, releaseMeaning, [path], [], line));
}

function lowerKnown(b: Builder, name: string, meaning: Meaning, node: Syntax, args: readonly Syntax[]): string {
  if (meaning.effect.do === 'stop-if') {
    const condition = args[0];
    if (condition === undefined) return '';
    const stop = newBlock(b);
    const go = newBlock(b);
    b.lower.condition(b, condition, stop, go);
    resume(b, stop);
    terminate(b, { to: 'stop' });
    resume(b, go);
    return '';
  }
  recordCallback(b, name, args, node.line);
  const values = args.map((arg) => b.lower.expression(b, arg));
  if (meaning.arguments !== undefined && meaning.arguments !== args.length) return '';
  forgetOutputs(b, args, node.line);
  return applyMeaning(b, name, meaning, values, args, node.line);
}

/** Emits what a known function does; returns its value. `args` is empty where the source has no such call. */
export function applyMeaning(
  b: Builder,
  name: string,
  meaning: Meaning,
  values: readonly string[],
  args: readonly Syntax[],
  line: number,
): string {
  const { effect } = meaning;
  const operand = values[meaning.arg] ?? '';
  switch (effect.do) {
    case 'lock': {
      const path = effect.path ?? (operand === '' ? '?' : operand);
      const result = effect.try === true ? returned(name, values) : undefined;
      const nestedAt = effect.nested;
      const level = typeof nestedAt === 'number' ? args[nestedAt] : undefined;
      const nested =
        nestedAt === 'by-lock'
          ? 'by-lock'
          : level === undefined || textOf(b, level) === '0'
            ? undefined
            : textOf(b, level);
      const taken = effect.taken === 'zero' ? Truth.Zero : Truth.NonZero;
      const sleeps = effect.try === true && effect.nowait !== true && isSleeping(effect.kind);
      if (sleeps) emit(b, { op: 'sleep', api: name, on: 'lock', path, line });
      if (effect.off !== undefined) {
        const kind = OFF[effect.off];
        const tried = result === undefined ? {} : { result, taken };
        emit(b, { op: 'lock', api: name, kind, path: `!${kind}`, withLock: true, line, ...tried });
      }
      emit(b, {
        op: 'lock',
        api: name,
        kind: effect.kind,
        path,
        line,
        ...(effect.read === true ? { read: true } : {}),
        ...(result === undefined ? {} : { result, taken }),
        ...(nested === undefined ? {} : { nested }),
      });
      return result ?? '';
    }
    case 'unlock': {
      const path = effect.path ?? (operand === '' ? '?' : operand);
      emit(b, { op: 'unlock', api: name, kind: effect.kind, path, line });
      if (effect.off !== undefined) {
        const kind = OFF[effect.off];
        emit(b, { op: 'unlock', api: name, kind, path: `!${kind}`, line });
      }
      return '';
    }
    case 'off':
      emit(b, { op: 'lock', api: name, kind: OFF[effect.what], path: offPath(effect.what), line });
      return operand;
    case 'on':
      emit(b, { op: 'unlock', api: name, kind: OFF[effect.what], path: offPath(effect.what), line });
      return '';
    case 'takes':
      emit(b, { op: 'lock', api: name, kind: effect.kind, path: member(operand, effect.field), momentary: true, line });
      return '';
    case 'alloc': {
      const gfp = typeof effect.gfp === 'number' ? (values[effect.gfp] ?? '') : identifierValue(b, effect.gfp);
      const order = typeof effect.order === 'number' ? (values[effect.order] ?? '') : effect.order === '0' ? '#z' : '';
      const maybe = effect.maybe === true ? { maybe: true } : {};
      const mask = typeof effect.gfp === 'number' ? args[effect.gfp] : undefined;
      const mixed = mask !== undefined && mixesRtNowait(textOf(b, mask)) ? { mixed: true } : {};
      emit(b, { op: 'alloc', api: name, memory: effect.memory, gfp, order, line, ...maybe, ...mixed });
      // Every object is another one: what it is assigned to is its only name.
      return '';
    }
    case 'free': {
      const path = values[effect.arg ?? 0] ?? '';
      // Freeing NULL frees nothing.
      if (path === ZERO) return '';
      const maybe = effect.maybe === true ? { maybe: true } : {};
      emit(b, { op: 'free', api: name, memory: effect.memory, path, line, ...maybe });
      return '';
    }
    case 'sleep': {
      const maybe = effect.maybe === true ? { maybe: true } : {};
      const off = effect.lets === undefined ? undefined : OFF[effect.lets];
      if (off !== undefined) emit(b, { op: 'unlock', api: name, kind: off, path: `!${off}`, line });
      emit(b, { op: 'sleep', api: name, on: effect.on ?? '', path: operand, line, ...maybe });
      if (off !== undefined) emit(b, { op: 'lock', api: name, kind: off, path: `!${off}`, line });
      return returned(name, values);
    }
    case 'held': {
      const kind = effect.kind === undefined ? {} : { kind: effect.kind };
      emit(b, { op: 'held', api: name, path: operand, line, ...kind });
      return '';
    }
    case 'init': {
      const text = args[meaning.arg];
      if (text !== undefined) {
        const path = effect.field === undefined ? operand : member(operand, effect.field);
        const { root, rest } = splitRoot(stripIndices(path));
        b.inits.push({
          type: b.types[root] ?? '',
          path: b.types[root] === undefined ? path : rest,
          name: textOf(b, text).replace(/\s+/g, ''),
          kind: effect.kind,
        });
      }
      return '';
    }
    case 'stop':
      runCleanups(b, b.scopes.length);
      terminate(b, { to: 'stop' });
      b.current = newBlock(b);
      return '';
    case 'nothing':
    case 'stop-if':
      return '';
  }
}

/** Whether a mask's text ors GFP_RT_NOWAIT, which is 0, with something. */
function mixesRtNowait(text: string): boolean {
  return text.includes('GFP_RT_NOWAIT') && text.includes('|');
}

function isSleeping(kind: string): boolean {
  return kind === 'mutex' || kind === 'rwsem' || kind === 'rtmutex';
}
