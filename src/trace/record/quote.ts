/** A word that a POSIX shell takes literally, whatever is in it. NUL cannot be in an argument: callers refuse it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
