/** Writes what takes and releases locks in the bodies of a random program. */
import { kindOf, modeOf, type TakeWords } from './lock-words.js';
import type { Gene, ProgramLockKind } from './random-program.js';
import { isWild, type LockUse, NEEDS, type Scope } from './scope.js';
import { type BodyWriter, homeOf } from './writer.js';

function anyLock(choice: number, scope: Scope): LockUse {
  return scope.locks[choice % scope.locks.length] ?? { kind: 'raw', path: 'dev.lock0' };
}

/** A lock to take here: mostly one that may be taken; undefined when there is none. */
export function lockToTake(choice: number, wild: number, scope: Scope): { use: LockUse; inside: Scope } | undefined {
  const allowed = scope.locks.map((use, at) => ({ use, at }));
  const fitting = isWild(wild)
    ? allowed
    : allowed.filter(({ use, at }) => at > scope.after && NEEDS[use.kind] <= scope.level);
  const chosen = fitting[choice % Math.max(1, fitting.length)];
  if (chosen === undefined) return undefined;
  const level = NEEDS[chosen.use.kind];
  const inside = { ...scope, after: chosen.at, level: level < scope.level ? level : scope.level };
  return { use: chosen.use, inside };
}

export function section(t: BodyWriter, gene: Gene & { is: 'section' }, scope: Scope): void {
  const found = lockToTake(gene.lock, gene.way, scope);
  if (found === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const { use, inside } = found;
  const { kind, path } = use;
  const mode = modeOf(kind, gene.mode);
  const way = gene.way % 10;
  if (way === 3 && mode.guard !== undefined) {
    const inner: Scope = { ...inside, giveUp: 'return;' };
    t.lines.block(
      `yield* ${path}.${mode.guard}(function* ()${t.lines.type(': Op<void>')}`,
      () => t.write(gene.body, inner),
      '});',
    );
    return;
  }
  let subject = path;
  if (way === 5) {
    subject = t.lines.name('alias');
    t.lines.put(`const ${subject} = ${path};`);
  }
  const cover = way === 8 && gene.mode % 4 === 0 ? coverOf(gene.mode, kind, scope) : undefined;
  if (cover !== undefined) {
    const [take, give] = kind === 'rwsem' ? ['downWriteNestLock', 'upWrite'] : ['lockNestLock', 'unlock'];
    t.lines.put(`yield* ${subject}.${take}(${cover});`);
    t.write(gene.body, inside);
    t.lines.put(`yield* ${subject}.${give}();`);
    return;
  }
  const give = take(t, subject, mode);
  if (way === 4) {
    t.lines.block(
      'try',
      () => t.write(gene.body, inside),
      '} finally {',
      () => t.lines.put(give),
    );
    return;
  }
  if (way === 6) t.lines.block('if (kernel.random(3) === 0)', () => t.lines.puts(give, scope.giveUp));
  if (way === 7 && gene.mode % 4 === 0) t.lines.put(`if (kernel.random(3) === 0) ${scope.giveUp}`);
  t.write(gene.body, inside);
  t.lines.put(give);
}

/** A lock that is said to cover another one of `kind`; undefined where there is no such form. */
function coverOf(choice: number, kind: ProgramLockKind, scope: Scope): string | undefined {
  if (kind !== 'raw' && kind !== 'spin' && kind !== 'mutex' && kind !== 'rwsem') return undefined;
  const covers = scope.locks.filter((use) => use.kind !== 'local' && use.kind !== 'sema');
  return covers[(choice >> 2) % Math.max(1, covers.length)]?.path;
}

/** Takes a lock; the statement that releases it. */
export function take(t: BodyWriter, path: string, mode: TakeWords): string {
  if (!mode.flags) {
    t.lines.put(`yield* ${path}.${mode.take};`);
    return `yield* ${path}.${mode.give};`;
  }
  const flags = t.lines.name('flags');
  t.lines.put(`const ${flags} = yield* ${path}.${mode.take};`);
  return `yield* ${path}.${mode.give}(${flags});`;
}

export function single(t: BodyWriter, gene: Gene & { is: 'lock' | 'unlock' }, scope: Scope): void {
  const { kind, path } = anyLock(gene.lock, scope);
  const mode = modeOf(kind, gene.mode);
  const give = mode.flags ? `${mode.give}(0)` : mode.give;
  t.lines.put(`yield* ${path}.${gene.is === 'lock' ? mode.take : give};`);
}

export function trylock(t: BodyWriter, gene: Gene & { is: 'trylock' }, scope: Scope): void {
  const found = lockToTake(gene.lock, gene.way, scope);
  if (found === undefined) {
    t.write(gene.other, scope);
    return;
  }
  const { kind, path } = found.use;
  const mode = modeOf(kind, gene.mode);
  if (mode.attempt === undefined) {
    section(t, { ...gene, is: 'section' }, scope);
    return;
  }
  const attempt = `yield* ${path}.${mode.attempt}`;
  const give = `yield* ${path}.${mode.give};`;
  const inside = () => {
    t.write(gene.body, found.inside);
    t.lines.put(give);
  };
  const outside = () => t.write(gene.other, scope);
  switch (gene.way % 7) {
    case 0: {
      const ok = t.lines.name('ok');
      t.lines.put(`const ${ok} = ${attempt};`);
      t.lines.block(`if (!${ok})`, () => {
        outside();
        t.lines.put(scope.giveUp);
      });
      inside();
      return;
    }
    case 1: {
      const ok = t.lines.name('ok');
      t.lines.put(`const ${ok} = ${attempt};`);
      t.branch(`if (${ok})`, gene.body, gene.other, found.inside);
      t.lines.put(`if (${ok}) ${give}`);
      return;
    }
    case 2:
      t.lines.block(`if (${t.test(gene.mode, scope)} && (${attempt}))`, inside, '} else {', outside);
      return;
    case 3:
      t.lines.block(`if (!(${attempt}))`, outside, '} else {', inside);
      return;
    case 4:
      t.lines.block('for (let turn = 0; turn < 2; turn++)', () => {
        t.lines.put(`if (!(${attempt})) continue;`);
        inside();
        t.lines.put('break;');
      });
      return;
    case 5:
      t.lines.block(`if (!(${attempt}) || ${t.test(gene.mode, scope)})`, outside, '} else {', inside);
      return;
    default:
      t.lines.block(`if (${attempt})`, inside, '} else {', outside);
      return;
  }
}

export function twice(t: BodyWriter, gene: Gene & { is: 'twice' }, scope: Scope): void {
  const found = lockToTake(gene.lock, gene.test, scope);
  if (found === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const { kind, path } = found.use;
  const mode = modeOf(kind, gene.mode);
  if (mode.flags) {
    section(t, { ...gene, is: 'section', way: 0 }, scope);
    return;
  }
  const wanted = t.lines.name('wanted');
  t.lines.put(`const ${wanted} = ${t.test(gene.test, scope)};`);
  t.lines.put(`if (${wanted}) yield* ${path}.${mode.take};`);
  t.write(gene.body, found.inside);
  t.lines.put(`if (${wanted}) yield* ${path}.${mode.give};`);
}

/** Takes all locks of a list, one after another. */
export function every(t: BodyWriter, gene: Gene & { is: 'every' }, scope: Scope): void {
  const lists = t.place.program.locks.flatMap((lock, i) => {
    const kind = kindOf(lock.kind);
    const home = homeOf(t.place.program, i);
    const fits = (home === 'array' || home === 'twins') && NEEDS[kind] <= scope.level && scope.after < 0;
    return fits ? [{ kind, path: `dev.list${i}` }] : [];
  });
  const list = lists[gene.lock % Math.max(1, lists.length)];
  if (list === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const lock = t.lines.name('each');
  const mode = modeOf(list.kind, gene.mode);
  const own: LockUse = { kind: list.kind, path: lock };
  const level = NEEDS[list.kind] < scope.level ? NEEDS[list.kind] : scope.level;
  t.lines.block(`for (const ${lock} of ${list.path})`, () => {
    const give = take(t, lock, mode);
    t.write(gene.body, { ...scope, locks: [own, ...scope.locks], level, after: scope.locks.length });
    t.lines.put(give);
  });
}
