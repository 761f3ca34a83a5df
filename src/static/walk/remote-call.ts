import { addRoot } from './root-kinds.js';
import { makeSim } from './sim-objects.js';
import { ANYTHING, numberOf, RUNNING_CPU, type Value } from './value.js';
import type { Frame, State, Walk } from './walk.js';

/** Whether a CPU that is called is the caller's own. */
export type Whereabouts = 'here' | 'elsewhere' | 'either';

/**
 * Where smp_call_function_single(cpu, ...) runs its function: on the caller's own CPU it is called there and then with interrupts off, on
 * another one it is an interrupt (generic_exec_single() in kernel/smp.c). Only of a task that stays on its CPU, and on a machine that has
 * just one, it is known which.
 */
export function whereabouts(w: Walk, f: Frame, { locks }: State, cpu: Value): Whereabouts {
  if (!w.asksForCpu) {
    w.asksForCpu = true;
    w.heap.version++;
  }
  if (cpuCount(w) === 1) return 'here';
  const { root } = f;
  if (cpu === RUNNING_CPU) {
    const isStuck = root.cpu !== undefined || root.base.kind !== 'task' || locks.irqsOff || locks.preempt > 0;
    return isStuck && !root.base.open ? 'here' : 'either';
  }
  const called = numberOf(cpu);
  if (called === undefined || root.cpu === undefined) return 'either';
  return called === root.cpu ? 'here' : 'elsewhere';
}

/** Has the called function run in an interrupt: of the caller's own number only where it has moved on in between. */
export function addCalled(w: Walk, f: Frame, cpu: Value, body: number, args: readonly Value[], line: number): void {
  const isOwn = cpu === RUNNING_CPU;
  const caller = isOwn ? { ...f, root: { ...f.root, doubtful: true } } : f;
  addRoot(w, caller, ['hardirq', String(body)], args, ANYTHING, line);
}

function cpuCount(w: Walk): number | undefined {
  const machine = makeSim(w, 'Machine', '');
  const cpus = machine.t === 'ref' ? machine.o.fields.get('cpus') : undefined;
  return cpus?.t === 'ref' ? cpus.o.items?.length : undefined;
}
