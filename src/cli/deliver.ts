import type { Finding, Severity } from '../model/finding.js';
import type { Run } from '../model/report.js';
import { InputError } from '../model/report.js';
import { Exit, type Io, wantsColour } from './io.js';
import type { FailOn, ReportSettings } from './options.js';
import { version } from './version.js';

/** Renders runs to where the user wants them and says with which code to exit. Throws InputError for `--output`. */
export async function deliver(runs: readonly Run[], settings: ReportSettings, io: Io): Promise<Exit> {
  const { printable, renderers } = await import('../report/index.js');
  const { format, output, quiet, failOn } = settings;
  const colour = output === undefined && wantsColour(io.stdout, io.env);
  const report = renderers[format](runs, { version: version(), colour, quiet });
  if (format !== 'text' && !quiet) {
    // The text report ends with the notes; other formats have no place for them.
    for (const run of runs)
      for (const note of run.notes) await io.stderr.write(`${printable(`${run.input}: ${note}`)}\n`);
  }
  await deliverText(report, output, io);
  const findings = runs.flatMap((run) => run.findings);
  return failsGate(findings, failOn) ? Exit.Findings : Exit.Clean;
}

/** Puts a finished text where the user wants it. Throws InputError for `--output`. */
export async function deliverText(text: string, output: string | undefined, io: Io): Promise<void> {
  if (output === undefined) await io.stdout.write(text);
  else await save(output, text);
}

async function save(path: string, text: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new InputError(path, undefined, `cannot be written: ${systemProblem(error)}`);
  }
}

/** The part of a Node system error that says what is wrong (`no such file or directory`). */
function systemProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9]+: (.*?)(?:, \w+(?: '.*')?)?$/s.exec(message)?.[1] ?? message;
}

/** True when any finding is as severe as `failOn` or more. */
export function failsGate(findings: readonly Finding[], failOn: FailOn): boolean {
  if (failOn === 'never') return false;
  return findings.some((finding) => RANK[finding.severity] >= RANK[failOn]);
}

const RANK: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };
