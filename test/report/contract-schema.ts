import { z } from 'zod';

/** The contract of `--format json`, to the field: what is not named here must not be there. */
const where = z.strictObject({
  file: z.string().optional(),
  line: z.int().positive().optional(),
  function: z.string().min(1).optional(),
  task: z.string().optional(),
  cpu: z.int().nonnegative().optional(),
  time: z.number().optional(),
});

const finding = z.strictObject({
  rule: z.string().regex(/^[a-z][a-z0-9-]*$/),
  severity: z.enum(['error', 'warning', 'note']),
  confidence: z.enum(['certain', 'possible']),
  message: z.string().regex(/^[^\n]+$/),
  locks: z.array(z.string()),
  where,
  evidence: z.array(z.strictObject({ what: z.string().min(1), where })),
  fingerprint: z.string().min(1),
  count: z.int().positive(),
});

const stats = z.strictObject({
  events: z.int().nonnegative(),
  classes: z.int().nonnegative(),
  dependencies: z.int().nonnegative(),
  chains: z.int().nonnegative(),
  schedules: z.int().nonnegative(),
  functions: z.int().nonnegative(),
});

const run = z.strictObject({
  input: z.string().min(1),
  kind: z.enum(['ftrace', 'trace-cmd', 'perf', 'trace.dat', 'dmesg', 'typescript', 'c', 'scenario']),
  verdict: z.enum(['clean', 'violation']),
  findings: z.array(finding),
  stats,
});

/** Parses a whole JSON report; throws with every place that breaks the contract. */
export const reportSchema = z.strictObject({ tool: z.literal('lockvet'), version: z.string(), runs: z.array(run) });
