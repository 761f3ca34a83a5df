/** Writes functions that call each other in a ring, with locks taken and released before, around and after the call that leads on. */
import { modeOf } from './lock-words.js';
import type { CycleGene, RingGene } from './random-program.js';
import { Level, type Scope } from './scope.js';
import { lockToTake, take } from './sections.js';
import type { BodyWriter } from './writer.js';

const LEVELS = [Level.Sleep, Level.Raw, Level.Spin, Level.Sleep] as const;

/** Whether the ring ends by a parameter, or by a field that all calls share. */
function isCounted(cycle: CycleGene): boolean {
  return cycle.counter % 3 === 0;
}

/** The call of a function of the ring. */
function ringCall(t: BodyWriter, cycle: CycleGene, i: number, depth: string): string {
  const args = [...(t.place.form === 'module' ? ['kernel', 'dev'] : []), ...(isCounted(cycle) ? [depth] : [])];
  const path = `c${i % cycle.ring.length}`;
  return `yield* ${t.place.form === 'class' ? 'dev.' : ''}${path}(${args.join(', ')});`;
}

/** Calls a function of the ring from outside. */
export function enterRing(t: BodyWriter, cycle: CycleGene, choice: number): void {
  t.lines.put(ringCall(t, cycle, choice, choice % 2 === 0 ? '3' : 'kernel.random(4)'));
}

/** The functions of a ring. */
export function writeRing(t: BodyWriter, cycle: CycleGene, scope: Scope): void {
  const { form } = t.place;
  const level = LEVELS[cycle.level % LEVELS.length] ?? Level.Sleep;
  for (const [i, gene] of cycle.ring.entries()) {
    const parameters = [
      ...(form === 'module' ? [`kernel${t.lines.type(': Kernel')}`, `dev${t.lines.type(': Device')}`] : []),
      ...(isCounted(cycle) ? [`depth${t.lines.type(': number')}`] : []),
    ];
    const head = `${form === 'class' ? '*' : 'function* '}c${i}(${parameters.join(', ')})`;
    t.lines.block(`${head}${t.lines.type(': Op<void>')}`, () => {
      if (form === 'class') t.lines.puts('const dev = this;', 'const { kernel } = this;');
      writeOne(t, cycle, gene, i, { ...scope, level });
    });
  }
}

function writeOne(t: BodyWriter, cycle: CycleGene, gene: RingGene, i: number, scope: Scope): void {
  const left = isCounted(cycle) ? 'depth' : 'dev.turns.left--';
  // Where the end is asked for at the beginning, what follows the call is only got to through it.
  const isAskedFirst = gene.next % 3 !== 0;
  const on = (choice: number): void => {
    const tests = [...(choice % 4 === 3 ? ['kernel.random(2) === 0'] : []), ...(isAskedFirst ? [] : [`${left} > 0`])];
    const next = choice % 5 === 4 ? i : i + 1 + (choice % 5 === 3 ? 1 : 0);
    t.lines.put(`${tests.length > 0 ? `if (${tests.join(' && ')}) ` : ''}${ringCall(t, cycle, next, 'depth - 1')}`);
  };
  const isLate = gene.next % 3 === 1;
  if (isAskedFirst && !isLate) t.lines.put(`if (${left} <= 0) return;`);
  t.write(gene.before, scope);
  if (isLate) t.lines.put(`if (${left} <= 0) return;`);
  const found = lockToTake(gene.lock, gene.way, scope);
  if (found === undefined) {
    on(gene.next);
    t.write(gene.after, scope);
    return;
  }
  const { kind, path } = found.use;
  const mode = modeOf(kind, gene.mode);
  const give = `yield* ${path}.${mode.give}${mode.flags ? '(0)' : ''};`;
  switch (gene.way % 16) {
    case 0: // released on the way back
      on(gene.next);
      t.lines.put(give);
      break;
    case 1: // left to what is called
      t.lines.put(`yield* ${path}.${mode.take};`);
      on(gene.next);
      break;
    case 2: {
      const back = take(t, path, mode);
      t.write(gene.between, found.inside);
      on(gene.next);
      t.lines.put(back);
      break;
    }
    case 4: {
      const back = take(t, path, mode);
      t.lines.block(
        'try',
        () => {
          t.write(gene.between, found.inside);
          on(gene.next);
        },
        '} finally {',
        () => t.lines.put(back),
      );
      break;
    }
    case 5: {
      if (mode.attempt === undefined) on(gene.next);
      else
        t.lines.block(`if (yield* ${path}.${mode.attempt})`, () => {
          on(gene.next);
          t.lines.put(`yield* ${path}.${mode.give};`);
        });
      break;
    }
    case 6: // over hand: the second one is held on the way on, the first one is not
    case 7: {
      const second = lockToTake(gene.mode, gene.way, gene.way % 2 === 0 ? scope : found.inside);
      const back = take(t, path, mode);
      const other = second?.use.path === path ? undefined : second;
      const backToo = other === undefined ? undefined : take(t, other.use.path, modeOf(other.use.kind, gene.next));
      if (backToo === undefined) t.write(gene.between, found.inside);
      else t.lines.put(back);
      on(gene.next);
      t.lines.put(backToo ?? back);
      break;
    }
    case 8: {
      on(gene.next);
      const back = take(t, path, mode);
      t.write(gene.between, found.inside);
      t.lines.put(back);
      break;
    }
    default: {
      const back = take(t, path, mode);
      t.write(gene.between, found.inside);
      t.lines.put(back);
      on(gene.next);
      if (gene.way % 16 === 9) on(gene.mode);
    }
  }
  t.write(gene.after, scope);
}
