/** Operations and ways of writing that a program uses now and then. */
import { recurse } from './call-text.js';
import { FLOW_EXTRAS } from './extra-flow.js';
import { KERNEL_EXTRAS } from './extra-kernel.js';
import { LOCK_EXTRAS } from './extra-locks.js';
import { WAIT_EXTRAS } from './extra-waits.js';
import type { ExtraGene } from './random-program.js';
import type { Scope } from './scope.js';
import type { BodyWriter } from './writer.js';

/** Writes one piece of a body. */
export type ExtraWriter = (t: BodyWriter, gene: ExtraGene, scope: Scope) => void;

const WRITERS: readonly ExtraWriter[] = [
  recurse,
  recurse,
  ...LOCK_EXTRAS,
  ...WAIT_EXTRAS,
  ...FLOW_EXTRAS,
  ...KERNEL_EXTRAS,
];

export function extra(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  WRITERS[gene.what % WRITERS.length]?.(t, gene, scope);
}
