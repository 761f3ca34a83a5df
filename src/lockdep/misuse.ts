import type { EventHeader } from '../model/events.js';
import {
  contextWords,
  describeHeld,
  describeStack,
  evidence,
  heldClass,
  heldSite,
  makeFinding,
  takenEvidence,
  whereNow,
} from './describe.js';
import type { FindingRecord } from './finding-collector.js';
import type { LockdepState } from './lockdep-state.js';
import type { TaskState } from './task-state.js';

/** A lock was taken under a nest lock that is not held. */
export function reportNestLockNotHeld(state: LockdepState, h: EventHeader, task: TaskState, index: number): void {
  const cls = heldClass(task, index);
  const site = heldSite(task, index);
  const callee = state.sites.function(site.ip);
  const record = state.findings.record(`nest ${cls} ${callee}`, [cls], () => {
    const name = state.classes.displayName(cls);
    return makeFinding({
      rule: 'nest-lock-not-held',
      message: `Nested lock was not taken: ${name} is taken under a nest lock that ${state.sites.task(task.comm, task.pid)} does not hold`,
      locks: [name],
      where: state.sites.where(site),
      evidence: [takenEvidence(state, task, index, 'is taken')],
      identity: [state.classes.stableName(cls), callee],
      certain: true,
      detail: {
        held: describeStack(state, task, index),
        wanted: describeHeld(state, task, index),
        context: contextWords(h, task.contextOf(index), false),
      },
    });
  });
  record.confirmed++;
}

/** A lock was released that the task does not hold: the caller confirms it when no missing acquisition explains it. */
export function unlockNotHeldRecord(state: LockdepState, h: EventHeader, task: TaskState, name: number): FindingRecord {
  const text = state.sites.name(name) || 'a lock of unknown name';
  const who = state.sites.task(task.comm, task.pid);
  return state.findings.record(`unlock ${text}`, [], () =>
    makeFinding({
      rule: 'unlock-not-held',
      message: `bad unlock balance detected: ${who} releases ${text}, which it does not hold`,
      locks: name === 0 ? [] : [text],
      where: whereNow(state, h, 0),
      evidence: [evidence(`${text} is released, but not held`, whereNow(state, h, 0))],
      identity: [text],
      certain: true,
      detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
    }),
  );
}

/** Memory was freed, or a lock in it re-initialised, while the lock at `index` lives there and is held. */
export function reportHeldLockFreed(state: LockdepState, h: EventHeader, task: TaskState, index: number): void {
  const cls = heldClass(task, index);
  const record = state.findings.record(`freed ${cls}`, [cls], () => {
    const name = state.classes.displayName(cls);
    return makeFinding({
      rule: 'held-lock-freed',
      message: `held lock freed: memory with ${name} in it is freed or re-initialised while the lock is held`,
      locks: [name],
      where: whereNow(state, h, 0),
      evidence: [
        takenEvidence(state, task, index, 'was taken'),
        evidence('its memory is freed or re-initialised', whereNow(state, h, 0)),
      ],
      identity: [state.classes.stableName(cls)],
      certain: true,
      detail: { held: describeStack(state, task), context: contextWords(h, task.contextOf(index), false) },
    });
  });
  state.claims.claimFinding(record, task, [index]);
}

/** A task went to sleep by its own will with spinning locks held, at `indices`. The caller confirms it. */
export function sleepRecord(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  indices: readonly number[],
): FindingRecord {
  const classes = indices.map((index) => heldClass(task, index));
  const callees = indices.map((index) => state.sites.function(heldSite(task, index).ip));
  return state.findings.record(`sleep ${classes.join(' ')} ${callees.join(' ')}`, classes, () => {
    const names = classes.map((cls) => state.classes.displayName(cls));
    return makeFinding({
      rule: 'sleep-in-atomic',
      message: `${state.sites.task(task.comm, task.pid)} goes to sleep while ${names.join(', ')} is held`,
      locks: names,
      where: whereNow(state, h, 0),
      evidence: [
        ...indices.map((index) => takenEvidence(state, task, index, 'was taken')),
        evidence('the task leaves its CPU by its own will', whereNow(state, h, 0)),
      ],
      identity: [...classes.map((cls) => state.classes.stableName(cls)), ...callees],
      certain: true,
      detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
    });
  });
}

/** A task ended, or went back to user space, with locks held. */
export function reportHeldAtExit(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  indices: readonly number[],
  how: string,
): void {
  const all = indices.map((index) => heldClass(task, index));
  // How many locks of a class it is differs from run to run.
  const classes = [...new Set(all)];
  const record = state.findings.record(`exit ${classes.join(' ')}`, classes, () => {
    const names = classes.map((cls) => state.classes.displayName(cls));
    const who = state.sites.task(task.comm, task.pid);
    const counted = classes.map((cls, i) => {
      const count = all.filter((other) => other === cls).length;
      return `${names[i]}${count > 1 ? ` (${count} of them)` : ''}`;
    });
    return makeFinding({
      rule: 'held-at-exit',
      message: `${who} ${how} with ${counted.join(', ')} still held`,
      locks: names,
      where: whereNow(state, h, 0),
      evidence: [
        ...indices.map((index) => takenEvidence(state, task, index, 'was taken')),
        evidence(`the task ${how}`, whereNow(state, h, 0)),
      ],
      identity: classes.map((cls) => state.classes.stableName(cls)),
      certain: classes.every((cls) => state.classes.isKindKnown(cls)),
      detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
    });
  });
  record.confirmed++;
}
