import { WaitKind } from '../../model/events.js';
import { callApi } from './api.js';
import { callValue, instanceOf, outsideValue, plainCall, runValue } from './calls.js';
import { closureOf } from './closures.js';
import { NOTHING_KNOWN } from './known.js';
import { bitsOf } from './lock-state.js';
import { leftBy } from './noting.js';
import { makeCpus, makeSim } from './sim-objects.js';
import { emptyLocks, outermostFrame, setupRoot, startState } from './start.js';
import { wake } from './steps.js';
import type { Thing } from './thing.js';
import { alternatives, constant, UNDEFINED, type Value } from './value.js';
import type { Frame, Result, Root, State, Walk } from './walk.js';

/** Rounds after which what is known of the objects is taken as it is. */
const MAX_ROUNDS = 60;
/** Rounds after which numbers and texts are not counted on. */
const FEW_ROUNDS = 5;
/** The same of rounds of which nothing is noted: the others find out what these leave. */
const MAX_MUTED_ROUNDS = 5;

/** Walks all roots until no new object, no new value in one and no new root turns up. */
export function walkRoots(w: Walk): void {
  w.heap.concrete = false;
  if (w.isLarge) {
    w.facts.muted = true;
    walkUntilSettled(w);
    w.facts.muted = false;
  }
  walkUntilSettled(w);
}

function walkUntilSettled(w: Walk): void {
  const most = w.facts.muted ? MAX_MUTED_ROUNDS : MAX_ROUNDS;
  for (let round = 0; round < most; round++) {
    const before = w.heap.version;
    w.heap.isLate = round >= FEW_ROUNDS;
    walkAll(w);
    if (w.heap.version === before) return;
  }
  if (!w.facts.muted) for (const { name } of w.roots.values()) w.partial.add(name);
}

function walkAll(w: Walk): void {
  w.calls.clear();
  w.covered.clear();
  w.loops.clear();
  w.leaves.clear();
  w.contexts.clear();
  // What led nowhere in an earlier round may lead somewhere now: objects fill from round to round.
  w.unresolved.clear();
  w.walked = 0;
  // Which of two uses of a lock is told as the second: where callbacks are known from the start it is the interrupt's, as in runs.
  const first = w.isLarge && !w.facts.muted ? tasksFirst([...w.roots.values()]) : [];
  for (const root of first) walkRoot(w, root);
  const walked = new Set(first);
  for (const root of w.roots.values()) if (!walked.has(root)) walkRoot(w, root);
}

function tasksFirst(roots: readonly Root[]): Root[] {
  const isTask = ({ base }: Root): boolean => base.kind === 'task';
  return [...roots.filter(isTask), ...roots.filter((root) => !isTask(root))];
}

function walkRoot(w: Walk, root: Root): void {
  const frame = rootFrame(w, root);
  // On PREEMPT_RT soft interrupts, and interrupts that are threads, are part of a task that has bottom halves off.
  const isInTask = w.config.preemptRt && root.state.bh > 0;
  const locks = isInTask ? w.states.change(root.state, { bh: 0 }) : root.state;
  const begin: State = { locks, env: w.noVariables, known: NOTHING_KNOWN, needs: [], doubtful: false, way: undefined };
  const s = isInTask ? wakeEnd.bottomHalves(w, frame, begin, 'localBhDisable') : begin;
  const starts = root.around === undefined ? [s] : [wakeEnd.hold(w, frame, s, root.around)];
  const args = root.args.length > 0 ? root.args : handed(w, root);
  const results = starts.flatMap((at) => runValue(w, frame, at, root.body, root.self, args, plainCall(root.name, 0)));
  for (const { s: end } of results) {
    const over = root.around === undefined ? end : wakeEnd.drop(w, frame, end, root.around);
    const last = isInTask ? wakeEnd.bottomHalves(w, frame, over, 'localBhEnable') : over;
    if (root.signals !== undefined) wakeEnd.signal(w, frame, last, root.signals);
    wakeEnd.exit(w, frame, last);
  }
}

/** What the simulated kernel hands to the code that it calls: something of each parameter's type. */
function handed(w: Walk, root: Root): Value[] {
  const [part] = alternatives(root.body);
  const params = part?.t === 'ref' ? (part.o.code?.fn.params ?? []) : [];
  const given = part?.t === 'ref' ? part.o.bound.length : 0;
  return params
    .slice(given)
    .map((param) => (param.init !== null || param.rest ? UNDEFINED : instanceOf(w, param.ty, param.name)));
}

function rootFrame(w: Walk, root: Root): Frame {
  const [part] = alternatives(root.body);
  const code = part?.t === 'ref' ? part.o.code : undefined;
  const unit = code?.unit ?? [...w.program.units.values()][0];
  if (unit === undefined) throw new Error('lockvet bug: a root without sources');
  return { ...outermostFrame(unit, code?.fn.name ?? root.name, root), self: root.self, sure: !root.doubtful };
}

/** Runs a scenario's set-up: the kernel that it is given, its options as the kernel's configuration. */
export function setUp(w: Walk, scenario: Walk['scenarios'][number]): void {
  const kernel = makeSim(w, 'Kernel', 'kernel');
  const cpus = numberOption(scenario.options, 'cpus') ?? 2;
  if (kernel.t === 'ref') kernel.o.put('%cpus', constant(cpus));
  w.heap.concrete = true;
  const root = setupRoot(w);
  makeCpus(w, cpus);
  const frame: Frame = { ...rootFrame(w, { ...root, body: scenario.setup }), call: scenario.call };
  callValue(w, frame, startState(w), scenario.setup, undefined, [kernel], plainCall('scenario', 0));
}

function numberOption(options: Value, name: string): number | undefined {
  const value = options.t === 'ref' ? options.o.fields.get(name) : undefined;
  return value?.t === 'const' && typeof value.v === 'number' ? value.v : undefined;
}

/** Adds the functions that no scenario reaches as roots of their own, callable from anywhere. */
export function addOpenRoots(w: Walk, ids: readonly string[]): void {
  const locks = emptyLocks(w);
  for (const id of ids) {
    const code = w.program.codes.get(id);
    if (code === undefined) continue;
    const owner = id.slice(id.lastIndexOf('#') + 1).split('.');
    const cls = owner.length > 1 ? `${code.unit.file}#${owner[0] ?? ''}` : '';
    const self = cls === '' ? undefined : instanceOf(w, cls, owner[0] ?? '');
    const args = code.fn.params.map(
      (param): Value => (param.init === null ? outsideValue(w, param.ty, param.name) : constant(undefined)),
    );
    w.roots.set(id, {
      id,
      name: code.fn.name,
      base: { kind: 'task', threaded: false, open: true },
      body: closureOf(w, code, new Map()),
      state: locks,
      around: undefined,
      signals: undefined,
      args,
      self,
      doubtful: false,
      cpu: undefined,
    });
  }
}

/** What happens around a root's own code. */
const wakeEnd = {
  /** Switches them off before and on after. */
  bottomHalves(w: Walk, f: Frame, s: State, how: 'localBhDisable' | 'localBhEnable'): State {
    const kernel = makeSim(w, 'Kernel', 'kernel');
    return kernel.t === 'ref' ? firstState(callApi(w, f, s, kernel.o, how, [], plainCall(how, 0)), s) : s;
  },
  /** Takes a map for lockdep, as call_timer_fn() does. */
  hold(w: Walk, f: Frame, s: State, map: Thing): State {
    return firstState(callApi(w, f, s, map, 'acquire', [], plainCall('call_timer_fn', f.code?.fn.line ?? 0)), s);
  },
  drop(w: Walk, f: Frame, s: State, map: Thing): State {
    return firstState(callApi(w, f, s, map, 'release', [], plainCall('call_timer_fn', 0)), s);
  },
  /** The end of a work item wakes who waits for it. */
  signal(w: Walk, f: Frame, s: State, work: Thing): void {
    const name = `(work_completion)(&${work.sim?.name ?? ''})`;
    wake({ w, f, moment: w.facts.moment(f.call, 0, 'process_one_work', s.locks.id) }, s, {
      object: work,
      name,
      kind: WaitKind.Work,
    });
  },
  /** A context must end without locks. */
  exit(w: Walk, f: Frame, s: State): void {
    if (f.root.base.open || s.locks.held.length === 0) return;
    const moment = w.facts.moment(f.call, 0, 'exit', s.locks.id);
    const bits = bitsOf(f.root.base, s.locks, w.config);
    const sure = f.sure && !s.doubtful;
    w.facts.note({
      deed: { do: 'exit', left: leftBy(w, f, s.locks) },
      base: f.root.base,
      state: s.locks,
      bits,
      moment,
      root: f.root.id,
      needs: [],
      sure,
    });
  },
};

function firstState(results: readonly Result[], otherwise: State): State {
  return results[0]?.s ?? otherwise;
}
