/** What a program asks of the kernel as a whole: other CPUs, user mode, lockdep itself. */
import type { ExtraGene } from './random-program.js';
import { bears, Level, type Scope, within } from './scope.js';
import { callbackOf } from './words.js';
import type { BodyWriter } from './writer.js';

/** Keeps CPUs from coming and going. */
function cpusRead(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  if (!bears(scope, Level.Sleep, gene.way)) {
    t.write(gene.body, scope);
    return;
  }
  t.lines.put('yield* kernel.cpusReadLock();');
  t.write(gene.body, scope);
  t.lines.put('yield* kernel.cpusReadUnlock();');
}

/** A CPU goes and comes back. */
function hotplug(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const { cpus } = t.place.program;
  if (!bears(scope, Level.Sleep, gene.way) || cpus < 2) {
    t.write(gene.body, scope);
    return;
  }
  const cpu = 1 + (gene.lock % (cpus - 1));
  t.lines.block(`if (dev.budget.left-- > 0 && kernel.cpuOnline(${cpu}))`, () => {
    t.lines.put(`yield* kernel.cpuDown(${cpu});`);
    t.write(gene.body, scope);
    t.lines.put(`yield* kernel.cpuUp(${cpu});`);
  });
}

/** A function that another CPU runs as an interrupt. */
function smpCall(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const { cpus } = t.place.program;
  t.lines.block(
    `yield* kernel.smpCall(${gene.lock % cpus}, function* ipi()${t.lines.type(': Op<void>')}`,
    () => t.write(gene.body, { ...within(scope, Level.Raw), giveUp: 'return;', after: -1 }),
    '});',
  );
}

/** Where lockdep is told to look away. */
function unwatched(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  if (gene.way % 8 !== 0) {
    t.write(gene.body, scope);
    return;
  }
  t.lines.put('yield* kernel.lockdepOff();');
  t.write(gene.body, scope);
  t.lines.put('yield* kernel.lockdepOn();');
}

/** A lock for lockdep alone. */
function map(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  t.lines.put(`yield* dev.map.acquire(${['', '1', '2'][gene.way % 3]});`);
  t.write(gene.body, scope);
  t.lines.put('yield* dev.map.release();');
}

/** Waits for what the work queue has, or takes a timer back without waiting for its handler. */
function settle(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const { callbacks } = t.place.program;
  if (scope.hasHandlers && callbacks.some((root) => callbackOf(root) === 'work')) {
    if (bears(scope, Level.Sleep, gene.way)) t.lines.put('yield* events.flush();');
    return;
  }
  const timer = callbacks.findIndex((root) => callbackOf(root) === 'timer');
  if (scope.hasHandlers && timer >= 0) t.lines.put(`yield* cb${timer}.delete();`);
  else if (scope.after < 0 && bears(scope, Level.Sleep, gene.way)) t.lines.put('yield* kernel.userMode(2);');
}

export const KERNEL_EXTRAS = [cpusRead, hotplug, smpCall, unwatched, map, settle] as const;
