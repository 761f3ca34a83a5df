/**
 * What tells whether a lock name matches a pattern: `/regular expression/`, a glob over the whole name when it has `*` or
 * `?` in it, and otherwise a part of the name. Throws SyntaxError for a wrong regular expression.
 */
export function nameMatcher(pattern: string): (name: string) => boolean {
  if (pattern.length > 2 && pattern.startsWith('/') && pattern.endsWith('/')) {
    const expression = new RegExp(pattern.slice(1, -1));
    return (name) => expression.test(name);
  }
  if (!/[*?]/.test(pattern)) return (name) => name.includes(pattern);
  const glob = pattern
    .replace(/\*+/g, '*')
    .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${glob}$`, 's');
  return (name) => expression.test(name);
}
