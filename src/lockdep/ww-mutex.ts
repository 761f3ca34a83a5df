import type { EventHeader, LockAcquire } from '../model/events.js';
import { WaitType } from '../model/wait-type.js';
import { contextWords, describeStack, evidence, heldClass, makeFinding, takenEvidence, whereNow } from './describe.js';
import type { LockdepState } from './lockdep-state.js';
import { HELD_STRIDE, Held, type TaskState } from './task-state.js';
import type { WwState } from './ww-state.js';

/** A blocking acquisition under a nest lock, before it is put on the stack. */
export function wwAcquire(state: LockdepState, h: EventHeader, task: TaskState, a: LockAcquire, cls: number): void {
  const ww = task.ww;
  // Spinning locks keep preemption off all the time, which looks like an attempt that failed.
  if (a.trylock || state.classes.waitInner(cls) !== WaitType.Sleep) return;
  // An acquire context is no lock itself.
  const nest = task.find(a.nestHi, a.nestLo);
  if (nest >= 0 && state.classes.isReal(heldClass(task, nest))) return;
  if ((ww.contextHi !== 0 || ww.contextLo !== 0) && ww.contextHi === a.nestHi && ww.contextLo === a.nestLo) {
    const isContended = ww.contendedHi === a.hi && ww.contendedLo === a.lo;
    const others = coveredBy(task, a.nestHi, a.nestLo);
    if (!isContended || others.length > 0) reportNoBackOff(state, h, task, cls, a.ip, others);
    clearBackOff(ww);
  }
  ww.attemptHi = a.hi;
  ww.attemptLo = a.lo;
  ww.attemptDepth = h.preemptDepth;
}

/**
 * A release, before it takes effect. Released at the preemption depth of its own acquisition, the mutex was given up inside the
 * lock function, which disables preemption: the attempt failed.
 */
export function wwRelease(h: EventHeader, task: TaskState, index: number, hi: number, lo: number): void {
  const ww = task.ww;
  if (ww.attemptLo === 0 && ww.attemptHi === 0) return; // no lock was ever taken under a nest lock
  const at = index * HELD_STRIDE;
  const nestHi = task.held[at + Held.NestHi];
  const nestLo = task.held[at + Held.NestLo];
  if (nestHi !== 0 || nestLo !== 0) {
    if (ww.attemptLo === lo && ww.attemptHi === hi && ww.attemptDepth > 0 && ww.attemptDepth === h.preemptDepth) {
      ww.contextHi = nestHi;
      ww.contextLo = nestLo;
      ww.contendedHi = hi;
      ww.contendedLo = lo;
    }
    return;
  }
  if (ww.contextHi === hi && ww.contextLo === lo) clearBackOff(ww);
}

/** A release out of order, before it takes effect: no lock that the released one serialises may still be held. */
export function checkNestReleased(state: LockdepState, h: EventHeader, task: TaskState, index: number): void {
  const at = index * HELD_STRIDE;
  const hi = task.held[at + Held.InstanceHi];
  const lo = task.held[at + Held.InstanceLo];
  const covered = coveredBy(task, hi, lo).filter((other) => other > index);
  if (covered.length > 0) reportContextEnded(state, h, task, index, covered);
}

function clearBackOff(ww: WwState): void {
  ww.contextHi = 0;
  ww.contextLo = 0;
  ww.contendedHi = 0;
  ww.contendedLo = 0;
}

/** Holdings under the nest lock. */
function coveredBy(task: TaskState, nestHi: number, nestLo: number): number[] {
  const covered: number[] = [];
  for (let index = 0; index < task.depth; index++) {
    const at = index * HELD_STRIDE;
    if (task.held[at + Held.NestLo] === nestLo && task.held[at + Held.NestHi] === nestHi) covered.push(index);
  }
  return covered;
}

function reportNoBackOff(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  cls: number,
  ip: number,
  others: readonly number[],
): void {
  const name = state.classes.displayName(cls);
  const callee = state.sites.function(ip);
  const record = state.findings.record(`ww ${cls} ${callee}`, [cls], () =>
    makeFinding({
      rule: 'recursive-lock',
      message: `possible recursive locking detected: after a back-off, ${name} is taken before the contended mutex of its acquire context`,
      locks: [name],
      where: whereNow(state, h, ip),
      evidence: [
        ...others.map((index) => takenEvidence(state, task, index, 'is still held')),
        evidence(`another ${name} is taken instead of the contended one`, whereNow(state, h, ip)),
      ],
      identity: [state.classes.stableName(cls), callee, 'back-off'],
      certain: true,
      detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
    }),
  );
  record.confirmed++;
}

function reportContextEnded(
  state: LockdepState,
  h: EventHeader,
  task: TaskState,
  index: number,
  covered: readonly number[],
): void {
  const nest = state.classes.displayName(heldClass(task, index));
  const classes = [heldClass(task, index), ...covered.map((below) => heldClass(task, below))];
  const record = state.findings.record(`nest end ${classes.join(' ')}`, classes, () => {
    const name = state.classes.displayName(classes[1]);
    return makeFinding({
      rule: 'nest-lock-not-held',
      message: `Nested lock was not taken: ${nest} is released while ${name}, which it serialises, is still held`,
      locks: [nest, name],
      where: whereNow(state, h, 0),
      evidence: [
        ...covered.map((below) => takenEvidence(state, task, below, 'was taken')),
        evidence(`${nest} is released`, whereNow(state, h, 0)),
      ],
      identity: [state.classes.stableName(classes[0]), state.classes.stableName(classes[1])],
      certain: true,
      detail: { held: describeStack(state, task), context: contextWords(h, 0, false) },
    });
  });
  state.claims.claimFinding(record, task, covered);
}
