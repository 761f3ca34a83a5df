import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import type { Evidence, Finding, FindingDetail, Where } from '../model/finding.js';
import type { LockGraph } from '../model/lock-graph.js';
import type { InputKind, Run, Suppressed } from '../model/report.js';
import { readGraphOf } from './observe/read.js';
import type { StoredRun } from './record.js';
import { type Plain, select } from './rows.js';
import { whereSchema } from './where.js';

/** A run read back: its inputs' judgements as they were stored, and their lock graphs. */
export interface LoadedRun {
  readonly about: StoredRun;
  readonly inputs: readonly LoadedInput[];
}

export interface LoadedInput {
  readonly id: number;
  readonly run: Run;
  readonly kernel: string | undefined;
  /** undefined where the input had no events. */
  readonly graph: LockGraph | undefined;
}

/** All runs, oldest first. */
export async function listRuns(connection: DuckDBConnection): Promise<StoredRun[]> {
  const rows = await select(
    connection,
    `SELECT r.run_id, r.command, epoch_ms(r.time) AS time, r.lockvet_version, r.git_revision, r.policy,
      (SELECT count(*) FROM lv.inputs i WHERE i.run_id = r.run_id) AS inputs,
      coalesce(f.new, 0) AS new, coalesce(f.known, 0) AS known, coalesce(f.suppressed, 0) AS suppressed
    FROM lv.runs r LEFT JOIN (
      SELECT run_id, count(*) FILTER (state = 'new') AS new, count(*) FILTER (state = 'known') AS known,
        count(*) FILTER (state = 'suppressed') AS suppressed
      FROM lv.findings GROUP BY run_id) f USING (run_id)
    ORDER BY r.run_id`,
  );
  return rows.map((row) => ({
    id: Number(row.run_id),
    command: String(row.command),
    time: new Date(Number(row.time)),
    lockvetVersion: String(row.lockvet_version),
    gitRevision: text(row.git_revision),
    policy: text(row.policy),
    inputs: Number(row.inputs),
    new: Number(row.new),
    known: Number(row.known),
    suppressed: Number(row.suppressed),
  }));
}

/** A run by its number; undefined where there is none. */
export async function loadRun(connection: DuckDBConnection, id: number): Promise<LoadedRun | undefined> {
  const about = (await listRuns(connection)).find((run) => run.id === id);
  if (about === undefined) return undefined;
  const inputs = await select(connection, 'SELECT * FROM lv.inputs WHERE run_id = $id ORDER BY position', { id });
  const loaded: LoadedInput[] = [];
  for (const input of inputs) {
    const inputId = Number(input.input_id);
    loaded.push({
      id: inputId,
      run: await runOf(connection, inputId, input),
      kernel: text(input.kernel),
      graph: await readGraphOf(connection, inputId),
    });
  }
  return { about, inputs: loaded };
}

async function runOf(connection: DuckDBConnection, id: number, input: Row): Promise<Run> {
  const rows = await select(connection, 'SELECT * FROM lv.findings WHERE input_id = $id ORDER BY position', { id });
  const steps = await select(
    connection,
    `SELECT e.* FROM lv.evidence e JOIN lv.findings f USING (finding_id) WHERE f.input_id = $id ORDER BY finding_id, e.position`,
    { id },
  );
  const notes = await select(connection, 'SELECT note FROM lv.notes WHERE input_id = $id ORDER BY position', { id });
  const evidence = new Map<number, Row[]>();
  for (const step of steps) {
    const of = evidence.get(Number(step.finding_id));
    if (of === undefined) evidence.set(Number(step.finding_id), [step]);
    else of.push(step);
  }
  const findings: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const row of rows) {
    const finding = findingOf(row, evidence.get(Number(row.finding_id)) ?? []);
    if (row.state !== 'suppressed') findings.push(finding);
    else {
      const by = row.suppressed_by === 'source' ? 'source' : 'rule';
      suppressed.push({ finding, by, place: String(row.suppressed_at), reason: String(row.reason) });
    }
  }
  const number = (name: string): number => Number(input[name]);
  return {
    input: String(input.path),
    kind: kindSchema.parse(input.kind),
    verdict: input.verdict === 'clean' ? 'clean' : 'violation',
    findings,
    stats: {
      events: number('events'),
      classes: number('classes'),
      dependencies: number('dependencies'),
      chains: number('chains'),
      schedules: number('schedules'),
      functions: number('functions'),
    },
    notes: notes.map(({ note }) => String(note)),
    ...(suppressed.length > 0 && { suppressed }),
  };
}

type Row = Readonly<Record<string, Plain>>;

const KINDS = ['ftrace', 'trace-cmd', 'perf', 'trace.dat', 'dmesg', 'typescript', 'c', 'scenario'] as const;
const kindSchema: z.ZodType<InputKind> = z.enum(KINDS);
const severitySchema = z.enum(['error', 'warning', 'note']);

function findingOf(row: Row, steps: readonly Row[]): Finding {
  const expires = text(row.expires);
  const advice = text(row.advice);
  const detail = text(row.detail);
  return {
    rule: String(row.rule),
    severity: severitySchema.parse(row.severity),
    confidence: row.confidence === 'certain' ? 'certain' : 'possible',
    message: String(row.message),
    locks: Array.isArray(row.locks) ? row.locks.map(String) : [],
    where: whereOf(row),
    evidence: steps.map((step): Evidence => ({ what: String(step.what), where: whereOf(step) })),
    fingerprint: String(row.fingerprint),
    count: Number(row.count),
    ...(advice !== undefined && { advice }),
    ...(detail !== undefined && { detail: detailOf(detail) }),
    ...(row.state === 'known' && { known: { reason: String(row.reason), ...(expires !== undefined && { expires }) } }),
  };
}

function whereOf(row: Row): Where {
  const where: Where = {};
  if (row.file !== null) where.file = String(row.file);
  if (row.line !== null) where.line = Number(row.line);
  if (row.function !== null) where.function = String(row.function);
  if (row.task !== null) where.task = String(row.task);
  if (row.cpu !== null) where.cpu = Number(row.cpu);
  if (row.time !== null) where.time = Number(row.time);
  return where;
}

const heldSchema = z.object({
  name: z.string(),
  wait: z.string(),
  usage: z.string(),
  read: z.boolean(),
  trylock: z.boolean(),
  where: whereSchema,
});
/** Fields that a later version adds are kept. */
const detailSchema = z.looseObject({
  scenario: z.object({ cpus: z.array(z.string()), rows: z.array(z.array(z.string())) }).exactOptional(),
  held: z.array(heldSchema).exactOptional(),
  wanted: heldSchema.exactOptional(),
  context: z.array(z.string()).exactOptional(),
});

function detailOf(json: string): FindingDetail {
  return detailSchema.parse(JSON.parse(json));
}

function text(value: Plain | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}
