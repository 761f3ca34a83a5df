import { depKindNames } from '../lockdep/dependency-graph.js';
import { usageText, type Validator } from '../lockdep/index.js';
import type { LockdepState } from '../lockdep/lockdep-state.js';
import type { Finding, Where } from '../model/finding.js';
import type { Dependency, LockClass, LockGraph } from '../model/lock-graph.js';
import { countOccurrences, type Occurrences, type OccurrenceTable, pairKey } from './chain-counts.js';
import { identityOf } from './class-identity.js';
import { reachCounter } from './reach.js';

/**
 * The lock graph that a validator built: its classes and dependencies, with those that were reported because they close a cycle. `place` puts a place into terms
 * of the recording that it is in. Ask after the recording's end.
 */
export function lockGraphOf(validator: Validator, place: (where: Where) => Where = (where) => where): LockGraph {
  const { state } = validator;
  const occurrences = countOccurrences(state);
  const classes = classesOf(state);
  const dependencies = [...keptDependencies(state, occurrences), ...cyclesClosed(validator, occurrences)];
  const placed = dependencies.map((one) => ({ ...one, held: place(one.held), taken: place(one.taken) }));
  return { classes, dependencies: placed };
}

function classesOf(state: LockdepState): LockClass[] {
  const { classes, graph } = state;
  const reachOf = reachCounter(graph, classes.size);
  return Array.from({ length: classes.size }, (_, id) => ({
    id,
    ...identityOf(state, id),
    usage: usageText(classes.observedUsage(id)),
    waitOuter: classes.waitOuter(id),
    waitInner: classes.waitInner(id),
    acquisitions: classes.acquisitions(id),
    // Worked out when asked for: only one layout shows it, and it takes time that grows with the square of the graph.
    get reach() {
      return reachOf(id);
    },
  }));
}

function* keptDependencies(state: LockdepState, occurrences: OccurrenceTable): Generator<Dependency> {
  const { graph, sites } = state;
  for (let edge = 0; edge < graph.edgeLimit; edge++) {
    if (graph.kindsOf(edge) === 0) continue;
    const from = graph.fromOf(edge);
    const to = graph.toOf(edge);
    const { held, taken } = graph.sitesOf(edge);
    yield {
      from,
      to,
      kinds: depKindNames(graph.kindsOf(edge)),
      // A dependency on an event that tasks wait for is no lock chain: it is known to have occurred, not how often.
      count: occurrences.get(pairKey(from, to))?.count ?? 1,
      direct: graph.isDirect(edge),
      closesCycle: false,
      held: sites.where(held),
      taken: sites.where(taken),
    };
  }
}

/** Findings that name the classes of a cycle in order. */
const CYCLES = new Set(['lock-order-cycle', 'wait-event-cycle', 'rcu-wait-in-reader']);

/** A cycle consists of dependencies that the graph has and of the one that closed it, which it has not. */
function* cyclesClosed(validator: Validator, occurrences: OccurrenceTable): Generator<Dependency> {
  const { classes, graph } = validator.state;
  const ids = new Map(Array.from({ length: classes.size }, (_, id) => [classes.displayName(id), id]));
  const seen = new Set<number>();
  for (const finding of validator.findings()) {
    if (!CYCLES.has(finding.rule)) continue;
    const cycle = finding.locks.map((name) => ids.get(name));
    for (const [at, to] of cycle.entries()) {
      const from = cycle.at(at - 1);
      if (from === undefined || to === undefined || from === to || graph.find(from, to) >= 0) continue;
      const key = pairKey(from, to);
      if (seen.has(key)) continue;
      seen.add(key);
      yield closing(finding, from, to, occurrences.get(key));
    }
  }
}

function closing(finding: Finding, from: number, to: number, occurred: Occurrences | undefined): Dependency {
  const isOrder = finding.rule === 'lock-order-cycle';
  return {
    from,
    to,
    // What depends on a wait does so exclusively and not recursively.
    kinds: occurred === undefined ? ['EN'] : depKindNames(occurred.kinds),
    count: occurred?.count ?? finding.count,
    direct: true,
    closesCycle: true,
    held: (isOrder && finding.evidence.at(-2)?.where) || {},
    taken: finding.evidence.at(-1)?.where ?? finding.where,
  };
}
