import { type EventHeader, ReadKind, WaitKind } from '../model/events.js';
import { closedCycles } from './closed-cycles.js';
import { dependencyEvidence, pathEvidence } from './dependency-evidence.js';
import { type DependencySites, depKind } from './dependency-graph.js';
import {
  contextWords,
  describeStack,
  evidence,
  heldClass,
  heldRead,
  heldSite,
  makeFinding,
  whereNow,
} from './describe.js';
import { isOwnWork } from './event-context.js';
import type { LockdepState } from './lockdep-state.js';
import type { Need } from './needs.js';
import { type Site, siteOf } from './site.js';
import { HELD_STRIDE, Held, HeldFlag, IrqContext, type TaskState } from './task-state.js';

/**
 * Waits in the dependency graph. An event (a completion, a wait queue, a grace period, a work item) is a class of its own:
 *
 * - waiting for it while a lock is held: lock -> event;
 * - signalling it under a lock, or after taking one since a waiter exists: event -> lock;
 * - taking a lock, or waiting, inside an RCU reader: grace period -> lock, since the grace period needs the reader to end.
 *
 * A strong cycle through an event is a deadlock like any other. (lockdep tried this as "crossrelease"; what made that one cry
 * wolf is left out here: acquisitions of the signaller from before the waiter existed, and a worker's for work items before.)
 */
export class WaitEvents {
  /** Last signals of an event: locks their signallers needed, with the acquisition counts at which they took them. */
  readonly #signals = new Map<number, Signalled[]>();
  /** Earliest birth of a task that waited for the event. */
  readonly #waiterBirth = new Map<number, number>();
  /** Who waits on an rcuwait, by address. */
  readonly #rcuwaiters = new Map<string, { task: TaskState; site: Site }>();
  readonly #state: LockdepState;

  constructor(state: LockdepState) {
    this.#state = state;
  }

  begin(h: EventHeader, task: TaskState, hi: number, lo: number, name: number, kind: number, ip: number): void {
    const state = this.#state;
    const site = siteOf(h, ip);
    if (kind === WaitKind.Rcuwait) this.#checkOneWaiter(h, task, hi, lo, name, site);
    const event = state.classes.eventClass(eventName(state, name, kind), kind);
    state.graph.reserveClasses(state.classes.size);
    for (let index = task.depth - 1; index >= 0; index--) {
      if (task.contextOf(index) !== IrqContext.Task) break;
      const flags = task.held[index * HELD_STRIDE + Held.Flags];
      const cls = heldClass(task, index);
      if (!(flags & HeldFlag.Check)) {
        this.#insideReader(h, task, index, event, kind, site);
        continue;
      }
      const sites = { held: heldSite(task, index), taken: site };
      this.#depend(h, task, { cls, read: heldRead(task, index) }, { cls: event }, sites);
      if (!(flags & HeldFlag.Trylock)) break;
    }
    const birth = Math.min(this.#waiterBirth.get(event) ?? task.birth, task.birth);
    this.#waiterBirth.set(event, birth);
    for (const need of this.#signals.get(event) ?? []) {
      if (need.at > task.birth) this.#needs(h, task, event, need, { held: need.signal, taken: need.site });
    }
    task.needs.note(event, ReadKind.Write, state.acquisitions, site);
  }

  end(hi: number, lo: number, kind: number): void {
    if (kind === WaitKind.Rcuwait) this.#rcuwaiters.delete(`${hi}:${lo}`);
  }

  signal(h: EventHeader, task: TaskState, context: number, name: number, kind: number, ip: number): void {
    const state = this.#state;
    const signal = siteOf(h, ip);
    const event = state.classes.eventClass(eventName(state, name, kind), kind);
    state.graph.reserveClasses(state.classes.size);
    // A reader that leaves ends a grace period: what it took inside is known by then, and what it had taken before no waiter can hold.
    if (kind === WaitKind.GracePeriod && this.#isInReaderOf(task, context, event)) return;
    const birth = this.#waiterBirth.get(event);
    const needs = isOwnWork(h, context) ? task.needs.list() : [];
    const all = needs.map((need): Signalled => ({ ...need, signal }));
    for (let index = task.depth - 1; index >= 0 && task.contextOf(index) === context; index--) {
      const flags = task.held[index * HELD_STRIDE + Held.Flags];
      if (!(flags & HeldFlag.Check) || flags & HeldFlag.Trylock) continue;
      const site = heldSite(task, index);
      // Held at the signal: needed whenever the waiter came.
      all.push({ cls: heldClass(task, index), read: heldRead(task, index), at: Number.MAX_SAFE_INTEGER, site, signal });
    }
    this.#signals.set(event, all);
    // What a worker took for one work item the next one does not wait for.
    if (kind === WaitKind.Work) task.needs.forget();
    if (birth === undefined) return;
    for (const need of all) {
      if (need.at > birth && need.cls !== event) this.#needs(h, task, event, need, { held: signal, taken: need.site });
    }
  }

  #isInReaderOf(task: TaskState, context: number, event: number): boolean {
    for (let index = task.depth - 1; index >= 0 && task.contextOf(index) === context; index--) {
      if (this.#gracePeriodOf(task, index) === event) return true;
    }
    return false;
  }

  /** A lock is taken inside an RCU reader, at `index` of the stack: the reader's grace period needs it. */
  takenInReader(h: EventHeader, task: TaskState, index: number): void {
    const context = task.contextOf(index);
    const cls = heldClass(task, index);
    for (let below = index - 1; below >= 0 && task.contextOf(below) === context; below--) {
      const period = this.#gracePeriodOf(task, below);
      if (period === undefined) continue;
      const sites = { held: heldSite(task, below), taken: heldSite(task, index), isReader: true };
      this.#needs(h, task, period, { cls, read: heldRead(task, index) }, sites);
    }
  }

  #insideReader(h: EventHeader, task: TaskState, index: number, event: number, kind: number, site: Site): void {
    const period = this.#gracePeriodOf(task, index);
    if (period === undefined) return;
    if (period === event && kind === WaitKind.GracePeriod) this.#reportWaitInReader(h, task, index, event, site);
    else {
      const sites = { held: heldSite(task, index), taken: site, isReader: true };
      this.#needs(h, task, period, { cls: event, read: ReadKind.Write }, sites);
    }
  }

  /** The grace-period event that the reader at `index` holds up; undefined when it is no RCU reader. */
  #gracePeriodOf(task: TaskState, index: number): number | undefined {
    const state = this.#state;
    const at = index * HELD_STRIDE;
    if (task.held[at + Held.Flags] & HeldFlag.Check) return undefined;
    if ((task.held[at + Held.Flags] & HeldFlag.ReadMask) === ReadKind.Write) return undefined;
    const event = eventName(state, task.held[at + Held.Name], WaitKind.GracePeriod);
    const cls = state.classes.eventClass(event, WaitKind.GracePeriod);
    state.graph.reserveClasses(state.classes.size);
    return cls;
  }

  #needs(h: EventHeader, task: TaskState, event: number, need: End, sites: DependencySites): void {
    this.#depend(h, task, { cls: event, read: ReadKind.Write }, need, sites);
  }

  #depend(h: EventHeader, task: TaskState, from: End, to: End, sites: DependencySites): void {
    const { graph } = this.#state;
    if (from.cls === to.cls) return;
    const toRead = to.read ?? ReadKind.Write;
    const fromRead = from.read ?? ReadKind.Write;
    const kind = depKind(fromRead, toRead);
    const known = graph.find(from.cls, to.cls);
    if (known >= 0 && graph.kindsOf(known) & kind) return;
    const met = { from: from.cls, to: to.cls, fromRead, toRead };
    const isCyclic = closedCycles(this.#state, met, (path) => {
      const cycle = [to.cls, ...path.map((edge) => graph.toOf(edge))];
      reportEventCycle(this.#state, h, task, cycle, path, sites);
    });
    if (isCyclic) {
      this.#state.refused++;
      return;
    }
    if (known >= 0) graph.strengthen(known, kind, true);
    else graph.add(from.cls, to.cls, kind, true, sites);
  }

  #reportWaitInReader(h: EventHeader, task: TaskState, index: number, event: number, site: Site): void {
    const state = this.#state;
    const callee = state.sites.function(site.ip);
    const record = state.findings.record(`gp in reader ${event} ${callee}`, [], () => {
      const reader = state.classes.displayName(heldClass(task, index));
      return makeFinding({
        rule: 'rcu-wait-in-reader',
        message: `a grace period is waited for inside a reader (${reader}) that it waits for`,
        locks: [reader],
        where: state.sites.where(site),
        evidence: [
          evidence(`the reader began: ${reader}`, state.sites.where(heldSite(task, index))),
          evidence('a grace period is waited for', state.sites.where(site)),
        ],
        identity: [reader, callee],
        certain: true,
        detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
      });
    });
    record.confirmed++;
  }

  #checkOneWaiter(h: EventHeader, task: TaskState, hi: number, lo: number, name: number, site: Site): void {
    const state = this.#state;
    const key = `${hi}:${lo}`;
    const other = this.#rcuwaiters.get(key);
    if (other === undefined || other.task === task) {
      this.#rcuwaiters.set(key, { task, site });
      return;
    }
    const text = state.sites.name(name);
    const record = state.findings.record(`rcuwait ${text}`, [], () =>
      makeFinding({
        rule: 'rcuwait-many-waiters',
        message: `a second task waits on the rcuwait ${text}, which wakes one task only`,
        locks: [text],
        where: whereNow(state, h, site.ip),
        evidence: [
          evidence(`the first task waits on ${text}`, state.sites.where(other.site)),
          evidence(`the second task waits on ${text}`, state.sites.where(site)),
        ],
        identity: [text],
        certain: true,
        detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
      }),
    );
    record.confirmed++;
  }
}

interface End {
  cls: number;
  read?: number;
}

/** What a signal came after, and where it was sent. */
interface Signalled extends Need {
  readonly signal: Site;
}

/** All flavours of classic RCU share their grace periods; others go by the name of their readers' lock map. */
function eventName(state: LockdepState, name: number, kind: number): string {
  const text = state.sites.name(name);
  if (kind !== WaitKind.GracePeriod) return text;
  return /^rcu(_read_lock(_bh|_sched)?|_preempt|_sched|_bh|_state)?$/.test(text) ? 'rcu' : text;
}

/**
 * A cycle with an event in it: a wait under what its signaller needs; through a grace period, one under what a reader takes. `sites` are those
 * of the dependency from its last class to the first, which closes it.
 */
export function reportEventCycle(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  cycle: readonly number[],
  path: readonly number[],
  sites: DependencySites,
): void {
  const { classes } = state;
  const closing = { from: cycle[cycle.length - 1], to: cycle[0], sites };
  const smallest = cycle.indexOf(Math.min(...cycle));
  const ordered = [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
  const isGracePeriod = cycle.some((cls) => classes.eventKind(cls) === WaitKind.GracePeriod);
  const record = state.findings.record(`event cycle ${ordered.join(' ')}`, cycle, () => {
    const names = ordered.map((cls) => classes.displayName(cls));
    return makeFinding({
      rule: isGracePeriod ? 'rcu-wait-in-reader' : 'wait-event-cycle',
      message: `possible circular dependency through a wait: ${[...names, names[0]].join(' -> ')}`,
      locks: names,
      where: state.sites.where(sites.taken),
      evidence: [...pathEvidence(state, path), ...dependencyEvidence(state, closing)],
      identity: names,
      certain: true,
      detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
    });
  });
  record.confirmed++;
}
