import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Gated } from '../gate/index.js';
import type { Finding, Severity } from '../model/finding.js';
import type { Run } from '../model/report.js';
import { InputError } from '../model/report.js';
import type { RenderOptions } from '../report/index.js';
import { Exit, type Io, wantsColour } from './io.js';
import { type Keeper, keep } from './keep.js';
import type { FailOn, ReportSettings } from './options.js';
import { ruleDocs } from './rule-docs.js';
import { version } from './version.js';

/**
 * Lets runs through the gate, renders them to where the user wants them, stores them, and says with which code to exit. Throws
 * InputError for `--output`, and for a baseline or a store that cannot be written.
 */
export async function deliver(
  runs: readonly Run[],
  settings: ReportSettings,
  io: Io,
  keeper?: Pick<Keeper, 'of'>,
): Promise<Exit> {
  const [{ applyGate }, { printable, rendererOf }] = await Promise.all([
    import('../gate/index.js'),
    import('../report/index.js'),
  ]);
  const { format, output, extraOutputs, quiet, failOn, gate } = settings;
  const gated = applyGate(runs, gate, sourceReader(io.cwd));
  const options: RenderOptions = {
    version: version(),
    colour: false,
    quiet,
    root: io.cwd,
    rules: [format, ...extraOutputs.map((extra) => extra.format)].includes('sarif') ? await ruleDocs(settings) : [],
    gate: gated.isActive ? { summary: gated.summary, notes: gated.notes } : undefined,
  };
  const say = async (line: string): Promise<void> => {
    if (!quiet) await io.stderr.write(`${printable(line)}\n`);
  };
  if (format !== 'text') await sayNotes(gated, say);
  if (gated.baselineText !== undefined && gate.baseline) await save(gate.baseline.path, gated.baselineText);
  for (const extra of extraOutputs) {
    const { text, omissions } = (await rendererOf(extra.format))(gated.runs, options);
    for (const omission of omissions) await say(`${extra.path}: ${omission}`);
    await save(extra.path, text);
  }
  const colour = output === undefined && wantsColour(io.stdout, io.env);
  const { text, omissions } = (await rendererOf(format))(gated.runs, { ...options, colour });
  for (const omission of omissions) await say(omission);
  await deliverText(text, output, io);
  if (settings.keep !== undefined) {
    // Last: whatever is wrong with the store, the report is there.
    const observations = runs.map((run) => keeper?.of(run));
    const inputs = gated.complete.map((run, index) => ({ run, observation: observations[index] }));
    await keep(inputs, settings.keep, io);
  }
  const news = gated.runs.flatMap((run) => run.findings).filter(({ known }) => known === undefined);
  return failsGate(news, failOn) ? Exit.Findings : Exit.Clean;
}

/** The text report ends with the notes and the gate's summary; other formats have no place for them. */
export async function sayNotes(gated: Gated, say: (line: string) => Promise<void>): Promise<void> {
  const { gateLine } = await import('../report/text.js');
  for (const run of gated.runs) for (const note of run.notes) await say(`${run.input}: ${note}`);
  for (const note of gated.notes) await say(note);
  if (gated.isActive) await say(gateLine(gated.summary));
}

/** Reads sources by the names that findings give them; undefined for what is no readable file. */
export function sourceReader(cwd: string): (file: string) => string | undefined {
  return (file) => {
    try {
      return readFileSync(path.resolve(cwd, file), 'utf8');
    } catch {
      return undefined;
    }
  };
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
