import type { EventHeader } from '../../../model/events.js';
import { fieldNamed } from '../format-text.js';
import { readPiece } from '../words.js';
import { type DecodeContext, type DecoderFactory, minWordsOf, numberField, stringField } from './decoder.js';

type Switch = (context: DecodeContext, ip: number) => void;

/**
 * preemptirq events: caller and its caller, as signed distances from `_stext`. In the entry code they also tell that the
 * task goes to or comes from user mode.
 */
const preemptIrq =
  (call: Switch): DecoderFactory =>
  (context, format) => {
    const caller = numberField(context, format, 'caller_offs');
    const parent = numberField(context, format, 'parent_offs');
    if (!caller.present) return undefined;
    const { userEntry, names } = context;
    return {
      minWords: minWordsOf(format),
      decode(words, base) {
        const callerOffset = readPiece(words, base, caller.low);
        const site = userEntry.textStart
          ? names.internCallSite(userEntry.highOf(callerOffset), userEntry.lowOf(callerOffset))
          : 0;
        call(context, site);
        if (
          userEntry.contains(callerOffset) ||
          (parent.present && userEntry.contains(readPiece(words, base, parent.low)))
        ) {
          context.sink.userMode(context.header);
        }
      },
    };
  };

export const irqEnable = preemptIrq((c, ip) => c.sink.hardirqsOn(c.header, ip));
export const irqDisable = preemptIrq((c, ip) => c.sink.hardirqsOff(c.header, ip));
export const preemptEnable = preemptIrq((c, ip) => c.sink.preemptOn(c.header, ip));
export const preemptDisable = preemptIrq((c, ip) => c.sink.preemptOff(c.header, ip));

export const irqHandlerEntry: DecoderFactory = (context, format) => {
  const irq = numberField(context, format, 'irq');
  const name = stringField(context, format, 'name');
  return {
    minWords: minWordsOf(format),
    decode(words, base, length) {
      const id = name ? name.read(words, base, length) : 0;
      context.sink.hardirqEntry(context.header, readPiece(words, base, irq.low), id);
    },
  };
};

type Numbered = (context: DecodeContext, header: EventHeader, value: number) => void;

/** Events with one number to hand on. */
const numbered =
  (field: string, call: Numbered): DecoderFactory =>
  (context, format) => {
    const value = numberField(context, format, field);
    return {
      minWords: minWordsOf(format),
      decode: (words, base) => call(context, context.header, readPiece(words, base, value.low)),
    };
  };

export const irqHandlerExit = numbered('irq', (c, header, irq) => c.sink.hardirqExit(header, irq));
export const softirqEntry = numbered('vec', (c, header, vector) => c.sink.softirqEntry(header, vector));
export const softirqExit = numbered('vec', (c, header, vector) => c.sink.softirqExit(header, vector));

/** sys_enter and sys_exit: the task holds no kernel lock there. */
export const systemCall: DecoderFactory = (context, format) =>
  fieldNamed(format, 'id') && {
    minWords: minWordsOf(format),
    decode: () => context.sink.userMode(context.header),
  };
