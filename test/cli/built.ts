import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command in the project's folder, without colour or LOCKVET_DEBUG unless `env` says so. */
export function lockvet(
  args: readonly string[],
  {
    stdin = '',
    env = {},
    cwd = ROOT,
    main = MAIN,
  }: { stdin?: string | Buffer; env?: NodeJS.ProcessEnv; cwd?: string; main?: string } = {},
): Promise<Outcome> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, LOCKVET_DEBUG: _debug, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...inherited, ...env } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ exit: code ?? signal, out, err }));
    // A command that does not read standard input may be gone before this is written.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}
