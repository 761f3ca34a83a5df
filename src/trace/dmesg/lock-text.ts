/** A lock class as lockdep prints it: `(name){usage}-{outer:inner}`, with where it was taken or is being taken. */
export interface LockText {
  name: string;
  /** Usage characters, `+.+.`; four before 4.15 and since, six in between and before. */
  usage: string;
  /** `{3:3}`, '' before 5.8. */
  wait: string;
  outer: number;
  inner: number;
  /** What follows `at:`, unread; '' when there is none. */
  at: string;
  /** `#N` of a list of held locks, -1 elsewhere. */
  index: number;
}

const ADDRESS = String.raw`(?:(?:0x)?[0-9a-f]{8,16}|\(_*ptrval_*\)|<_*ptrval_*>|\(null\))`;
const CLASS = String.raw`\((.+)\)\{([^{}]*)\}(?:-\{(\d+):(\d+)\})?`;
const LOCK = new RegExp(`^(?:#(\\d+): +)?(?:${ADDRESS} +)?${CLASS}(?:, at: ?(.*)| *\\.{3}.*)?$`);
const LINK = new RegExp(`^-> #(\\d+) ${CLASS}(?: ops: \\d+)?:?( \\{)?$`);
const PATH = new RegExp(`^-> ${CLASS}.*\\bops: ?\\d+.*$`);
const NEW_DEPENDENCY = /^\((.+?)\)\{[^{}]*\}(?:-\{\d+:\d+\})? +-> +\((.+)\)\{[^{}]*\}(?:-\{\d+:\d+\})?$/;

/** A line that is a lock: `#0: address (name){..}, at: site`, with any of its parts but the name left out. */
export function lockText(text: string): LockText | undefined {
  if (!text.includes('){')) return undefined;
  const match = LOCK.exec(text);
  if (match === null) return undefined;
  const [, index, name, usage, outer, inner, at] = match;
  return lock(name, usage, outer, inner, at ?? '', index === undefined ? -1 : Number(index));
}

/** `-> #1 (name){..}:`, a step of the existing dependency chain. */
export function chainLink(text: string): LockText | undefined {
  const match = text.startsWith('-> #') ? LINK.exec(text) : null;
  if (match === null) return undefined;
  const [, index, name, usage, outer, inner] = match;
  return lock(name, usage, outer, inner, '', Number(index));
}

/** `-> (name){..} ops: 2 {`, a class on the path that connects two others. */
export function pathClass(text: string): string | undefined {
  return text.startsWith('-> (') ? PATH.exec(text)?.[1] : undefined;
}

/** `(held){..} -> (taken){..}`. */
export function newDependency(text: string): { from: string; to: string } | undefined {
  const match = text.includes('} -> (') ? NEW_DEPENDENCY.exec(text) : null;
  return match === null ? undefined : { from: match[1], to: match[2] };
}

function lock(
  name: string,
  usage: string,
  outer: string | undefined,
  inner: string | undefined,
  at: string,
  index: number,
): LockText {
  const known = outer !== undefined && inner !== undefined;
  const wait = known ? `{${outer}:${inner}}` : '';
  return { name, usage, wait, outer: known ? Number(outer) : 0, inner: known ? Number(inner) : 0, at, index };
}
