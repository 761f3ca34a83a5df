import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { check } from '../../src/static/check.js';
import { testOptions } from './want.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-warm-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Files enough for results to be kept: each function calls the next file's, the last one frees. */
const COUNT = 24;

function source(i: number): string {
  const call = i === COUNT - 1 ? 'kfree(p);' : `put_${i + 1}(p);`;
  const user = `void use_${i}(void *p)\n{\n\traw_spin_lock(&lock_${i});\n\tput_${i}(p);\n\traw_spin_unlock(&lock_${i});\n}\n`;
  const own = `static int twice(void *p)\n{\n\treturn p != 0;\n}\n`;
  const timer = `static void tick_${i}(struct timer_list *t)\n{\n\tmsleep(1);\n}\nvoid init_${i}(struct timer_list *t)\n{\n\ttimer_setup(t, tick_${i}, 0);\n}\n`;
  return `static DEFINE_RAW_SPINLOCK(lock_${i});\nvoid put_${i}(void *p)\n{\n\t${call}\n}\n${own}${user}${timer}`;
}

const CHANGES: readonly (readonly [what: string, change: (text: string) => string])[] = [
  ['nothing', (text) => text],
  ['a line is added at the top', (text) => `/* more */\n\n${text}`],
  ['a line is added inside a function', (text) => text.replace('\tkfree', '\n\tkfree')],
  ['functions change places', (text) => text.replace(/^(static .*\n)([\s\S]*?\n\}\n)([\s\S]*)$/, '$1$3$2')],
  ['a second function of the same name comes first', (text) => `#ifdef X\n${text}#endif\n${text}`],
  ['a lock is added', (text) => `static DEFINE_SPINLOCK(more);\n${text}`],
  ['it no longer frees', (text) => text.replace('kfree(p)', 'keep(p)')],
  ['it frees otherwise', (text) => text.replace('keep(p)', 'vfree(p)')],
  ['a macro is added', (text) => `#define keep(p) kfree(p)\n${text}`],
];

it('tells of a changed file in a checked folder what it tells without having checked it before', async () => {
  const texts = Array.from({ length: COUNT }, (_, i) => source(i));
  const write = (i: number): void => writeFileSync(join(folder, `${i}.c`), texts[i] ?? '');
  texts.forEach((_, i) => {
    write(i);
  });
  const kept = { ...testOptions(), cache: join(folder, '.cache') };
  for (const [what, change] of CHANGES) {
    for (const i of [COUNT - 1, 3]) {
      texts[i] = change(texts[i] ?? '');
      write(i);
    }
    const warm = await check([folder], kept);
    const cold = await check([folder], testOptions());
    expect(warm.run, what).toEqual(cold.run);
    expect(cold.run.findings.length, what).toBeGreaterThan(COUNT / 2);
  }
});
