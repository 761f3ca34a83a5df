/** Writes the bodies of functions of a random program. */
import type { Lines } from './lines.js';
import { kindOf, modeOf, type TakeWords, WORDS } from './lock-words.js';
import type { Gene, ProgramGene, ProgramLockKind } from './random-program.js';
import { isWild, Level, type LockUse, NEEDS, type Scope } from './scope.js';
import { CONTEXTS, callbackOf, EVENTS, GFP, MEMORY, SLEEPS, TRIGGERS } from './words.js';

/** How the functions of a program are arranged. */
export type Form = 'closure' | 'class' | 'module';

/** The program that bodies are part of. */
export interface Place {
  readonly program: ProgramGene;
  readonly form: Form;
  readonly prefix: string;
}

/** Where a lock is kept, and so how the sources name it. */
export function homeOf(program: ProgramGene, i: number): 'variable' | 'field' | 'array' | 'twins' {
  return (['variable', 'variable', 'field', 'array', 'twins'] as const)[(program.locks[i]?.home ?? 0) % 5] ?? 'field';
}

export class BodyText {
  readonly #lines: Lines;
  readonly #place: Place;

  constructor(lines: Lines, place: Place) {
    this.#lines = lines;
    this.#place = place;
  }

  write(genes: readonly Gene[], scope: Scope): void {
    for (const gene of genes) this.#gene(gene, scope);
  }

  #gene(gene: Gene, scope: Scope): void {
    switch (gene.is) {
      case 'section':
        this.#section(gene, scope);
        return;
      case 'lock':
      case 'unlock':
        this.#single(gene, scope);
        return;
      case 'trylock':
        this.#trylock(gene, scope);
        return;
      case 'if':
        this.#if(`if (${this.#test(gene.test, scope)})`, gene.body, gene.other, scope);
        return;
      case 'twice':
        this.#twice(gene, scope);
        return;
      case 'loop':
        this.#loop(gene, scope);
        return;
      case 'switch':
        this.#switch(gene, scope);
        return;
      case 'context':
        this.#context(gene, scope);
        return;
      case 'reader':
        this.#lines.put('yield* kernel.rcu.readLock();');
        this.write(gene.body, { ...scope, level: scope.level < Level.Spin ? scope.level : Level.Spin });
        this.#lines.put('yield* kernel.rcu.readUnlock();');
        return;
      case 'alloc':
        this.#alloc(gene, scope);
        return;
      case 'embedded':
        this.#embedded(gene, scope);
        return;
      case 'every':
        this.#every(gene, scope);
        return;
      case 'sleep':
        this.#lines.put(
          scope.level < Level.Sleep && !isWild(gene.what)
            ? 'yield* kernel.udelay(2);'
            : `yield* ${SLEEPS[(gene.what >> 3) % SLEEPS.length]};`,
        );
        return;
      case 'call':
        this.#call(gene, scope);
        return;
      case 'return':
        this.#lines.put(`if (${this.#test(gene.test, scope)}) ${scope.giveUp}`);
        return;
      case 'try':
        this.#try(gene, scope);
        return;
      case 'trigger':
        this.#trigger(gene.what, scope);
        return;
      case 'event': {
        const events = scope.level < Level.Sleep && !isWild(gene.what) ? EVENTS.slice(0, 3) : EVENTS;
        this.#lines.put(`yield* ${events[(gene.what >> 3) % events.length]};`);
        return;
      }
      case 'dereference':
        this.#lines.put(`yield* kernel.rcu.dereference('pointer'${gene.isProtected % 4 !== 0 ? ', true' : ''});`);
        return;
    }
  }

  #lock(choice: number, scope: Scope): LockUse {
    return scope.locks[choice % scope.locks.length] ?? { kind: 'raw', path: 'dev.lock0' };
  }

  /** A lock to take here: mostly one that may be taken; undefined when there is none. */
  #lockToTake(choice: number, wild: number, scope: Scope): { use: LockUse; inside: Scope } | undefined {
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

  #section(gene: Gene & { is: 'section' }, scope: Scope): void {
    const found = this.#lockToTake(gene.lock, gene.way, scope);
    if (found === undefined) {
      this.write(gene.body, scope);
      return;
    }
    const { use, inside } = found;
    const { kind, path } = use;
    const mode = modeOf(kind, gene.mode);
    const way = gene.way % 10;
    if (way === 3 && mode.guard !== undefined) {
      const inner: Scope = { ...inside, giveUp: 'return;' };
      this.#lines.block(
        `yield* ${path}.${mode.guard}(function* ()${this.#lines.type(': Op<void>')}`,
        () => this.write(gene.body, inner),
        '});',
      );
      return;
    }
    let subject = path;
    if (way === 5) {
      subject = this.#lines.name('alias');
      this.#lines.put(`const ${subject} = ${path};`);
    }
    const cover = way === 8 && gene.mode % 4 === 0 ? this.#cover(gene.mode, kind, scope) : undefined;
    if (cover !== undefined) {
      this.#lines.put(`yield* ${subject}.lockNestLock(${cover});`);
      this.write(gene.body, inside);
      this.#lines.put(`yield* ${subject}.unlock();`);
      return;
    }
    const give = this.#take(subject, mode);
    if (way === 4) {
      this.#lines.block(
        'try',
        () => this.write(gene.body, inside),
        '} finally {',
        () => this.#lines.put(give),
      );
      return;
    }
    if (way === 6) this.#lines.block('if (kernel.random(3) === 0)', () => this.#lines.puts(give, scope.giveUp));
    if (way === 7 && gene.mode % 4 === 0) this.#lines.put(`if (kernel.random(3) === 0) ${scope.giveUp}`);
    this.write(gene.body, inside);
    this.#lines.put(give);
  }

  /** A lock that is said to cover another one of `kind`; undefined where there is no such form. */
  #cover(choice: number, kind: ProgramLockKind, scope: Scope): string | undefined {
    if (kind !== 'raw' && kind !== 'spin' && kind !== 'mutex') return undefined;
    const covers = scope.locks.filter((use) => use.kind !== 'local' && use.kind !== 'sema');
    return covers[(choice >> 2) % Math.max(1, covers.length)]?.path;
  }

  /** Takes a lock; the statement that releases it. */
  #take(path: string, mode: TakeWords): string {
    if (!mode.flags) {
      this.#lines.put(`yield* ${path}.${mode.take};`);
      return `yield* ${path}.${mode.give};`;
    }
    const flags = this.#lines.name('flags');
    this.#lines.put(`const ${flags} = yield* ${path}.${mode.take};`);
    return `yield* ${path}.${mode.give}(${flags});`;
  }

  #single(gene: Gene & { is: 'lock' | 'unlock' }, scope: Scope): void {
    const { kind, path } = this.#lock(gene.lock, scope);
    const mode = modeOf(kind, gene.mode);
    const give = mode.flags ? `${mode.give}(0)` : mode.give;
    this.#lines.put(`yield* ${path}.${gene.is === 'lock' ? mode.take : give};`);
  }

  #trylock(gene: Gene & { is: 'trylock' }, scope: Scope): void {
    const found = this.#lockToTake(gene.lock, gene.way, scope);
    if (found === undefined) {
      this.write(gene.other, scope);
      return;
    }
    const { kind, path } = found.use;
    const mode = modeOf(kind, gene.mode);
    if (mode.attempt === undefined) {
      this.#section({ ...gene, is: 'section' }, scope);
      return;
    }
    const attempt = `yield* ${path}.${mode.attempt}`;
    const give = `yield* ${path}.${mode.give};`;
    const inside = () => {
      this.write(gene.body, found.inside);
      this.#lines.put(give);
    };
    const outside = () => this.write(gene.other, scope);
    switch (gene.way % 7) {
      case 0: {
        const ok = this.#lines.name('ok');
        this.#lines.put(`const ${ok} = ${attempt};`);
        this.#lines.block(`if (!${ok})`, () => {
          outside();
          this.#lines.put(scope.giveUp);
        });
        inside();
        return;
      }
      case 1: {
        const ok = this.#lines.name('ok');
        this.#lines.put(`const ${ok} = ${attempt};`);
        this.#if(`if (${ok})`, gene.body, gene.other, found.inside);
        this.#lines.put(`if (${ok}) ${give}`);
        return;
      }
      case 2:
        this.#lines.block(`if (${this.#test(gene.mode, scope)} && (${attempt}))`, inside, '} else {', outside);
        return;
      case 3:
        this.#lines.block(`if (!(${attempt}))`, outside, '} else {', inside);
        return;
      case 4:
        this.#lines.block('for (let turn = 0; turn < 2; turn++)', () => {
          this.#lines.put(`if (!(${attempt})) continue;`);
          inside();
          this.#lines.put('break;');
        });
        return;
      case 5:
        this.#lines.block(`if (!(${attempt}) || ${this.#test(gene.mode, scope)})`, outside, '} else {', inside);
        return;
      default:
        this.#lines.block(`if (${attempt})`, inside, '} else {', outside);
        return;
    }
  }

  #twice(gene: Gene & { is: 'twice' }, scope: Scope): void {
    const found = this.#lockToTake(gene.lock, gene.test, scope);
    if (found === undefined) {
      this.write(gene.body, scope);
      return;
    }
    const { kind, path } = found.use;
    const mode = modeOf(kind, gene.mode);
    if (mode.flags) {
      this.#section({ ...gene, is: 'section', way: 0 }, scope);
      return;
    }
    const wanted = this.#lines.name('wanted');
    this.#lines.put(`const ${wanted} = ${this.#test(gene.test, scope)};`);
    this.#lines.put(`if (${wanted}) yield* ${path}.${mode.take};`);
    this.write(gene.body, found.inside);
    this.#lines.put(`if (${wanted}) yield* ${path}.${mode.give};`);
  }

  #if(head: string, body: readonly Gene[], other: readonly Gene[], scope: Scope): void {
    if (other.length === 0) {
      this.#lines.block(head, () => this.write(body, scope));
      return;
    }
    this.#lines.block(
      head,
      () => this.write(body, scope),
      '} else {',
      () => this.write(other, scope),
    );
  }

  #loop(gene: Gene & { is: 'loop' }, scope: Scope): void {
    const turns = 1 + (gene.turns % 3);
    const i = this.#lines.name('i');
    const body = () => this.write(gene.body, scope);
    switch (gene.way % 4) {
      case 0:
        this.#lines.put(`let ${i} = ${turns};`);
        this.#lines.block(`while (${i} > 0)`, () => {
          this.#lines.put(`${i}--;`);
          this.#lines.put('if (kernel.random(4) === 0) break;');
          body();
        });
        return;
      case 1:
        this.#lines.block(`for (let ${i} = 0; ${i} < ${turns}; ${i}++)`, () => {
          body();
          this.#lines.put('if (kernel.random(3) === 0) continue;');
          this.#lines.put('yield* kernel.udelay(1);');
        });
        return;
      case 2:
        this.#lines.put(`let ${i} = 0;`);
        this.#lines.block('do', body, `} while (++${i} < ${turns});`);
        return;
      default:
        this.#lines.block(`for (let ${i} = 0; ${i} < ${turns}; ${i}++)`, body);
        return;
    }
  }

  #switch(gene: Gene & { is: 'switch' }, scope: Scope): void {
    this.#lines.block('switch (kernel.random(3))', () => {
      this.#lines.put('case 0:');
      this.write(gene.body.map(inBraces), scope);
      if (gene.way % 3 !== 0) this.#lines.put('break;');
      this.#lines.put('case 1:');
      this.write(gene.other.map(inBraces), scope);
      this.#lines.put('break;');
      this.#lines.put('default:');
      this.#lines.put('yield* kernel.udelay(1);');
    });
  }

  #context(gene: Gene & { is: 'context' }, scope: Scope): void {
    const [off, on, flags] = CONTEXTS[gene.what % CONTEXTS.length] ?? ['preemptDisable', 'preemptEnable', false];
    const saved = flags ? this.#lines.name('flags') : '';
    this.#lines.put(`${flags ? `const ${saved} = ` : ''}yield* kernel.${off}();`);
    const level = off === 'migrateDisable' ? scope.level : off === 'localBhDisable' ? Level.Spin : Level.Raw;
    this.write(gene.body, { ...scope, level: level < scope.level ? level : scope.level });
    if (gene.leak === 0) this.#lines.put(`yield* kernel.${on}(${saved});`);
  }

  #alloc(gene: Gene & { is: 'alloc' }, scope: Scope): void {
    if (scope.level === Level.Raw && gene.way % 4 !== 3) {
      this.write(gene.body, scope);
      return;
    }
    const [alloc, free] = MEMORY[gene.what % MEMORY.length] ?? ['vmalloc(64)', 'vfree'];
    const mayWait = scope.level === Level.Sleep || isWild(gene.what);
    if (!mayWait && !alloc.includes('GFP')) {
      this.write(gene.body, scope);
      return;
    }
    const gfp = !mayWait
      ? 'Gfp.GFP_ATOMIC'
      : scope.hasGfp && gene.gfp % 2 === 0
        ? 'gfp'
        : GFP[(gene.gfp >> 1) % GFP.length];
    const object = this.#lines.name('object');
    this.#lines.put(`const ${object} = yield* kernel.mm.${alloc.replace('GFP', gfp ?? 'MASK')};`);
    const release = `yield* kernel.mm.${free}(${object});`;
    if (gene.way % 3 === 0) {
      this.#lines.put(`if (${object} === null) ${scope.giveUp}`);
      this.write(gene.body, scope);
      this.#lines.put(release);
    } else if (gene.way % 3 === 1) {
      this.write(gene.body, scope);
      this.#lines.put(`if (${object} !== null) ${release}`);
    } else {
      this.#lines.block(`if (${object} !== null)`, () => {
        this.write(gene.body, scope);
        this.#lines.put(release);
      });
    }
  }

  /** A lock inside an object that is freed, rarely while it is held. */
  #embedded(gene: Gene & { is: 'embedded' }, scope: Scope): void {
    if (scope.level < Level.Sleep) {
      this.write(gene.body, scope);
      return;
    }
    const kind = gene.what % 2 === 0 ? 'spin' : 'mutex';
    const object = this.#lines.name('object');
    const own = this.#lines.name('own');
    const name = `${this.#place.prefix}_${own}`;
    this.#lines.put(`const ${object} = yield* kernel.mm.kmalloc(128, Gfp.GFP_KERNEL);`);
    this.#lines.put(`if (${object} === null) ${scope.giveUp}`);
    this.#lines.put(`const ${own} = kernel.${WORDS[kind].make}('${name}', { in: ${object} });`);
    this.#lines.put(`yield* ${own}.lock();`);
    this.write(gene.body, { ...scope, level: kind === 'spin' ? Level.Spin : Level.Sleep });
    const words = [`yield* ${own}.unlock();`, `yield* kernel.mm.kfree(${object});`];
    this.#lines.puts(...(gene.what % 8 < 6 ? words : words.reverse()));
  }

  /** Takes all locks of a list, one after another. */
  #every(gene: Gene & { is: 'every' }, scope: Scope): void {
    const lists = this.#place.program.locks.flatMap((lock, i) => {
      const kind = kindOf(lock.kind);
      const home = homeOf(this.#place.program, i);
      const fits = (home === 'array' || home === 'twins') && NEEDS[kind] <= scope.level && scope.after < 0;
      return fits ? [{ kind, path: `dev.list${i}` }] : [];
    });
    const list = lists[gene.lock % Math.max(1, lists.length)];
    if (list === undefined) {
      this.write(gene.body, scope);
      return;
    }
    const lock = this.#lines.name('lock');
    const mode = modeOf(list.kind, gene.mode);
    const own: LockUse = { kind: list.kind, path: lock };
    const level = NEEDS[list.kind] < scope.level ? NEEDS[list.kind] : scope.level;
    this.#lines.block(`for (const ${lock} of ${list.path})`, () => {
      const give = this.#take(lock, mode);
      this.write(gene.body, { ...scope, locks: [own, ...scope.locks], level, after: scope.locks.length });
      this.#lines.put(give);
    });
  }

  #call(gene: Gene & { is: 'call' }, scope: Scope): void {
    const callee = scope.callees[gene.callee % Math.max(1, scope.callees.length)];
    if (callee === undefined || (scope.level < Level.Sleep && gene.way % 4 !== 0)) {
      this.#lines.put('yield* kernel.udelay(1);');
      return;
    }
    const fitting = scope.locks.filter(({ kind }) => kind === callee.kind);
    const lock = fitting[gene.lock % Math.max(1, fitting.length)]?.path ?? 'dev.lock0';
    const gfp = scope.hasGfp && gene.gfp % 3 === 0 ? 'gfp' : (GFP[gene.gfp % GFP.length] ?? 'MASK');
    const flag = scope.hasFlag && gene.flag % 3 === 0 ? 'flag' : gene.flag % 2 === 0 ? 'true' : 'false';
    const args = [
      ...(this.#place.form === 'module' ? ['kernel', 'dev'] : []),
      ...(callee.takesLock ? [lock] : []),
      ...(callee.takesGfp ? [gfp] : []),
      ...(callee.takesFlag ? [flag] : []),
    ];
    const call = `yield* ${callee.path}(${args.join(', ')})`;
    if (callee.leaves === 'nothing') {
      this.#lines.put(`${call};`);
      return;
    }
    const mode = modeOf(callee.kind, callee.leaves === 'lock' ? 0 : callee.gene.lockKind);
    const give = `yield* ${lock}.${mode.give};`;
    if (callee.leaves === 'maybe') {
      this.#lines.block(`if (${call})`, () => this.#lines.puts('yield* kernel.udelay(1);', give));
      return;
    }
    this.#lines.puts(`${call};`, give);
  }

  #try(gene: Gene & { is: 'try' }, scope: Scope): void {
    const body = () => this.write(gene.body, scope);
    const other = () => this.write(gene.other, scope);
    if (gene.way % 2 === 0) {
      this.#lines.block('try', body, '} finally {', other);
      return;
    }
    this.#lines.block(
      'try',
      () => {
        this.#lines.put(`if (${this.#test(gene.way, scope)}) throw new Error('given up');`);
        body();
      },
      '} catch {',
      other,
    );
  }

  #trigger(what: number, scope: Scope): void {
    const { callbacks } = this.#place.program;
    const i = what % Math.max(1, callbacks.length);
    const root = callbacks[i];
    if (root === undefined || !scope.hasHandlers) {
      this.#lines.put('yield* kernel.udelay(1);');
      return;
    }
    const ways = TRIGGERS[callbackOf(root)];
    const way = ways[(what >> 2) % ways.length] ?? ways[0];
    // Handlers set themselves off again; the budget ends that.
    this.#lines.put(`if (dev.budget.left-- > 0) yield* ${way.replaceAll('CB', `cb${i}`)};`);
  }

  /** A condition on what the run, the caller or the configuration decides. */
  #test(choice: number, scope: Scope): string {
    const tests = [
      'kernel.random(2) === 0',
      'CONFIG_ON',
      'CONFIG_OFF',
      'kernel.random(3) > 0',
      'kernel.random(2) === 0',
    ];
    if (scope.hasFlag) tests.push('flag', '!flag', 'flag && kernel.random(2) === 0', 'flag || kernel.random(2) === 0');
    return tests[choice % tests.length] ?? 'CONFIG_ON';
  }
}

/** A declaration may not stand in a `case` by itself. */
function inBraces(gene: Gene): Gene {
  return { is: 'if', test: 1, body: [gene], other: [] };
}
