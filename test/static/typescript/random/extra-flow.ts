/** Ways of writing: how sources name a lock, leave a loop, or call a piece of code. */
import { modeOf, WORDS } from './lock-words.js';
import type { ExtraGene } from './random-program.js';
import { bears, Level, type LockUse, NEEDS, type Scope, within } from './scope.js';
import { lockToTake, take } from './sections.js';
import type { BodyWriter } from './writer.js';

/** Two loops, of which the inner one goes on with or ends the outer one. */
function labelled(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const outer = t.lines.name('outer');
  const i = t.lines.name('i');
  t.lines.put(`${outer}: for (let ${i} = 0; ${i} < 2; ${i}++) {`);
  t.lines.indented(() => {
    t.lines.block(`for (let turn = 0; turn < 2; turn++)`, () => {
      t.write(gene.body, scope);
      t.lines.put(`if (${t.test(gene.lock, scope)}) ${gene.way % 2 === 0 ? 'continue' : 'break'} ${outer};`);
      t.lines.put('yield* kernel.udelay(1);');
    });
    t.write(gene.other, scope);
  });
  t.lines.put('}');
}

/** A lock that one of two expressions names. */
function either(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const found = lockToTake(gene.lock, gene.way, scope);
  const second = scope.locks.findLast(({ kind }) => kind === found?.use.kind);
  if (found === undefined || second === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const { kind, path } = found.use;
  const picked = t.lines.name('picked');
  const choice = `${t.test(gene.lock, scope)} ? ${path} : ${second.path}`;
  if (gene.way % 3 === 0) {
    const pick = t.lines.name('pick');
    // A condition on a variable is an operation, which only a generator may do.
    const test = choice.includes('yield*') ? `kernel.random(2) === 0 ? ${path} : ${second.path}` : choice;
    t.lines.put(`const ${pick} = ()${t.lines.type(`: ${WORDS[kind].type}`)} => (${test});`);
    t.lines.put(`const ${picked} = ${pick}();`);
  } else t.lines.put(`const ${picked} = ${choice};`);
  const give = take(t, picked, modeOf(kind, gene.way >> 2));
  const after = Math.max(found.inside.after, scope.locks.lastIndexOf(second));
  t.write(gene.body, { ...found.inside, after });
  t.lines.put(give);
}

/** A piece of code that stands in a variable. */
function closure(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const piece = t.lines.name('piece');
  t.lines.block(
    `const ${piece} = function* ()${t.lines.type(': Op<void>')}`,
    () => t.write(gene.body, { ...scope, giveUp: 'return;' }),
    '};',
  );
  if (gene.way % 3 === 0) {
    const found = lockToTake(gene.lock, gene.way, scope);
    if (found !== undefined) {
      const give = take(t, found.use.path, modeOf(found.use.kind, gene.way >> 2));
      t.lines.put(`yield* ${piece}();`);
      t.lines.put(give);
      return;
    }
  }
  t.lines.put(`yield* ${piece}();`);
  if (gene.way % 3 === 1) t.branch(`if (${t.test(gene.lock, scope)})`, [], gene.other, scope);
}

/** What is released in `finally`, whatever is returned on the way. */
function released(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const found = lockToTake(gene.lock, gene.way, scope);
  if (found === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const give = take(t, found.use.path, modeOf(found.use.kind, gene.way >> 2));
  t.lines.block(
    'try',
    () => {
      t.lines.put(`if (${t.test(gene.way, scope)}) ${scope.giveUp}`);
      t.write(gene.body, found.inside);
    },
    '} finally {',
    () => t.lines.put(give),
  );
}

/** Two locks tried in one condition: the second attempt is made only where the first one got its lock. */
function bothTried(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const fitting = scope.locks.filter(
    ({ kind }) => modeOf(kind, 0).attempt !== undefined && bears(scope, NEEDS[kind], gene.way),
  );
  const first = fitting[gene.lock % Math.max(1, fitting.length)];
  const second = fitting.find((use) => use.path !== first?.path);
  if (first === undefined || second === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const words = ({ kind, path }: LockUse): readonly [attempt: string, give: string] => {
    const { attempt, give } = modeOf(kind, 0);
    return [`yield* ${path}.${attempt}`, `yield* ${path}.${give};`];
  };
  const [tryFirst, giveFirst] = words(first);
  const [trySecond, giveSecond] = words(second);
  const level = NEEDS[first.kind] < NEEDS[second.kind] ? NEEDS[first.kind] : NEEDS[second.kind];
  t.lines.block(`if (${tryFirst})`, () => {
    t.lines.block(`if (${t.test(gene.way, scope)} && (${trySecond}))`, () => {
      t.write(gene.body, { ...within(scope, level), after: scope.locks.length });
      t.lines.put(giveSecond);
    });
    t.lines.put(giveFirst);
  });
}

/** A lock of the CPU that runs. */
function perCpu(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const own = t.lines.name('own');
  t.lines.put('yield* kernel.preemptDisable();');
  t.lines.put(`const ${own} = dev.perCpu[kernel.smpProcessorId]${t.lines.type('!')};`);
  const give = take(t, own, modeOf('raw', gene.way >> 1));
  t.write(gene.body, within(scope, Level.Raw));
  t.lines.puts(give, 'yield* kernel.preemptEnable();');
}

export const FLOW_EXTRAS = [labelled, either, closure, released, bothTried, perCpu] as const;
