import { TaskState } from '../../../model/events.js';
import { flagTable } from '../flag-table.js';
import { readPiece } from '../words.js';
import { type DecoderFactory, minWordsOf, numberField, stringField } from './decoder.js';

/** State bits since 4.14, for formats without a table: S D T t X Z P I. */
const DEFAULT_STATES = 0xff;
const DEFAULT_DEAD = 0x30;

export const schedSwitch: DecoderFactory = (context, format) => {
  const prevPid = numberField(context, format, 'prev_pid');
  const prevState = numberField(context, format, 'prev_state');
  const nextPid = numberField(context, format, 'next_pid');
  const prevComm = stringField(context, format, 'prev_comm');
  const nextComm = stringField(context, format, 'next_comm');
  if (!prevPid.present || !nextPid.present) return undefined;
  // Bits above the table's only say that the task was preempted, which is to be running.
  const table = flagTable(format.printFormat, 'prev_state');
  let states = table ? 0 : DEFAULT_STATES;
  let dead = table ? 0 : DEFAULT_DEAD;
  for (const { mask, name } of table ?? []) {
    states |= mask;
    if (name === 'X' || name === 'Z' || name === 'x') dead |= mask;
  }
  const { comms, sink, header } = context;
  return {
    minWords: minWordsOf(format),
    decode(words, base, length) {
      const prev = readPiece(words, base, prevPid.low);
      const next = readPiece(words, base, nextPid.low);
      if (prevComm) comms.learn(prev, prevComm.read(words, base, length));
      const comm = nextComm ? nextComm.read(words, base, length) : 0;
      comms.learn(next, comm);
      const bits = readPiece(words, base, prevState.low);
      const state = bits & dead ? TaskState.Dead : bits & states ? TaskState.Sleeping : TaskState.Running;
      sink.schedSwitch(header, prev, state, next, comm);
    },
  };
};

export const schedFork: DecoderFactory = (context, format) => {
  const child = numberField(context, format, 'child_pid');
  const comm = stringField(context, format, 'child_comm');
  if (!child.present) return undefined;
  return {
    minWords: minWordsOf(format),
    decode(words, base, length) {
      const pid = readPiece(words, base, child.low);
      context.sink.taskFork(context.header, pid, comm ? comm.read(words, base, length) : 0);
    },
  };
};

export const schedExit: DecoderFactory = (context, format) => {
  const pid = numberField(context, format, 'pid');
  if (!pid.present) return undefined;
  return {
    minWords: minWordsOf(format),
    decode: (words, base) => context.sink.taskExit(context.header, readPiece(words, base, pid.low)),
  };
};
