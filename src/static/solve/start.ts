import type { IrFunction } from '../ir/ir.js';
import { ENTRY_PATH, type Held, START, type State } from './state.js';
import { assumedLock, type Frame, siteAt } from './transfer.js';

/** Parameters, and what else, that a function assigns to. */
export function changedParams(fn: IrFunction): Set<string> {
  const changed = new Set<string>();
  for (const block of fn.blocks) for (const op of block.ops) if (op.op === 'set') changed.add(op.path);
  return changed;
}

/** What is known where a function begins: its configuration, what its contract says is held, the interrupt that runs it. */
export function startState(frame: Frame): State {
  let state = START;
  const facts = new Map<string, number>();
  for (const condition of frame.fn.when ?? []) {
    const key = `CONFIG.${condition.replace('!', '')}`;
    if (frame.tracking.bits.has(key)) facts.set(key, condition.startsWith('!') ? 1 : 6);
  }
  const held: Held[] = [];
  for (const said of frame.fn.contract?.held ?? []) {
    const lock = assumedLock(frame, said.path, said.kind, said.said, 0);
    if (lock === undefined) continue;
    if (held.some((other) => other.path === lock.path && other.kind === lock.kind)) continue;
    const named = said.name === undefined ? lock : { ...lock, name: said.name };
    held.push(said.released === true ? { ...named, leaves: true } : named);
  }
  const entered = interruptOf(frame);
  if (entered !== undefined) held.unshift(entered);
  if (facts.size > 0 || held.length > 0) state = { ...START, held, facts };
  return state;
}

/** The interrupt that runs the function, as something held. */
function interruptOf(frame: Frame): Held | undefined {
  const { program, id } = frame;
  const entry = program.entries.get(id);
  if (entry === undefined || entry.context === 'task') return undefined;
  const { by, context } = entry;
  return {
    path: ENTRY_PATH,
    // In a hard interrupt that PREEMPT_RT runs in a thread, memory may be allocated there.
    kind: context === 'hardirq' || context === 'nmi' ? 'irq-off' : 'bh-off',
    read: false,
    key: '',
    name: context === 'hardirq-threaded' ? 'hardirq' : context,
    // Where it was handed to what makes it run, its entry tells.
    site: siteAt(frame, 0),
    via: [],
    api: by?.api ?? '',
    assumed: 'entry',
    ...(by === undefined ? { unsure: true } : {}),
  };
}
