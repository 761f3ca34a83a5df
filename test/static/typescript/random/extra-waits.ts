/** Waiting, waking and shared variables: operations that stand alone. */
import type { ExtraGene } from './random-program.js';
import { bears, Level, type Scope, within } from './scope.js';
import type { BodyWriter } from './writer.js';

const GO = '() => dev.go.value > 0';

/** Operations with what they need around them. */
const STATEMENTS: readonly (readonly [need: Level, ...statements: string[]])[] = [
  [Level.Raw, 'yield* dev.simple.wakeUp();'],
  [Level.Raw, 'yield* dev.simple.wakeUpAll();'],
  [Level.Raw, 'yield* dev.flag.writeOnce(1);'],
  [Level.Raw, 'yield* dev.flag.storeRelease(0);'],
  [Level.Raw, 'yield* dev.flag.xchg(1);'],
  [Level.Raw, 'yield* dev.go.fetchAdd(1);'],
  [Level.Raw, 'yield* dev.go.cmpxchg(0, 1);'],
  [Level.Raw, 'yield* dev.flag.write(1);'],
  [Level.Raw, 'dev.done.reinit();'],
  [Level.Raw, 'dev.bits.set(0);'],
  [Level.Spin, 'yield* dev.queue.wakeUpAll();'],
  [Level.Spin, 'yield* dev.bits.clearAndWake(0);'],
  [Level.Sleep, `yield* dev.simple.waitEventTimeout(${GO}, 2);`],
  [Level.Sleep, `yield* dev.simple.waitEvent(${GO});`],
  [Level.Sleep, `yield* dev.queue.waitEventExclusive(${GO});`],
  [Level.Sleep, `yield* dev.queue.waitEvent(${GO});`],
  [Level.Sleep, 'yield* dev.bits.waitOnBit(0);'],
  [Level.Sleep, 'yield* dev.bits.waitOnBitLock(1);', 'yield* dev.bits.clearAndWake(1);'],
  [Level.Sleep, 'yield* kernel.rcu.barrier();'],
  [Level.Sleep, 'yield* kernel.yieldCpu();'],
  [Level.Sleep, `yield* dev.simple.waitEventExclusive(${GO});`],
  [Level.Sleep, `yield* dev.single.waitEvent(${GO});`],
  [Level.Sleep, 'if (dev.budget.left-- > 0) yield* kernel.kthreadStop(dev.thread);'],
  [Level.Raw, 'yield* kernel.cpuRelax();'],
  [Level.Raw, "kernel.assert(kernel.current.pid >= 0, 'somebody runs');"],
  [Level.Raw, 'yield* dev.go.storeRelease(0);'],
];

function statement(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const [need, ...statements] = STATEMENTS[gene.lock % STATEMENTS.length] ?? [Level.Raw];
  if (bears(scope, need, gene.way)) t.lines.puts(...statements);
  t.write(gene.body, scope);
}

/** wait_event() as its pieces, which code writes out where the condition needs a lock. */
function manualWait(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  if (!bears(scope, Level.Sleep, gene.way)) {
    t.write(gene.body, scope);
    return;
  }
  const on = ['dev.queue', 'dev.simple', 'dev.single'][gene.lock % 3];
  t.lines.put(`yield* ${on}.prepareToWait();`);
  t.lines.put(`if (dev.go.value === 0 && kernel.random(2) === 0) yield* ${on}.schedule();`);
  t.lines.put(`yield* ${on}.finishWait();`);
  t.write(gene.body, scope);
}

/** What a variable says decides about a body, or about a lock and its release. */
function onVariable(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const tests = [
    '(yield* dev.flag.readOnce()) > 0',
    '(yield* dev.flag.loadAcquire()) === 0',
    '(yield* dev.flag.read()) > 0',
    'yield* dev.go.decAndTest()',
    '(yield* dev.go.readOnce()) > 1',
    '(yield* dev.go.loadAcquire()) > 0',
    '(yield* dev.flag.fetchUpdate((old) => old ^ 1)) > 0',
    '(yield* dev.go.xchg(1)) === 0',
    '(yield* dev.flag.cmpxchg(0, 1)) === 0',
    '(yield* dev.go.fetchUpdate((old) => old + 1)) > 0',
  ];
  const test = tests[gene.lock % tests.length] ?? 'true';
  if (gene.way % 2 === 0) {
    t.branch(`if (${test})`, gene.body, gene.other, scope);
    return;
  }
  const seen = t.lines.name('seen');
  t.lines.put(`const ${seen} = ${test};`);
  t.lines.put(`if (${seen}) yield* kernel.preemptDisable();`);
  t.write(gene.body, within(scope, Level.Raw));
  t.lines.put(`if (${seen}) yield* kernel.preemptEnable();`);
}

export const WAIT_EXTRAS = [statement, statement, manualWait, onVariable] as const;
