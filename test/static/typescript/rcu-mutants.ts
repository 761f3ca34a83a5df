import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Finding } from '../../../src/model/finding.js';

const schema = z.array(
  z
    .object({
      name: z.string(),
      /** In `src/rcu`. */
      file: z.string().transform((file) => `src/rcu/${file}`),
      rt: z.boolean().default(false),
      edits: z.array(z.object({ from: z.string(), to: z.string() }).strict()).min(1),
      wants: z.array(z.string()).min(1),
    })
    .strict(),
);

/** A change of the simulated RCU that breaks a rule of locking; see `fixtures/rcu-mutants.yaml`. */
export type RcuMutant = z.infer<typeof schema>[number];

export const RCU_MUTANTS: readonly RcuMutant[] = schema.parse(parse(readFileSync('fixtures/rcu-mutants.yaml', 'utf8')));

/** A source with mutants in it. Throws where what one changes is not there, or more than once. */
export function mutated(text: string, mutants: readonly RcuMutant[]): string {
  let out = text;
  for (const { name, edits } of mutants) {
    for (const { from, to } of edits) {
      const [before = '', after, ...more] = out.split(from);
      if (after === undefined || more.length > 0) throw new Error(`${name}: not there once: ${from}`);
      out = `${before}${to}${after}`;
    }
  }
  return out;
}

/** The findings that are what a mutant was to show. */
export function shown({ wants }: RcuMutant, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) =>
    wants.some((want) => {
      const [rule, lock] = want.split(' ');
      return finding.rule === rule && (lock === undefined || finding.locks.some((held) => held.startsWith(lock)));
    }),
  );
}
