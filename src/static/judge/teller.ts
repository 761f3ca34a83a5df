import type { Evidence, Finding, Where } from '../../model/finding.js';
import type { Call, Leak, Leave, Moment } from '../walk/lock-state.js';
import { leavingEvidence } from './leaving.js';

/** Tells what engines found in terms of the sources: places instead of times, and the calls that lead there. */
export class Teller {
  readonly #moments: ReadonlyMap<number, Moment>;
  readonly #leaks: ReadonlyMap<number, Leak>;
  readonly #left: ReadonlyMap<number, readonly Leave[]>;

  /**
   * @param moments operations by the time of their events
   * @param leaks how locks got out of functions, by the same
   * @param left returns that let locks out, by the moment at which somebody ends with them
   */
  constructor(
    moments: ReadonlyMap<number, Moment>,
    left: ReadonlyMap<number, readonly Leave[]>,
    leaks: ReadonlyMap<number, Leak>,
  ) {
    this.#moments = moments;
    this.#leaks = leaks;
    this.#left = left;
  }

  placed(finding: Finding): Finding {
    const { detail: _, ...rest } = finding;
    const isExit = finding.rule === 'held-at-exit';
    // A report's own steps carry no time: its place is the finding's.
    const given =
      finding.rule === 'assertion-failed' ? [{ what: finding.message, where: finding.where }] : finding.evidence;
    let above: readonly Evidence[] = [];
    const evidence = given.flatMap((step) => {
      const { calls, last } = this.#steps(step, finding);
      const known = calls.findIndex((call, i) => !isSameCall(call, above[i]));
      above = calls;
      const moment = this.#momentOf(step.where);
      const left = leavingEvidence((isExit && moment && this.#left.get(moment.id)) || []);
      // Where a task ends that is told there.
      const gone = leavingEvidence(
        (!isExit && step !== given.at(-1) && moment && this.#leaks.get(moment.id)?.leaves) || [],
      );
      if (left.length + gone.length > 0) above = [];
      return [...left, ...(known < 0 ? [] : calls.slice(known)), last, ...gone];
    });
    const where = isExit ? (finding.evidence[0]?.where ?? finding.where) : finding.where;
    const { task = '' } = finding.where;
    // Numbers of tasks are made up here.
    const message = task === '' ? finding.message : finding.message.replaceAll(task, task.replace(/-\d+$/, ''));
    return { ...rest, message, count: 1, where: this.#place(where), evidence };
  }

  #momentOf(where: Where): Moment | undefined {
    return where.time === undefined ? undefined : this.#moments.get(Math.round(where.time * 1e9));
  }

  /** Where a finding stands: of what happens in an installed package at the call that leads into it. */
  #place(where: Where): Where {
    const moment = this.#momentOf(where);
    const call = moment === undefined ? undefined : usersCall(moment);
    if (call?.parent === undefined) return this.#where(where);
    return { file: call.parent.file, line: call.line, function: call.parent.function };
  }

  #where(where: Where): Where {
    const moment = this.#momentOf(where);
    if (moment === undefined) return { file: where.file ?? '' };
    // The end of a task has no line of its own.
    return { file: moment.file, ...(moment.line !== 0 && { line: moment.line }), function: moment.function };
  }

  /** A step of evidence, and the calls that lead there. */
  #steps(step: Evidence, finding: Finding): { readonly calls: readonly Evidence[]; readonly last: Evidence } {
    const moment = this.#momentOf(step.where);
    if (moment === undefined)
      return { calls: [], last: { what: step.what, where: { file: finding.where.file ?? '' } } };
    const calls: Evidence[] = [];
    for (let at = moment.call; at.parent !== undefined; at = at.parent) {
      const { parent } = at;
      calls.unshift({
        what: `${nameOf(parent)} calls ${nameOf(at)}`,
        where: { file: parent.file, line: at.line, function: parent.function },
      });
    }
    return {
      calls: calls.filter((call) => call.where.line !== 0),
      last: { what: step.what, where: this.#where(step.where) },
    };
  }
}

/** Told with the step before. */
function isSameCall({ what, where }: Evidence, other: Evidence | undefined): boolean {
  return what === other?.what && where.file === other.where.file && where.line === other.where.line;
}

/** The call by which the user's own code gets into an installed package; undefined where it does not. */
function usersCall(moment: Moment): Call | undefined {
  let call: Call | undefined = moment.call;
  while (call?.parent !== undefined && isPackaged(call.file) && isPackaged(call.parent.file)) call = call.parent;
  return call !== undefined && isPackaged(call.file) ? call : undefined;
}

function isPackaged(file: string): boolean {
  return /(?:^|\/)node_modules\//.test(file);
}

function nameOf(call: Call): string {
  return call.function === '' ? 'a callback' : `${call.function}()`;
}
