import { TaskState } from '../../model/events.js';
import { BRACKET_END, bytes, COLON, SPACE } from './ascii.js';
import type { Line } from './line.js';

const PREV_PID = bytes(' prev_pid=');
const PREV_PRIO = bytes(' prev_prio=');
const PREV_STATE = bytes(' prev_state=');
const NEXT_COMM = bytes(' ==> next_comm=');
const NEXT_PID = bytes(' next_pid=');
const ARROW = bytes(' ==> ');
const PRIO = bytes(' [');
const CHILD_COMM = bytes(' child_comm=');
const CHILD_PID = bytes(' child_pid=');
const PID = bytes(' pid=');

/** A task's state by the letters that sched_switch prints; `R+` was preempted, which is to be running. */
function taskState(letter: number): number {
  if (letter === 0x52) return TaskState.Running;
  // X and Z: dead and zombie. A lower-case x is parked in kernels since 4.14.
  return letter === 0x58 || letter === 0x5a ? TaskState.Dead : TaskState.Sleeping;
}

/**
 * `prev_comm=A prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=B next_pid=2 next_prio=120`, or, as trace-cmd and perf print
 * it with their plug-ins, `A:1 [120] S ==> B:2 [120]`. Comms hold anything of at most 15 characters.
 */
export function schedSwitch(line: Line): boolean {
  line.findEnd();
  let prevPid = -1;
  let at = line.find(line.pos, PREV_PID);
  // A comm may hold " prev_pid=9", but has no room for what follows the real one.
  while (at >= 0 && prevPid < 0) {
    const behind = line.decimal(at);
    if (behind >= 0 && line.literal(behind, PREV_PRIO) >= 0) prevPid = line.value;
    else at = line.find(at, PREV_PID);
  }
  if (at < 0) return shortSwitch(line);
  const state = line.find(at, PREV_STATE);
  const comm = state < 0 ? -1 : line.find(state, NEXT_COMM);
  const commEnd = comm < 0 ? -1 : line.findLast(comm, NEXT_PID);
  if (commEnd < 0 || line.decimal(commEnd + NEXT_PID.length) < 0) return false;
  const nextPid = line.value;
  const nextComm = line.names.internRange(line.buf, comm, commEnd);
  line.sink.schedSwitch(line.header, prevPid, taskState(line.buf[state]), nextPid, nextComm);
  return true;
}

function shortSwitch(line: Line): boolean {
  const buf = line.buf;
  // `[PRIO] STATE ==> `: the first such place, as a comm is too short to hold it all.
  let arrow = -1;
  let state = -1;
  for (let p = line.pos; p < line.end && arrow < 0; p++) {
    if (buf[p] !== BRACKET_END || buf[p + 1] !== SPACE) continue;
    state = p + 2;
    arrow = line.literal(line.wordEnd(state), ARROW);
  }
  if (arrow < 0) return false;
  if (pidBefore(line, line.pos, line.findLastBefore(line.pos, state, PRIO)) < 0) return false;
  const prevPid = line.value;
  const next = pidBefore(line, arrow, line.findLast(arrow, PRIO));
  if (next < 0) return false;
  const nextComm = line.names.internRange(buf, arrow, next);
  line.sink.schedSwitch(line.header, prevPid, taskState(buf[state]), line.value, nextComm);
  return true;
}

/** The pid of `COMM:PID` that ends at `end`, into the line's value; where its colon is, or -1. */
function pidBefore(line: Line, from: number, end: number): number {
  let p = end - 1;
  while (p > from && line.buf[p] >= 0x30 && line.buf[p] <= 0x39) p--;
  return p >= from && line.buf[p] === COLON && line.decimal(p + 1) >= 0 ? p : -1;
}

/** `comm=A pid=1 child_comm=B child_pid=2`, or with plug-ins the same. */
export function schedFork(line: Line): boolean {
  line.findEnd();
  const comm = line.find(line.pos, CHILD_COMM);
  const commEnd = comm < 0 ? -1 : line.findLast(comm, CHILD_PID);
  if (commEnd < 0 || line.decimal(commEnd + CHILD_PID.length) < 0) return false;
  line.sink.taskFork(line.header, line.value, line.names.internRange(line.buf, comm, commEnd));
  return true;
}

/** `comm=A pid=1 prio=120 ...`. */
export function schedExit(line: Line): boolean {
  line.findEnd();
  const pid = line.findLast(line.pos, PID);
  if (pid < 0 || line.decimal(pid + PID.length) < 0) return false;
  line.sink.taskExit(line.header, line.value);
  return true;
}
