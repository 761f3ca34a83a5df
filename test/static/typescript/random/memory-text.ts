/** Writes what allocates and frees memory in the bodies of a random program. */
import { WORDS } from './lock-words.js';
import type { Gene } from './random-program.js';
import { isWild, Level, type Scope } from './scope.js';
import { GFP, MEMORY, PASSED_GFP } from './words.js';
import type { BodyWriter } from './writer.js';

export function alloc(t: BodyWriter, gene: Gene & { is: 'alloc' }, scope: Scope): void {
  if (scope.level === Level.Raw && gene.way % 4 !== 3) {
    t.write(gene.body, scope);
    return;
  }
  const [alloc, free] = MEMORY[gene.what % MEMORY.length] ?? ['', ''];
  const mayWait = scope.level === Level.Sleep || isWild(gene.what);
  if (!mayWait && !alloc.includes('GFP')) {
    t.write(gene.body, scope);
    return;
  }
  const gfp = !mayWait
    ? 'Gfp.GFP_ATOMIC'
    : scope.hasGfp && gene.gfp % 2 === 0
      ? PASSED_GFP[(gene.gfp >> 1) % PASSED_GFP.length]
      : GFP[(gene.gfp >> 1) % GFP.length];
  const object = t.lines.name('object');
  t.lines.put(`const ${object} = yield* ${alloc.replace('GFP', gfp ?? 'MASK')};`);
  const release = `yield* ${free.replace('OBJECT', object)};`;
  if (gene.way % 3 === 0) {
    t.lines.put(`if (${object} === null) ${scope.giveUp}`);
    if (gene.gfp % 4 === 1) t.lines.put(`yield* kernel.mm.touch(${object});`);
    t.write(gene.body, scope);
    t.lines.put(gene.gfp % 16 === 5 ? `kernel.mm.ignoreLeak(${object});` : release);
  } else if (gene.way % 3 === 1) {
    t.write(gene.body, scope);
    t.lines.put(`if (${object} !== null) ${release}`);
  } else {
    t.lines.block(`if (${object} !== null)`, () => {
      t.write(gene.body, scope);
      t.lines.put(release);
    });
  }
}

/** A lock inside an object that is freed, rarely while it is held. */
export function embedded(t: BodyWriter, gene: Gene & { is: 'embedded' }, scope: Scope): void {
  if (scope.level < Level.Sleep) {
    t.write(gene.body, scope);
    return;
  }
  const kind = gene.what % 2 === 0 ? 'spin' : 'mutex';
  const object = t.lines.name('object');
  const own = t.lines.name('own');
  const name = `${t.place.prefix}_${own}`;
  t.lines.put(`const ${object} = yield* kernel.mm.kmalloc(128, Gfp.GFP_KERNEL);`);
  t.lines.put(`if (${object} === null) ${scope.giveUp}`);
  t.lines.put(`const ${own} = kernel.${WORDS[kind].make}('${name}', { in: ${object} });`);
  t.lines.put(`yield* ${own}.lock();`);
  t.write(gene.body, { ...scope, level: kind === 'spin' ? Level.Spin : Level.Sleep });
  const words = [`yield* ${own}.unlock();`, `yield* kernel.mm.kfree(${object});`];
  t.lines.puts(...(gene.what % 8 < 6 ? words : words.reverse()));
}
