import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InputError } from '../../src/model/report.js';
import { ofPatch, type Scope, sinceRevision } from '../../src/static/change.js';

let folder = '';
const home = process.cwd();
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lockvet-change-')));
  process.chdir(folder);
  git('init', '-q');
  for (const name of ['a', 'b']) mkdirSync(name);
  writeFileSync('a/one.c', 'int one;\n');
  writeFileSync('a/gone.c', 'int gone;\n');
  writeFileSync('b/two.c', 'int two;\n');
  git('add', '.');
  git('commit', '-qm', 'before');
  writeFileSync('a/one.c', 'int one;\nint more;\n');
  rmSync('a/gone.c');
  writeFileSync('a/new.c', 'int fresh;\n');
  writeFileSync('b/two.c', 'long two;\n');
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

function git(...args: string[]): string {
  const name = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  return execFileSync('git', [...name, ...args], { encoding: 'latin1' });
}

function scope(...names: string[]): Scope {
  return { paths: ['.'], names: new Map(names.map((name) => [resolve(name), name])) };
}

const BEFORE = [
  ['a/gone.c', 'int gone;\n'],
  ['a/new.c', undefined],
  ['a/one.c', 'int one;\n'],
];

it('knows what files were in a revision, files that git does not know among them', () => {
  const change = sinceRevision('HEAD', { ...scope('a/one.c', 'a/new.c'), paths: ['a'] });
  expect([...change.texts].sort()).toEqual(BEFORE);
  expect(change).toMatchObject({ isAfter: false, outside: ['b/two.c'] });
});

it('takes a patch of what files have already for the way back', () => {
  git('add', '-A');
  const change = ofPatch(git('diff', 'HEAD'), { ...scope('a/one.c', 'a/new.c'), paths: ['a'] });
  expect([...change.texts].sort()).toEqual(BEFORE);
  expect(change).toMatchObject({ isAfter: false, outside: ['b/two.c'] });
});

it('applies a patch to files that do not have it, from any folder, with and without prefixes', () => {
  git('add', '-A');
  const patches = [
    git('diff', 'HEAD'),
    git('diff', '--no-prefix', 'HEAD'),
    git('-c', 'diff.mnemonicPrefix=true', 'diff', 'HEAD'),
  ];
  git('reset', '-q', '--hard');
  process.chdir('a');
  for (const patch of patches) {
    const change = ofPatch(patch, scope('one.c', 'gone.c'));
    expect([...change.texts].sort()).toEqual([
      ['gone.c', undefined],
      ['new.c', 'int fresh;\n'],
      ['one.c', 'int one;\nint more;\n'],
    ]);
    expect(change).toMatchObject({ isAfter: true, outside: ['b/two.c'] });
  }
  expect(readFileSync('one.c', 'latin1')).toBe('int one;\n');
});

it('says what is wrong with a patch in one line', () => {
  expect(() => ofPatch('rubbish\n', scope())).toThrow(InputError);
  const patch = '--- a/a/one.c\n+++ b/a/one.c\n@@ -1,1 +1,1 @@\n-int other;\n+int another;\n';
  expect(() => ofPatch(patch, scope('a/one.c'))).toThrow(InputError);
  expect(() => sinceRevision('nowhere', scope())).toThrow(InputError);
  expect(() => sinceRevision('--output=x', scope())).toThrow(InputError);
});
