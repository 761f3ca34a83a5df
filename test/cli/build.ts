import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Builds dist/ once before the tests of the built command; LOCKVET_NO_BUILD=1 takes dist/ as it is. Throws with the
 * compiler's words when it does not compile.
 */
export default function build(): void {
  if (process.env.LOCKVET_NO_BUILD) return;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const said =
      typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error);
    throw new Error(`the build fails:\n${said}`);
  }
}
