import { distance } from './distance.js';

/** The command line itself is wrong: one line on standard error, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/**
 * `; did you mean X?` for the known word that is nearest to a misspelt one, '' when none is near. A word is near when a
 * third of it at most has to be changed, or when one begins with the other.
 */
export function suggestion(given: string, known: readonly string[], prefix = ''): string {
  let best = '';
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const word of known) {
    const far = word.startsWith(given) && given.length > 1 ? 1 : distance(given, word);
    if (far < bestDistance && far <= Math.max(1, Math.ceil(Math.max(given.length, word.length) / 3))) {
      best = word;
      bestDistance = far;
    }
  }
  return best === '' ? '' : `; did you mean ${prefix}${best}?`;
}
