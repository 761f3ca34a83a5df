/** Writes calls of a random program's own functions. */
import { askedCall } from './contract-text.js';
import type { ExtraGene, Gene } from './random-program.js';
import { type Callee, Level, type Scope } from './scope.js';
import { GFP } from './words.js';
import type { BodyWriter } from './writer.js';

type CallGene = Omit<Gene & { is: 'call' }, 'is'>;

/** The lock that is passed to a function. */
export function lockFor(callee: Callee, choice: number, scope: Scope): string {
  const fitting = scope.locks.filter(({ kind }) => kind === callee.kind);
  return fitting[choice % Math.max(1, fitting.length)]?.path ?? 'dev.lock0';
}

/** The call of a function, with all that it takes. `depth`: how often it may call itself. */
export function callOf(t: BodyWriter, callee: Callee, gene: CallGene, scope: Scope, depth: string): string {
  const gfp = scope.hasGfp && gene.gfp % 3 === 0 ? 'gfp' : (GFP[gene.gfp % GFP.length] ?? 'MASK');
  const flag = scope.hasFlag && gene.flag % 3 === 0 ? 'flag' : gene.flag % 2 === 0 ? 'true' : 'false';
  const lock = callee.takesLock ? lockFor(callee, gene.lock, scope) : undefined;
  const args = [
    ...(t.place.form === 'module' ? ['kernel', 'dev'] : []),
    ...(lock === undefined ? [] : [lock]),
    ...(callee.takesGfp ? [gfp] : []),
    ...(callee.takesFlag ? [flag] : []),
    ...(callee.recurses ? [depth] : []),
  ];
  return askedCall(t.lines, callee, `yield* ${callee.path}(${args.join(', ')})`, lock);
}

/** The function calls itself, or the one before it, which calls it. */
export function recurse(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const callee = scope.again[gene.way % Math.max(1, scope.again.length)];
  if (callee === undefined || (scope.level < Level.Sleep && gene.way % 4 !== 0)) {
    t.write(gene.body, scope);
    return;
  }
  const call = callOf(t, callee, { ...gene, callee: 0, gfp: gene.way, flag: gene.lock }, scope, 'depth - 1');
  t.lines.put(`if (depth > 0) ${call};`);
}
