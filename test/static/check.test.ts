import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/model/report.js';
import { check } from '../../src/static/check.js';
import { checkDiff } from '../../src/static/diff.js';
import { testOptions } from './want.js';

let folder = '';
const home = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-check-'));
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const LOCK = 'static DEFINE_RAW_SPINLOCK(lock);\n';
const BAD = `${LOCK}void f(void *p)\n{\n\traw_spin_lock(&lock);\n\tkfree(p);\n\traw_spin_unlock(&lock);\n}\n`;
const GOOD = BAD.replace('\tkfree(p);\n\traw_spin_unlock(&lock);', '\traw_spin_unlock(&lock);\n\tkfree(p);');

const SIM = "import { scenario } from 'lockvet/sim';\n";

describe('check', () => {
  it('follows calls into other files, whatever their order', async () => {
    const user = write(
      'a.c',
      `${LOCK}void f(void *p)\n{\n\traw_spin_lock(&lock);\n\tput(p);\n\traw_spin_unlock(&lock);\n}\n`,
    );
    const callee = write('b.c', 'void put(void *p)\n{\n\tkfree(p);\n}\n');
    const forward = await check([user, callee], testOptions());
    const backward = await check([callee, user], testOptions());
    expect(forward.run.findings.map((finding) => finding.where.line)).toEqual([3]);
    expect(backward.run.findings).toEqual(forward.run.findings);
  });

  it('reads headers that a source includes with quotes', async () => {
    write('own.h', 'static inline void put(void *p)\n{\n\tkfree(p);\n}\n');
    const user = write(
      'a.c',
      `#include "own.h"\n${LOCK}void f(void *p)\n{\n\traw_spin_lock(&lock);\n\tput(p);\n\traw_spin_unlock(&lock);\n}\n`,
    );
    const { run } = await check([user], testOptions());
    expect(run.findings.map((finding) => finding.rule)).toEqual(['free-under-raw-spinlock']);
  });

  it('grants the exception of a policy', async () => {
    const file = write('a.c', BAD.replace('kfree(p)', 'p = alloc_page(GFP_RT_NOWAIT)'));
    expect((await check([file], testOptions('strict'))).run.findings).toHaveLength(1);
    expect((await check([file], testOptions('gfp-rt-nowait'))).run.findings).toHaveLength(0);
  });

  it('has the same fingerprint when lines move', async () => {
    const file = write('a.c', BAD);
    const before = (await check([file], testOptions())).run.findings[0];
    write('a.c', `\n\n${BAD}`);
    const after = (await check([file], testOptions())).run.findings[0];
    expect(after?.where.line).toBe((before?.where.line ?? 0) + 2);
    expect(after?.fingerprint).toBe(before?.fingerprint);
  });

  it('names what is not there', async () => {
    await expect(check([join(folder, 'none.c')], testOptions())).rejects.toThrow(InputError);
    await expect(check([folder], testOptions())).rejects.toThrow('no source');
  });

  it('tells lock kinds by the names that lockdep shows', async () => {
    const file = write(
      'a.c',
      `${LOCK}static DECLARE_WAIT_QUEUE_HEAD(queue);\nstruct s { spinlock_t inner; };\nvoid f(struct s *p)\n{\n\tspin_lock_init(&p->inner);\n}\n`,
    );
    const { catalogue } = await check([file], testOptions());
    expect(catalogue).toEqual(['raw_spinlock lock', 'spinlock &p->inner', 'spinlock queue.lock']);
  });

  it('tells those that scenarios make, and none that the languages do not agree on', async () => {
    write('a.c', LOCK);
    const makes = "kernel.mutex('lock');\n  kernel.rwsem('sem');\n  kernel.rawSpinlock('raw');";
    write('s.ts', `${SIM}export default scenario({ name: 's' }, (kernel) => {\n  ${makes}\n});\n`);
    expect((await check([join(folder, 's.ts')], testOptions())).catalogue).toEqual([
      'mutex lock',
      'raw_spinlock raw',
      'rwsem sem',
    ]);
    expect((await check([folder], testOptions())).catalogue).toEqual(['raw_spinlock raw', 'rwsem sem']);
  });
});

describe('check --diff', () => {
  it('reports what a change brings in', async () => {
    process.chdir(folder);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { encoding: 'utf8' });
    git('init', '-q');
    write('old.c', BAD.replace('f(', 'old('));
    write('new.c', GOOD);
    git('add', '.');
    git('commit', '-qm', 'before');
    expect((await checkDiff(['.'], 'HEAD', testOptions())).run.findings).toEqual([]);
    write('new.c', BAD);
    const { run } = await checkDiff(['.'], 'HEAD', testOptions());
    expect(run.findings.map((finding) => [finding.where.file, finding.rule])).toEqual([
      ['new.c', 'free-under-raw-spinlock'],
    ]);
    await expect(checkDiff(['.'], 'nowhere', testOptions())).rejects.toThrow(InputError);
  });

  it('does so in TypeScript, with files that are gone on one side', async () => {
    process.chdir(folder);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { encoding: 'utf8' });
    const callee = (what: string): string =>
      `import type { Kernel } from 'lockvet/sim';\nexport function* callee(kernel: Kernel) {\n  yield* kernel.${what}(1);\n}\n`;
    const caller = (from: string, lock: string): string =>
      `${SIM}import { callee } from './${from}.js';
export default scenario({ name: '${lock}' }, (kernel) => {
  const lock = kernel.rawSpinlock('${lock}');
  kernel.task('t', function* ${lock}() {
    yield* lock.lock();
    yield* callee(kernel);
    yield* lock.unlock();
  });
});
`;
    git('init', '-q');
    write('gone.ts', callee('msleep'));
    write('callee.ts', callee('udelay'));
    write('old.ts', caller('gone', 'old'));
    write('user.ts', caller('callee', 'user'));
    git('add', '.');
    git('commit', '-qm', 'before');
    rmSync('gone.ts');
    write('callee.ts', callee('msleep'));
    write('old.ts', caller('callee', 'old'));
    const { run } = await checkDiff(['.'], 'HEAD', testOptions());
    expect(run.kind).toBe('typescript');
    // What the old one broke, it breaks still.
    expect(run.findings.map(({ where, rule, locks }) => [where.file, rule, ...locks])).toEqual([
      ['callee.ts', 'sleep-in-atomic', 'user'],
    ]);
  });
});
