import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MUTATIONS, type Mutation } from './mutations.js';

/**
 * Switches off each check of the validator in turn, in copies of the sources, and runs the validator's tests: every mutant
 * must fail one. Usage: npm run mutants [-- WORD], for the mutations with WORD in file or name.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Copies that are tested at the same time. */
const WORKERS = Number(process.env.MUTANT_WORKERS ?? 2);
const HANGS_AFTER = 300_000;
/** Quick tests first: most mutants need no others. */
const ROUNDS: readonly (readonly string[])[] = [
  [
    'untidy',
    'gaps',
    'kernel-verdict',
    'matrix-misuse',
    'matrix-recursion',
    'matrix-usage',
    'matrix-order',
    'matrix-wait',
  ],
  ['graph', 'reference', 'stability', 'recordings'],
];
const run = promisify(execFile);

function copyOfSources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockvet-mutants-'));
  for (const part of ['src', 'test/lockdep', 'fixtures/selftest', 'fixtures/cases', 'package.json', 'tsconfig.json']) {
    mkdirSync(join(folder, part, '..'), { recursive: true });
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** The file with the mutation; an error when it does not apply any more. */
function mutated(source: string, { name, file, search, replace }: Mutation): string {
  const parts = source.split(search);
  if (parts.length !== 2) {
    throw new Error(`${file}: mutation "${name}" no longer applies: its text occurs ${parts.length - 1} times`);
  }
  return parts.join(replace);
}

/** Name of the first test that fails. */
async function failure(folder: string): Promise<string | undefined> {
  for (const round of ROUNDS) {
    const failed = await failureIn(
      folder,
      round.map((file) => `test/lockdep/${file}`),
    );
    if (failed !== undefined) return failed;
  }
  return undefined;
}

async function failureIn(folder: string, files: readonly string[]): Promise<string | undefined> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const options = ['--bail', '1', '--testTimeout', '120000', '--no-isolate', '--maxWorkers', '1', '--reporter', 'json'];
  const args = [vitest, 'run', '--root', folder, ...options, ...files];
  try {
    await run(process.execPath, args, { cwd: folder, timeout: HANGS_AFTER, maxBuffer: 2 ** 28 });
    return undefined;
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    return firstFailure(stdout ?? '');
  }
}

interface Report {
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

function firstFailure(json: string): string {
  try {
    const report = JSON.parse(json.slice(json.indexOf('{'))) as Report;
    const failed = report.testResults
      .flatMap((file) => file.assertionResults)
      .find(({ status }) => status === 'failed');
    return failed?.fullName ?? 'tests cannot be run';
  } catch {
    return 'tests end abnormally';
  }
}

async function main(): Promise<void> {
  const word = process.argv[2] ?? '';
  const chosen = MUTATIONS.filter(({ file, name }) => `${file} ${name}`.includes(word));
  const originals = new Map(
    chosen.map(({ file }) => [file, readFileSync(join(ROOT, 'src/lockdep', file), 'utf8')] as const),
  );
  for (const mutation of chosen) mutated(originals.get(mutation.file) ?? '', mutation);
  const todo = [...chosen];
  const survivors: string[] = [];
  const folders: string[] = [];
  const work = async (): Promise<void> => {
    const folder = copyOfSources();
    folders.push(folder);
    for (let mutation = todo.shift(); mutation !== undefined; mutation = todo.shift()) {
      const path = join(folder, 'src/lockdep', mutation.file);
      const original = originals.get(mutation.file) ?? '';
      writeFileSync(path, mutated(original, mutation));
      const failed = await failure(folder);
      writeFileSync(path, original);
      if (failed === undefined) survivors.push(mutation.name);
      const verdict = failed === undefined ? 'SURVIVED' : 'caught  ';
      console.log(`${verdict} | ${mutation.file.padEnd(21)} | ${mutation.name} | ${(failed ?? '').slice(0, 100)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: WORKERS }, work));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants caught`);
  if (survivors.length > 0) process.exitCode = 1;
}

await main();
