/** What the pieces of a body's text are written with. */
import type { Lines } from './lines.js';
import type { Gene, ProgramGene } from './random-program.js';
import type { Scope } from './scope.js';

/** How the functions of a program are arranged. */
export type Form = 'closure' | 'class' | 'module';

/** The program that bodies are part of. */
export interface Place {
  readonly program: ProgramGene;
  readonly form: Form;
  readonly prefix: string;
}

/** Where a lock is kept, and so how the sources name it. */
export function homeOf(program: ProgramGene, i: number): 'variable' | 'field' | 'array' | 'twins' {
  return (['variable', 'variable', 'field', 'array', 'twins'] as const)[(program.locks[i]?.home ?? 0) % 5] ?? 'field';
}

/** Writes bodies: what one piece of a body asks of the others. */
export interface BodyWriter {
  readonly lines: Lines;
  readonly place: Place;
  write(genes: readonly Gene[], scope: Scope): void;
  /** `head { body } else { other }` */
  branch(head: string, body: readonly Gene[], other: readonly Gene[], scope: Scope): void;
  /** A condition on what the run, the caller or the configuration decides. */
  test(choice: number, scope: Scope): string;
}
