import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockvet } from './built.js';

let folder = '';
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

const HEAD = 'struct queue {\n\traw_spinlock_t lock;\n};\n\n';
const section = (name: string, inside: string, after = ''): string =>
  `${HEAD}void ${name}(struct queue *q, void *p)\n{\n\traw_spin_lock(&q->lock);\n\t${inside}\n\traw_spin_unlock(&q->lock);\n${after}}\n`;

/** A tree with an old fault, a caller that is right, and what it calls in another file. */
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lockvet-diff-')));
  mkdirSync(join(folder, 'drivers'));
  git('init', '-q');
  write('drivers/old.c', section('old', 'kfree(p);'));
  write('drivers/user.c', section('user', 'forget(p);'));
  write('drivers/callee.c', 'void forget(void *p)\n{\n}\n');
  git('add', '.');
  git('commit', '-qm', 'before');
  // What is called begins to free: the fault that this brings in is in a file that is not touched.
  write('drivers/callee.c', 'void forget(void *p)\n{\n\tkfree(p);\n}\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Found {
  readonly where: { readonly file: string; readonly line: number };
  readonly rule: string;
  readonly evidence: readonly { readonly where: { readonly file: string } }[];
}
async function check(args: readonly string[], stdin = '', cwd = folder): Promise<{ exit: unknown; found: Found[] }> {
  const env = { LOCKVET_CACHE: join(folder, '.cache') };
  const { exit, out, err } = await lockvet(['check', ...args, '--format', 'json'], { cwd, stdin, env });
  expect(err).toBe('');
  return { exit, found: (JSON.parse(out) as { runs: { findings: Found[] }[] }).runs[0]?.findings ?? [] };
}
const places = (found: readonly Found[]): string[] =>
  found.map(({ where, rule }) => `${where.file}:${where.line} ${rule}`);

describe('lockvet check --diff', () => {
  it('reports what a change since a revision brings in, where it shows', async () => {
    const whole = await check(['drivers']);
    expect(places(whole.found)).toEqual([
      'drivers/callee.c:3 free-under-raw-spinlock',
      'drivers/old.c:8 free-under-raw-spinlock',
    ]);
    const { exit, found } = await check(['drivers', '--diff', 'HEAD']);
    expect(exit).toBe(1);
    expect(places(found)).toEqual(['drivers/callee.c:3 free-under-raw-spinlock']);
    expect(found[0]?.evidence.map(({ where }) => where.file)).toContain('drivers/user.c');
  });

  it('says the same from elsewhere, by the names it is given', async () => {
    const { found } = await check([join(folder, 'drivers'), '--diff', 'HEAD'], '', tmpdir());
    expect(places(found)).toEqual([`${folder}/drivers/callee.c:3 free-under-raw-spinlock`]);
  });

  it('reads a patch from standard input and judges what it would bring in', async () => {
    const patch = git('diff', 'HEAD');
    const back = git('diff', '-R', 'HEAD');
    git('apply', '-R', '--whitespace=nowarn', writeText('patch', patch));
    expect((await check(['drivers', '--diff', 'HEAD'])).found).toEqual([]);
    expect(places((await check(['drivers', '--diff', '-'], patch)).found)).toEqual([
      'drivers/callee.c:3 free-under-raw-spinlock',
    ]);
    git('apply', join(folder, 'patch'));
    // Taking the fault out brings nothing in.
    expect(await check(['drivers', '--diff', '-'], back)).toEqual({ exit: 0, found: [] });
  });

  it('judges what a patch does to scenarios', async () => {
    const text = (call: string): string => `import { scenario } from 'lockvet/sim';
export default scenario({ name: 's' }, (kernel) => {
  const lock = kernel.rawSpinlock('lock');
  kernel.task('t', function* t() {
    yield* lock.lock();
    yield* kernel.${call}(1);
    yield* lock.unlock();
  });
});
`;
    write('s.ts', text('udelay'));
    git('add', 's.ts');
    write('s.ts', text('msleep'));
    const patch = git('diff', 's.ts');
    write('s.ts', text('udelay'));
    expect(places((await check(['s.ts', '--diff', '-'], patch)).found)).toEqual(['s.ts:6 sleep-in-atomic']);
  });

  it('names what it cannot do', async () => {
    const bad = async (args: readonly string[], stdin = ''): Promise<[unknown, string]> => {
      const { exit, err } = await lockvet(['check', ...args], { cwd: folder, stdin });
      return [exit, err];
    };
    expect(await bad(['drivers', '--diff', 'nowhere'])).toEqual([2, expect.stringMatching(/^[^\n]*nowhere[^\n]*\n$/)]);
    expect(await bad(['drivers', '--diff', '-'], 'no patch')).toEqual([
      2,
      expect.stringMatching(/^[^\n]*no patch[^\n]*\n$/),
    ]);
  });
});

function writeText(name: string, text: string): string {
  write(name, text);
  return join(folder, name);
}
