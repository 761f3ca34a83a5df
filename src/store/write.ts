import type { DuckDBConnection } from '@duckdb/node-api';
import type { Finding, Where } from '../model/finding.js';
import type { Suppressed } from '../model/report.js';
import { writeObservation } from './observe/write.js';
import type { JudgedInput, NewRun } from './record.js';
import { type ColumnType, Rows, select } from './rows.js';

/** Adds a run in one transaction: all of it is there, or nothing. Returns its number. */
export async function writeRun(connection: DuckDBConnection, entry: NewRun): Promise<number> {
  await connection.run('BEGIN TRANSACTION');
  try {
    const id = await insertRun(connection, entry);
    await connection.run('COMMIT');
    return id;
  } catch (error) {
    await connection.run('ROLLBACK');
    throw error;
  }
}

async function insertRun(connection: DuckDBConnection, entry: NewRun): Promise<number> {
  const [next] = await select(
    connection,
    `SELECT (SELECT coalesce(max(run_id), 0) + 1 FROM lv.runs) AS run, (SELECT coalesce(max(input_id), 0) + 1 FROM lv.inputs) AS input,
      (SELECT coalesce(max(finding_id), 0) + 1 FROM lv.findings) AS finding`,
  );
  const runId = Number(next?.run);
  const { command, time, lockvetVersion, gitRevision, policy } = entry;
  await connection.run(
    'INSERT INTO lv.runs VALUES ($run, $command, make_timestamp($time::BIGINT), $version, $revision, $policy)',
    {
      run: runId,
      command,
      time: time.getTime() * 1000,
      version: lockvetVersion,
      revision: gitRevision ?? null,
      policy: policy ?? null,
    },
  );
  const writer = await RunWriter.open(connection, runId, Number(next?.finding));
  for (const [position, input] of entry.inputs.entries()) writer.add(Number(next?.input) + position, position, input);
  writer.close();
  for (const [position, { observation }] of entry.inputs.entries()) {
    if (observation !== undefined) await writeObservation(connection, Number(next?.input) + position, observation);
  }
  return runId;
}

const WHERE: readonly ColumnType[] = ['text', 'big', 'text', 'text', 'int', 'double'];
const TABLES = {
  inputs: ['int', 'int', 'int', 'text', 'text', 'text', 'text', 'big', 'big', 'big', 'big', 'big', 'big', 'text'],
  notes: ['int', 'int', 'text'],
  findings: [
    ...(['big', 'int', 'int', 'int', 'text', 'text', 'text', 'text', 'text', 'texts'] as const),
    ...WHERE,
    ...(['big', 'text', 'text', 'text', 'text', 'text', 'text', 'text'] as const),
  ],
  evidence: ['big', 'int', 'text', ...WHERE],
} as const satisfies Record<string, readonly ColumnType[]>;

class RunWriter {
  readonly #runId: number;
  readonly #rows: Record<keyof typeof TABLES, Rows>;
  #nextFinding: number;

  private constructor(runId: number, nextFinding: number, rows: Record<keyof typeof TABLES, Rows>) {
    this.#runId = runId;
    this.#nextFinding = nextFinding;
    this.#rows = rows;
  }

  static async open(connection: DuckDBConnection, runId: number, nextFinding: number): Promise<RunWriter> {
    return new RunWriter(runId, nextFinding, {
      inputs: await Rows.into(connection, 'inputs', TABLES.inputs),
      notes: await Rows.into(connection, 'notes', TABLES.notes),
      findings: await Rows.into(connection, 'findings', TABLES.findings),
      evidence: await Rows.into(connection, 'evidence', TABLES.evidence),
    });
  }

  add(inputId: number, position: number, { run, observation }: JudgedInput): void {
    const { events, classes, dependencies, chains, schedules, functions } = run.stats;
    const numbers = [events, classes, dependencies, chains, schedules, functions];
    const about = [run.input, run.kind, run.verdict, observation?.kernel];
    this.#rows.inputs.add([inputId, this.#runId, position, ...about, ...numbers, observation?.unit]);
    for (const [at, note] of run.notes.entries()) this.#rows.notes.add([inputId, at, note]);
    const all: { finding: Finding; suppressed?: Suppressed }[] = [
      ...run.findings.map((finding) => ({ finding })),
      ...(run.suppressed ?? []).map((suppressed) => ({ finding: suppressed.finding, suppressed })),
    ];
    for (const [at, { finding, suppressed }] of all.entries()) this.#addFinding(inputId, at, finding, suppressed);
  }

  #addFinding(inputId: number, position: number, finding: Finding, suppressed: Suppressed | undefined): void {
    const id = this.#nextFinding++;
    const { known, detail } = finding;
    const state = suppressed !== undefined ? 'suppressed' : known !== undefined ? 'known' : 'new';
    this.#rows.findings.add([
      ...[id, inputId, this.#runId, position],
      ...[finding.fingerprint, finding.rule, finding.severity, finding.confidence, finding.message],
      finding.locks,
      ...whereCells(finding.where),
      finding.count,
      state,
      suppressed?.reason ?? known?.reason,
      known?.expires,
      suppressed?.by,
      suppressed?.place,
      finding.advice,
      detail && JSON.stringify(detail),
    ]);
    for (const [step, { what, where }] of finding.evidence.entries()) {
      this.#rows.evidence.add([id, step, what, ...whereCells(where)]);
    }
  }

  close(): void {
    for (const rows of Object.values(this.#rows)) rows.close();
  }
}

function whereCells({ file, line, function: fn, task, cpu, time }: Where) {
  return [file, line, fn, task, cpu, time];
}
