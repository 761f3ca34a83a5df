import { WaitKind } from '../model/events.js';
import type { Evidence } from '../model/finding.js';
import type { DependencySites } from './dependency-graph.js';
import { evidence } from './describe.js';
import type { LockdepState } from './lockdep-state.js';

/** What becomes of events that nobody signals. */
const ENDS: ReadonlyMap<number, string> = new Map([
  [WaitKind.Work, 'was over'],
  [WaitKind.GracePeriod, 'ended'],
]);

/** A dependency that is not in the graph: the one that would close a cycle. */
export interface Closing {
  readonly from: number;
  readonly to: number;
  readonly sites: DependencySites;
}

/** The steps of a path of dependencies: where each lock was taken, what was taken or waited for inside, what it is that waiters need. */
export function pathEvidence(state: LockdepState, path: readonly number[]): Evidence[] {
  const { graph } = state;
  return path.flatMap((edge) =>
    dependencyEvidence(state, { from: graph.fromOf(edge), to: graph.toOf(edge), sites: graph.sitesOf(edge) }),
  );
}

/** The steps of one dependency. */
export function dependencyEvidence(state: LockdepState, { from, to, sites }: Closing): Evidence[] {
  const { classes } = state;
  const outer = classes.displayName(from);
  const inner = classes.displayName(to);
  const held = state.sites.where(sites.held);
  const taken = state.sites.where(sites.taken);
  const isWait = classes.eventKind(to) !== undefined;
  const met = `${inner} was ${isWait ? 'waited for' : 'taken'}`;
  const event = classes.eventKind(from);
  if (event === undefined)
    return [evidence(`${outer} was taken`, held), evidence(`${met} while ${outer} was held`, taken)];
  if (sites.isReader === true) return [evidence(`a reader began: ${outer}`, held), evidence(`${met} inside it`, taken)];
  const ends = `${outer} ${ENDS.get(event) ?? 'was signalled'}`;
  return [evidence(`${met} before ${ends}`, taken), evidence(ends, held)];
}
