/** Writes the bodies of functions of a random program. */
import { callOf, lockFor } from './call-text.js';
import { extra } from './extras.js';
import type { Lines } from './lines.js';
import { modeOf } from './lock-words.js';
import { alloc, embedded } from './memory-text.js';
import type { Gene } from './random-program.js';
import { isWild, Level, type Scope } from './scope.js';
import { every, section, single, trylock, twice } from './sections.js';
import { CONTEXTS, callbackOf, EVENTS, QUESTIONS, SLEEPS, TRIGGERS } from './words.js';
import type { BodyWriter, Place } from './writer.js';

export class BodyText implements BodyWriter {
  readonly lines: Lines;
  readonly place: Place;

  constructor(lines: Lines, place: Place) {
    this.lines = lines;
    this.place = place;
  }

  write(genes: readonly Gene[], scope: Scope): void {
    for (const gene of genes) this.#gene(gene, scope);
  }

  #gene(gene: Gene, scope: Scope): void {
    switch (gene.is) {
      case 'section':
        section(this, gene, scope);
        return;
      case 'lock':
      case 'unlock':
        single(this, gene, scope);
        return;
      case 'trylock':
        trylock(this, gene, scope);
        return;
      case 'if':
        this.branch(`if (${this.test(gene.test, scope)})`, gene.body, gene.other, scope);
        return;
      case 'twice':
        twice(this, gene, scope);
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
        this.lines.put('yield* kernel.rcu.readLock();');
        this.write(gene.body, { ...scope, level: scope.level < Level.Spin ? scope.level : Level.Spin });
        this.lines.put('yield* kernel.rcu.readUnlock();');
        return;
      case 'alloc':
        alloc(this, gene, scope);
        return;
      case 'embedded':
        embedded(this, gene, scope);
        return;
      case 'every':
        every(this, gene, scope);
        return;
      case 'sleep':
        this.lines.put(
          scope.level < Level.Sleep && !isWild(gene.what)
            ? 'yield* kernel.udelay(2);'
            : `yield* ${SLEEPS[(gene.what >> 3) % SLEEPS.length]};`,
        );
        return;
      case 'call':
        this.#call(gene, scope);
        return;
      case 'return':
        this.lines.put(`if (${this.test(gene.test, scope)}) ${scope.giveUp}`);
        return;
      case 'try':
        this.#try(gene, scope);
        return;
      case 'trigger':
        this.#trigger(gene.what, scope);
        return;
      case 'event': {
        const events = scope.level < Level.Sleep && !isWild(gene.what) ? EVENTS.slice(0, 3) : EVENTS;
        this.lines.put(`yield* ${events[(gene.what >> 3) % events.length]};`);
        return;
      }
      case 'extra':
        extra(this, gene, scope);
        return;
      case 'dereference':
        this.lines.put(`yield* kernel.rcu.dereference('pointer'${gene.isProtected % 4 !== 0 ? ', true' : ''});`);
        return;
    }
  }

  branch(head: string, body: readonly Gene[], other: readonly Gene[], scope: Scope): void {
    if (other.length === 0) {
      this.lines.block(head, () => this.write(body, scope));
      return;
    }
    this.lines.block(
      head,
      () => this.write(body, scope),
      '} else {',
      () => this.write(other, scope),
    );
  }

  #loop(gene: Gene & { is: 'loop' }, scope: Scope): void {
    const turns = 1 + (gene.turns % 3);
    const i = this.lines.name('i');
    const body = () => this.write(gene.body, scope);
    switch (gene.way % 4) {
      case 0:
        this.lines.put(`let ${i} = ${turns};`);
        this.lines.block(`while (${i} > 0)`, () => {
          this.lines.put(`${i}--;`);
          this.lines.put('if (kernel.random(4) === 0) break;');
          body();
        });
        return;
      case 1:
        this.lines.block(`for (let ${i} = 0; ${i} < ${turns}; ${i}++)`, () => {
          body();
          this.lines.put('if (kernel.random(3) === 0) continue;');
          this.lines.put('yield* kernel.udelay(1);');
        });
        return;
      case 2:
        this.lines.put(`let ${i} = 0;`);
        this.lines.block('do', body, `} while (++${i} < ${turns});`);
        return;
      default:
        this.lines.block(`for (let ${i} = 0; ${i} < ${turns}; ${i}++)`, body);
        return;
    }
  }

  #switch(gene: Gene & { is: 'switch' }, scope: Scope): void {
    this.lines.block('switch (kernel.random(3))', () => {
      this.lines.put('case 0:');
      this.write(gene.body.map(inBraces), scope);
      if (gene.way % 3 !== 0) this.lines.put('break;');
      this.lines.put('case 1:');
      this.write(gene.other.map(inBraces), scope);
      this.lines.put('break;');
      this.lines.put('default:');
      this.lines.put('yield* kernel.udelay(1);');
    });
  }

  #context(gene: Gene & { is: 'context' }, scope: Scope): void {
    const [off, on, flags] = CONTEXTS[gene.what % CONTEXTS.length] ?? ['preemptDisable', 'preemptEnable', false];
    const saved = flags ? this.lines.name('flags') : '';
    this.lines.put(`${flags ? `const ${saved} = ` : ''}yield* kernel.${off}();`);
    const level = off === 'migrateDisable' ? scope.level : off === 'localBhDisable' ? Level.Spin : Level.Raw;
    this.write(gene.body, { ...scope, level: level < scope.level ? level : scope.level });
    if (gene.leak === 0) this.lines.put(`yield* kernel.${on}(${saved});`);
  }

  #call(gene: Gene & { is: 'call' }, scope: Scope): void {
    const callee = scope.callees[gene.callee % Math.max(1, scope.callees.length)];
    if (callee === undefined || (scope.level < Level.Sleep && gene.way % 4 !== 0)) {
      this.lines.put('yield* kernel.udelay(1);');
      return;
    }
    const lock = lockFor(callee, gene.lock, scope);
    const call = callOf(this, callee, gene, scope, scope.again.length > 0 ? 'depth' : String(1 + (gene.way % 2)));
    if (callee.leaves === 'nothing') {
      this.lines.put(`${call};`);
      return;
    }
    const mode = modeOf(callee.kind, callee.leaves === 'lock' ? 0 : callee.gene.lockKind);
    const give = `yield* ${lock}.${mode.give};`;
    if (callee.leaves === 'maybe') {
      this.lines.block(`if (${call})`, () => this.lines.puts('yield* kernel.udelay(1);', give));
      return;
    }
    this.lines.puts(`${call};`, give);
  }

  #try(gene: Gene & { is: 'try' }, scope: Scope): void {
    const body = () => this.write(gene.body, scope);
    const other = () => this.write(gene.other, scope);
    if (gene.way % 2 === 0) {
      this.lines.block('try', body, '} finally {', other);
      return;
    }
    this.lines.block(
      'try',
      () => {
        this.lines.put(`if (${this.test(gene.way, scope)}) throw new Error('given up');`);
        body();
      },
      '} catch {',
      other,
    );
  }

  #trigger(what: number, scope: Scope): void {
    const { callbacks } = this.place.program;
    const i = what % Math.max(1, callbacks.length);
    const root = callbacks[i];
    if (root === undefined || !scope.hasHandlers) {
      this.lines.put('yield* kernel.udelay(1);');
      return;
    }
    const ways = TRIGGERS[callbackOf(root)];
    const way = ways[(what >> 2) % ways.length] ?? ways[0];
    // Handlers set themselves off again; the budget ends that.
    this.lines.put(`if (dev.budget.left-- > 0) ${way.replaceAll('CB', `cb${i}`)};`);
  }

  /** A condition on what the run, the caller or the configuration decides. */
  test(choice: number, scope: Scope): string {
    const tests = [
      'kernel.random(2) === 0',
      'CONFIG_ON',
      'CONFIG_OFF',
      'kernel.random(3) > 0',
      'kernel.random(2) === 0',
    ];
    if (choice >= 48) return QUESTIONS[choice % QUESTIONS.length] ?? 'CONFIG_ON';
    if (scope.hasFlag) tests.push('flag', '!flag', 'flag && kernel.random(2) === 0', 'flag || kernel.random(2) === 0');
    return tests[choice % tests.length] ?? 'CONFIG_ON';
  }
}

/** A declaration may not stand in a `case` by itself. */
function inBraces(gene: Gene): Gene {
  return { is: 'if', test: 1, body: [gene], other: [] };
}
