import { Ctx, type EventHeader } from '../../model/events.js';

/** The head of ftrace's `trace` files; the legend tells readers what the flags column holds. */
export const HEADING = `# tracer: nop
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;

/** Says in the heading that a simulated kernel was recorded; its key of classes that are never validated follows. */
export const SIMULATION_HEAD = '# lockvet simulation, no_validate=';

/** An address as the kernel prints pointers. */
export function address(hi: number, lo: number): string {
  const half = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return half(hi) + half(lo);
}

/** Text that fits into a line: control characters would end it or hide in it. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** Nanoseconds as seconds with nine digits behind the point; ticks of a clock without unit as they are. */
export function timestamp(time: number, ticksPerSecond: number): string {
  if (ticksPerSecond !== 1e9) return String(time);
  const seconds = Math.floor(time / 1e9);
  return `${seconds}.${String(time - seconds * 1e9).padStart(9, '0')}`;
}

/** Greatest preemption depth that one character tells. */
const MAX_DEPTH = 35;

/**
 * The flags column. Characters that the kernel does not have say what it always knows: `?` unknown, `x` and `,`
 * interrupts off and on where bottom halves are unknown; depths above 15 are letters from g on.
 */
export function flagsColumn(h: EventHeader): string {
  const { context, preemptDepth } = h;
  const depth = preemptDepth < 0 ? '?' : preemptDepth === 0 ? '.' : Math.min(preemptDepth, MAX_DEPTH).toString(36);
  const resched = context & Ctx.NeedResched ? 'N' : '.';
  if ((context & Ctx.Known) === 0) return `?${resched}?${depth}.`;
  return `${irqsCharacter(context)}${resched}${interruptCharacter(context)}${depth}.`;
}

function irqsCharacter(context: number): string {
  const off = (context & Ctx.HardIrqsOff) !== 0;
  if ((context & Ctx.BhKnown) === 0) return off ? 'x' : ',';
  if ((context & Ctx.BhOff) !== 0) return off ? 'D' : 'b';
  return off ? 'd' : '.';
}

function interruptCharacter(context: number): string {
  const hardirq = (context & Ctx.HardIrq) !== 0;
  if (context & Ctx.Nmi) return hardirq ? 'Z' : 'z';
  if (context & Ctx.SoftIrq) return hardirq ? 'H' : 's';
  return hardirq ? 'h' : '.';
}
