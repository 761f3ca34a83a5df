import { Ctx } from '../../model/events.js';

/** Bits of `common_flags` that never changed meaning. */
const IRQS_OFF = 0x01;
const NEED_RESCHED = 0x04;
const HARDIRQ = 0x08;
const SOFTIRQ = 0x10;
const PREEMPT_RESCHED = 0x20;
const NMI = 0x40;
/** Interrupt flags are not traced (until 6.12), or rescheduling is asked for lazily (since 6.13). */
const NO_SUPPORT_OR_LAZY = 0x02;
const BH_OFF = 0x80;

/** What `common_flags` and `common_preempt_count` mean on one kernel. */
export interface ContextTables {
  /** {@link Ctx} bits of every value of common_flags. */
  context: Uint16Array;
  /** Preemption depth of every value of common_preempt_count. */
  preemptDepth: Uint8Array;
}

/** Builds the tables for a kernel release such as `6.1.192`; an unknown release is taken for a recent one without promises. */
export function contextTables(release: string | undefined): ContextTables {
  const version = versionNumber(release);
  const bhKnown = version !== undefined && version >= 5018;
  const lazy = version !== undefined && version >= 6013;
  // The upper half of the count is the migrate-disable depth since 5.14.
  const depthMask = version !== undefined && version < 5014 ? 0xff : 0x0f;
  const context = new Uint16Array(256);
  for (let flags = 0; flags < 256; flags++) {
    let bits = 0;
    if (lazy || (flags & NO_SUPPORT_OR_LAZY) === 0) bits |= Ctx.Known;
    if (flags & IRQS_OFF) bits |= Ctx.HardIrqsOff;
    if (flags & (NEED_RESCHED | PREEMPT_RESCHED) || (lazy && flags & NO_SUPPORT_OR_LAZY)) bits |= Ctx.NeedResched;
    if (flags & HARDIRQ) bits |= Ctx.HardIrq;
    if (flags & SOFTIRQ) bits |= Ctx.SoftIrq;
    if (flags & NMI) bits |= Ctx.Nmi;
    if (bhKnown) bits |= Ctx.BhKnown | (flags & BH_OFF ? Ctx.BhOff : 0);
    context[flags] = bits;
  }
  return { context, preemptDepth: Uint8Array.from({ length: 256 }, (_, count) => count & depthMask) };
}

/** 6.1.192 is 6001; undefined when the text does not begin with two numbers. */
function versionNumber(release: string | undefined): number | undefined {
  const match = /^(\d+)\.(\d+)/.exec(release ?? '');
  return match ? Number(match[1]) * 1000 + Number(match[2]) : undefined;
}
