import type { Finding } from '../../model/finding.js';
import { architectureOf } from '../solve/program.js';

/** Architectures whose sources are built together. */
const TOGETHER = ['arm arm64', 'um x86'];

/**
 * Whether the steps of a finding lie in several architectures. No kernel is built of both: a function that each of them has was taken
 * for another's.
 */
export function crossesArchitectures({ where, evidence }: Finding): boolean {
  const found = new Set<string>();
  for (const place of [where, ...evidence.map((step) => step.where)]) {
    const architecture = architectureOf(place.file ?? '');
    if (architecture !== undefined) found.add(architecture);
  }
  return found.size > 1 && !TOGETHER.includes([...found].sort().join(' '));
}
