import { type ChildProcess, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockvet } from './built.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const FAULT = /drv\.c:8: error: .*\[free-under-raw-spinlock\]/;

let folder = '';
const section = (inside: string): string =>
  `struct queue {\n\traw_spinlock_t lock;\n};\n\nvoid put(struct queue *q, void *p)\n{\n\traw_spin_lock(&q->lock);\n\t${inside}\n\traw_spin_unlock(&q->lock);\n}\n`;
const scenario = (body: string): string =>
  `import { scenario } from 'lockvet/sim';\nexport default scenario('s', (k) => {\n${body}});\n`;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lockvet-watch-')));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Names of the TypeScript sources whose trees are in the cache, by where. */
function keptTrees(): Map<string, string> {
  const top = join(folder, '.cache', 'trees');
  const names = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(top, name)).isFile(),
  );
  const texts = names.map((name): [string, string] => [name, readFileSync(join(top, name), 'utf8')]);
  return new Map(
    texts.flatMap(([name, text]) => {
      const { unit } = JSON.parse(text.slice(text.indexOf('\n'))) as { unit?: { file: string } };
      return unit === undefined ? [] : [[name, unit.file]];
    }),
  );
}

/** A command that goes on, and what it has written since the last look. */
class Watching {
  readonly exit: Promise<number | string | null>;
  readonly #child: ChildProcess;
  #text = '';
  #look: () => void = () => {};

  constructor(args: readonly string[]) {
    const env = { ...process.env, LOCKVET_CACHE: join(folder, '.cache'), NO_COLOR: '1' };
    this.#child = spawn(process.execPath, [MAIN, 'check', ...args, '--watch', '--no-config'], { cwd: folder, env });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#text += text;
        this.#look();
      });
    }
    this.exit = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#look();
        resolve(code ?? signal);
      });
    });
  }

  /** All that was written up to the end of what matches. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found !== null) {
        const end = found.index + found[0].length;
        const said = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return said;
      }
      if (this.#child.exitCode !== null) throw new Error(`ended before ${pattern}: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

describe('lockvet check --watch', () => {
  it('says what changes of C bring in and mend, and outlives a source that is deleted', async () => {
    write('drv.c', section(''));
    const watching = new Watching(['drv.c', '--output', 'json=latest.json']);
    try {
      expect(await watching.until(/watching.*\n/)).toContain('drv.c (c): clean');
      write('drv.c', section('kfree(p);'));
      expect(await watching.until(/1 new, 0 gone; 1 finding in all\n/)).toMatch(FAULT);
      // The same finding on another line is neither.
      write('drv.c', `\n${section('kfree(p);')}`);
      expect(await watching.until(/0 new, 0 gone; 1 finding in all\n/)).not.toContain('[free-under-raw-spinlock]');
      rmSync(join(folder, 'drv.c'));
      await watching.until(/^drv\.c: no such file or folder\n/m);
      write('drv.c', section(''));
      expect(await watching.until(/0 new, 1 gone; clean\n/)).toMatch(
        /^gone: drv\.c:9: .*\[free-under-raw-spinlock\]$/m,
      );
      watching.signal('SIGINT');
      expect(await watching.exit).toBe(0);
      const latest = JSON.parse(readFileSync(join(folder, 'latest.json'), 'utf8')) as {
        runs: { findings: unknown[] }[];
      };
      expect(latest.runs.map(({ findings }) => findings)).toEqual([[]]);
    } finally {
      watching.signal('SIGKILL');
    }
  });

  it('says where a scenario does not parse, and goes on when it does', async () => {
    write('s.ts', scenario(''));
    const watching = new Watching(['s.ts']);
    try {
      expect(await watching.until(/watching.*\n/)).toContain('s.ts (typescript): clean');
      write('s.ts', scenario('  k.thread(;\n'));
      await watching.until(/^s\.ts:3: .*\n/m);
      write('s.ts', scenario(''));
      await watching.until(/0 new, 0 gone; clean\n/);
      watching.signal('SIGTERM');
      expect(await watching.exit).toBe(0);
    } finally {
      watching.signal('SIGKILL');
    }
  });

  it('reads of TypeScript only what changed, and tells the rest from the cache', async () => {
    const sleepy = (name: string): string => `  const lock = k.rawSpinlock('${name}');
  k.task('t', function* t() {
    yield* lock.lock();
    yield* k.msleep(1);
    yield* lock.unlock();
  });
`;
    mkdirSync(join(folder, 'both'));
    write('both/one.ts', scenario(''));
    write('both/two.ts', scenario(sleepy('two')));
    const watching = new Watching(['both']);
    try {
      expect(await watching.until(/watching.*\n/)).toContain('both/two.ts:6: error: ');
      const before = keptTrees();
      expect([...before.values()].sort()).toEqual(expect.arrayContaining(['both/one.ts', 'both/two.ts']));
      write('both/one.ts', scenario(sleepy('one')));
      expect(await watching.until(/1 new, 0 gone; 2 findings in all\n/)).toMatch(/^both\/one\.ts:6: error: /m);
      const renewed = [...keptTrees()].filter(([place]) => !before.has(place)).map(([, file]) => file);
      expect(renewed).toEqual(['both/one.ts']);
      write('both/one.ts', scenario(''));
      await watching.until(/0 new, 1 gone; 1 finding in all\n/);
      expect(keptTrees().size).toBe(before.size + 1);
    } finally {
      watching.signal('SIGKILL');
    }
  });

  it.each([
    ['--format', 'json'],
    ['--diff', '-'],
    ['--baseline', 'known.json', '--update-baseline'],
  ])('is refused with %s', async (...options) => {
    write('drv.c', section(''));
    const { exit, out, err } = await lockvet(['check', 'drv.c', '--watch', ...options], { cwd: folder });
    expect([exit, out]).toEqual([2, '']);
    expect(err).toMatch(/^lockvet: check: --watch .*\n$/);
  });

  it('ends at once where there is nothing to watch', async () => {
    const { exit, err } = await lockvet(['check', 'missing.c', '--watch'], { cwd: folder });
    expect([exit, err]).toEqual([2, 'missing.c: no such file or folder\n']);
  });
});
