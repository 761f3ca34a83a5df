import { isConstant } from '../ir/paths.js';
import { type Builder, emit } from './builder.js';
import { namedConstant } from './values.js';

/** The value or path of a name. */
export function identifierValue(b: Builder, name: string): string {
  const local = b.locals.get(name);
  if (local !== undefined) return local.alias ?? `%${name}`;
  const param = b.params.get(name);
  if (param !== undefined) return `$${param}`;
  return namedConstant(name) ?? name;
}

/** Names a variable as itself, not as what it was assigned from. */
export function identifierKey(b: Builder, name: string): string {
  const local = b.locals.get(name);
  if (local?.alias?.includes('.') && !local.alias.startsWith('@')) return `%${name}`;
  return identifierValue(b, name);
}

/** Records that `path` gets `value`. */
export function assign(b: Builder, path: string, value: string, line: number): void {
  if (path === '' || path === '?' || isConstant(path)) return;
  if (path.startsWith('%')) {
    const local = b.locals.get(path.slice(1));
    if (local !== undefined && local.assignments === 1 && value !== '' && value !== '?' && isStable(b, value)) {
      local.alias = value;
      if (!value.includes('.') || value.startsWith('@')) return;
    }
  }
  emit(b, { op: 'set', path, value, line });
}

/** A variable that changes cannot stand for another one. */
function isStable(b: Builder, value: string): boolean {
  const root = /^%(\w+)/.exec(value)?.[1];
  return root === undefined || (b.locals.get(root)?.assignments ?? 0) <= 1;
}
