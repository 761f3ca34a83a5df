/** Random programs written as TypeScript, or as the same text without types, line for line. */
import { BodyText } from './body-text.js';
import { callOf } from './call-text.js';
import { contractOf, putContract } from './contract-text.js';
import { enterRing, writeRing } from './cycle-text.js';
import { DEVICES } from './devices.js';
import { Lines } from './lines.js';
import { kindOf, modeOf, WORDS } from './lock-words.js';
import type { ProgramGene, RootGene } from './random-program.js';
import { type Callee, Level, type LockUse, type Scope } from './scope.js';
import { callbackOf, callbackWords, LEVELS } from './words.js';
import { type Form, homeOf } from './writer.js';

/** How a program is written. */
export interface TextOptions {
  /** What its lock names begin with, so that programs judged together share no class. */
  readonly prefix: string;
  /** `false`: plain JavaScript that takes the simulator as `sim` and returns the scenario. */
  readonly typed: boolean;
}

/** Writes a program. */
export function programText(program: ProgramGene, options: TextOptions): string {
  return new ProgramText(program, options).text();
}

const FORMS: readonly Form[] = ['closure', 'class', 'module'];

class ProgramText {
  readonly #program: ProgramGene;
  readonly #options: TextOptions;
  readonly #form: Form;
  readonly #lines: Lines;
  readonly #bodies: BodyText;

  constructor(program: ProgramGene, options: TextOptions) {
    this.#program = program;
    this.#options = options;
    this.#form = FORMS[program.form % FORMS.length] ?? 'closure';
    this.#lines = new Lines(options.typed);
    this.#bodies = new BodyText(this.#lines, { program, form: this.#form, prefix: options.prefix });
  }

  text(): string {
    const { prefix, typed } = this.#options;
    const lines = this.#lines;
    // What is written last decides what the head declares.
    const isOutside = this.#form !== 'closure';
    const outside = lines.capture(this.#form === 'class' ? 1 : 0, () => {
      if (isOutside) this.#functions();
    });
    const inside = lines.capture(1, () => {
      if (!isOutside) this.#functions();
      this.#roots();
    });
    const used = [...outside, ...inside].join('\n');
    const types = ['Kernel', 'Op', ...new Set(Object.values(WORDS).map(({ type }) => type))];
    if (typed) lines.put(`import { Gfp, scenario, type ${types.join(', type ')} } from 'lockvet/sim';`);
    else lines.put('const { Gfp, scenario } = sim;');
    lines.puts(
      '',
      'const MASK = Gfp.GFP_NOWAIT | Gfp.NOWARN;',
      'const CONFIG_ON = true;',
      'const CONFIG_OFF = false;',
      '',
    );
    if (this.#form === 'class') this.#classHead(outside, used);
    if (this.#form === 'module') {
      this.#interface(used);
      lines.paste(outside);
    }
    const { preemptRt, cpus } = this.#program;
    const options = `{ name: '${prefix}', cpus: ${cpus}, maxOperations: 5000${preemptRt ? ', preemptRt: true' : ''} }`;
    const head = `${typed ? 'export default' : 'return'} scenario(${options}, (kernel) =>`;
    lines.block(
      head,
      () => {
        if (this.#form === 'class') lines.put('const dev = new Device(kernel);');
        else lines.puts(...this.#device(used));
        lines.paste(inside);
      },
      '});',
    );
    return lines.text;
  }

  // --- what a program has

  /** Expressions that make the locks and events, by name; only what is used. */
  #members(used: string): { name: string; type: string; make: string }[] {
    const { prefix } = this.#options;
    const members = this.#program.locks.map((gene, i) => {
      const kind = kindOf(gene.kind);
      const { type, make } = WORDS[kind];
      const name = `${prefix}_${kind}${i}`;
      const one = (suffix: string) => `kernel.${make}('${name}${suffix}')`;
      const home = homeOf(this.#program, i);
      if (home === 'field') return { name: `part${i}`, type: `{ lock: ${type} }`, make: `{ lock: ${one('')} }` };
      if (home === 'array') return { name: `list${i}`, type: `${type}[]`, make: `[${one('')}, ${one('b')}]` };
      if (home === 'twins') return { name: `list${i}`, type: `${type}[]`, make: `[${one('')}, ${one('')}]` };
      return { name: `lock${i}`, type, make: one('') };
    });
    const events = DEVICES.filter(({ name }) => new RegExp(`\\bdev\\.${name}\\b`).test(used)).map(
      ({ name, type, make }) => ({
        name,
        type,
        make: make.replaceAll('PREFIX', prefix),
      }),
    );
    const count = (name: string, left: number) => ({ name, type: '{ left: number }', make: `{ left: ${left} }` });
    const turns = this.#program.cycle === undefined ? [] : [count('turns', 5)];
    return [...members, ...events, count('budget', 4), ...turns];
  }

  #lockUses(): LockUse[] {
    return this.#program.locks.flatMap((gene, i) => {
      const kind = kindOf(gene.kind);
      const home = homeOf(this.#program, i);
      if (home === 'field') return [{ kind, path: `dev.part${i}.lock` }];
      if (home !== 'variable')
        return [0, 1].map((at) => ({ kind, path: `dev.list${i}[${at}]${this.#lines.type('!')}` }));
      return [{ kind, path: this.#form === 'closure' ? `lock${i}` : `dev.lock${i}` }];
    });
  }

  /** The lines that make the locks inside the scenario. */
  #device(used: string): string[] {
    const members = this.#members(used);
    const isOwn = (name: string): boolean => this.#form === 'closure' && name.startsWith('lock');
    const lines = members.filter(({ name }) => isOwn(name)).map(({ name, make }) => `const ${name} = ${make};`);
    const annotation = this.#form === 'module' ? this.#lines.type(': Device') : '';
    lines.push(`const dev${annotation} = {`);
    for (const { name, make } of members) if (!isOwn(name)) lines.push(`  ${name}: ${make},`);
    lines.push('};');
    return lines;
  }

  #interface(used: string): void {
    if (!this.#options.typed) {
      for (let n = this.#members(used).length + 2; n > 0; n--) this.#lines.put('');
      return;
    }
    this.#lines.put('interface Device {');
    for (const { name, type } of this.#members(used)) this.#lines.put(`  readonly ${name}: ${exported(type)};`);
    this.#lines.put('}');
  }

  #classHead(methods: readonly string[], used: string): void {
    const members = this.#members(used);
    this.#lines.put('class Device {');
    for (const { name, type } of members)
      this.#lines.put(`  ${this.#lines.type('readonly ')}${name}${this.#lines.type(`: ${exported(type)}`)};`);
    this.#lines.put(`  ${this.#lines.type('readonly ')}kernel${this.#lines.type(': Kernel')};`);
    this.#lines.put(`  constructor(kernel${this.#lines.type(': Kernel')}) {`);
    this.#lines.put('    this.kernel = kernel;');
    for (const { name, make } of members) this.#lines.put(`    this.${name} = ${make};`);
    this.#lines.put('  }');
    this.#lines.paste(methods);
    this.#lines.put('}');
  }

  #callees(from: number): Callee[] {
    const kinds = this.#lockUses().map(({ kind }) => kind);
    return this.#program.functions.slice(from).map((gene, i) => {
      const kind = kinds[gene.lockKind % kinds.length] ?? 'raw';
      const takesLock = (gene.takes & 1) !== 0;
      const attempt = modeOf(kind, gene.lockKind).attempt;
      const leaves = !takesLock
        ? 'nothing'
        : (gene.takes & 24) === 24
          ? 'lock'
          : (gene.takes & 24) === 8 && attempt !== undefined
            ? 'maybe'
            : 'nothing';
      const name = `f${from + i}`;
      return {
        gene,
        kind,
        path: this.#form === 'class' ? `dev.${name}` : name,
        takesLock,
        takesGfp: (gene.takes & 2) !== 0,
        takesFlag: (gene.takes & 4) !== 0,
        recurses: (gene.takes & 32) !== 0 && leaves === 'nothing',
        contract: contractOf(
          gene,
          { program: this.#program, form: this.#form },
          this.#lockUses(),
          takesLock ? { kind, path: 'lock' } : undefined,
        ),
        leaves,
      };
    });
  }

  #functions(): void {
    for (const [i, callee] of this.#callees(0).entries()) {
      const parameters = [
        ...(this.#form === 'module'
          ? [`kernel${this.#lines.type(': Kernel')}`, `dev${this.#lines.type(': Device')}`]
          : []),
        ...(callee.takesLock ? [`lock${this.#lines.type(`: ${WORDS[callee.kind].type}`)}`] : []),
        ...(callee.takesGfp ? [`gfp${this.#lines.type(': number')}`] : []),
        ...(callee.takesFlag ? [`flag${this.#lines.type(': boolean')}`] : []),
        ...(callee.recurses ? [`depth${this.#lines.type(': number')}`] : []),
      ];
      if (callee.contract !== undefined) putContract(this.#lines, callee.contract);
      const head = `${this.#form === 'class' ? '*' : 'function* '}f${i}(${parameters.join(', ')})`;
      this.#lines.block(`${head}${this.#lines.type(`: Op<${callee.leaves === 'maybe' ? 'boolean' : 'void'}>`)}`, () => {
        if (this.#form === 'class') this.#lines.put('const dev = this;');
        if (this.#form === 'class') this.#lines.put('const { kernel } = this;');
        const scope: Scope = {
          locks: [...(callee.takesLock ? [{ kind: callee.kind, path: 'lock' }] : []), ...this.#lockUses()],
          callees: this.#callees(i + 1),
          again: callee.recurses
            ? this.#callees(Math.max(0, i - 1))
                .slice(0, 2)
                .filter(({ recurses }) => recurses)
            : [],
          hasGfp: callee.takesGfp,
          hasFlag: callee.takesFlag,
          giveUp: callee.leaves === 'maybe' ? 'return false;' : 'return;',
          level: Level.Sleep,
          after: callee.leaves === 'nothing' ? -1 : 0,
          hasHandlers: this.#form === 'closure',
        };
        this.#bodies.write(callee.gene.body, scope);
        const own = scope.again[callee.gene.lockKind % Math.max(1, scope.again.length)];
        if (own !== undefined && callee.gene.lockKind % 4 !== 3) {
          const gene = { callee: 0, lock: 0, gfp: 0, flag: 0, way: 0 };
          this.#lines.put(`if (depth > 0) ${callOf(this.#bodies, own, gene, scope, 'depth - 1')};`);
        }
        const mode = modeOf(callee.kind, callee.gene.lockKind);
        if (callee.leaves === 'maybe') this.#lines.put(`return yield* lock.${mode.attempt};`);
        if (callee.leaves === 'lock') this.#lines.put(`yield* lock.${modeOf(callee.kind, 0).take};`);
      });
    }
    const { cycle } = this.#program;
    if (cycle !== undefined)
      writeRing(this.#bodies, cycle, { ...this.#rootScope(), hasHandlers: this.#form === 'closure' });
  }

  #rootScope(): Scope {
    return {
      locks: this.#lockUses(),
      callees: this.#callees(0),
      again: [],
      hasGfp: false,
      hasFlag: false,
      giveUp: 'return;',
      level: Level.Sleep,
      after: -1,
      hasHandlers: true,
    };
  }

  /** Tasks and handlers. */
  #roots(): void {
    const { tasks, callbacks, cycle } = this.#program;
    const scope = this.#rootScope();
    if (callbacks.some((root) => callbackOf(root) === 'work')) {
      this.#lines.put(`const events = kernel.workqueue('${this.#options.prefix}_events');`);
    }
    for (const [i, root] of callbacks.entries()) {
      this.#callback(root, i, { ...scope, level: LEVELS[callbackOf(root)], hasHandlers: false });
    }
    for (const [i, root] of tasks.entries()) {
      const cpu = root.cpu % 2 === 0 ? `{ cpu: ${(root.cpu >> 1) % this.#program.cpus} }` : '{}';
      const make = root.what % 5 === 0 ? 'kthread' : 'task';
      this.#lines.block(
        `kernel.${make}('task${i}', function* task${i}()`,
        () => this.#bodies.write(root.body, scope),
        `}, ${cpu});`,
      );
    }
    if (cycle === undefined) return;
    const name = `task${tasks.length}`;
    this.#lines.block(
      `kernel.task('${name}', function* ${name}()`,
      () => {
        enterRing(this.#bodies, cycle, cycle.entry);
        if (cycle.entry % 3 === 0) enterRing(this.#bodies, cycle, cycle.entry + 1);
      },
      '});',
    );
  }

  #callback(root: RootGene, i: number, scope: Scope): void {
    const name = `'${this.#options.prefix}_cb${i}'`;
    const [head, tail] = callbackWords(callbackOf(root), name, root.cpu, this.#program.cpus);
    const assign = callbackOf(root) === 'softirq' ? '' : `const cb${i} = `;
    this.#lines.block(
      `${assign}${head}function* cb${i}Fn()${callbackOf(root) === 'rcu' ? this.#lines.type(': Op<void>') : ''}`,
      () => {
        this.#bodies.write(root.body, scope);
        const { cycle } = this.#program;
        if (cycle !== undefined && i === 0 && cycle.entry % 4 === 0) enterRing(this.#bodies, cycle, cycle.entry >> 2);
      },
      `}${tail};`,
    );
  }
}

/** The type as this file can name it: only locks' are imported by name. */
function exported(type: string): string {
  return DEVICES.some((device) => device.type === type) ? type.replace(/^\w+/, "import('lockvet/sim').$&") : type;
}
