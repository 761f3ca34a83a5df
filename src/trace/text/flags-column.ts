import { Ctx } from '../../model/events.js';

/** Bits of one character of the column by character code; -1 where the character has no such meaning. */
function table(bits: Readonly<Record<string, number>>): Int16Array {
  const of = new Int16Array(256).fill(-1);
  for (const [characters, value] of Object.entries(bits)) for (const c of characters) of[c.charCodeAt(0)] = value;
  return of;
}

/** Marks bits of {@link IRQS} that prove that the kernel prints whether bottom halves are off (since 5.18). */
const SAYS_BH = 1 << 14;

/** The irqs-off column. `X`: the architecture does not tell. `?` `x` `,`: written by lockvet where less is known. */
const IRQS = table({
  '.': Ctx.Known,
  d: Ctx.Known | Ctx.HardIrqsOff,
  bB: Ctx.Known | Ctx.BhOff | SAYS_BH,
  D: Ctx.Known | Ctx.HardIrqsOff | Ctx.BhOff | SAYS_BH,
  'X?': 0,
  x: Ctx.Known | Ctx.HardIrqsOff,
  ',': Ctx.Known,
});
/** Characters that say nothing of bottom halves, whatever the file's other lines say. */
const NEVER_BH = table({ 'X?x,': 1 });
const NEED_RESCHED = table({ '.-': 0, NnplLbB: Ctx.NeedResched, '?': 0 });
const INTERRUPT = table({
  '.': 0,
  '?': 0,
  s: Ctx.SoftIrq,
  h: Ctx.HardIrq,
  H: Ctx.HardIrq | Ctx.SoftIrq,
  z: Ctx.Nmi,
  Z: Ctx.Nmi | Ctx.HardIrq,
});
/** Preemption depths: digits, hexadecimal since 5.12; the letters above are lockvet's own. */
const DEPTH = table({ '.': 0 });
for (let depth = 0; depth < 36; depth++) DEPTH[depth.toString(36).charCodeAt(0)] = depth;

/** Which character of the column says what; -1 where none does. */
interface Layout {
  resched: number;
  interrupt: number;
  depth: number;
}
/** Mainline kernels, with and without the migrate-disable character behind it. */
const MAINLINE: Layout = { resched: 1, interrupt: 2, depth: 3 };
/** PREEMPT_RT patches before 5.12 put a lazy need-resched character before the interrupt character. */
const LAZY: Layout = { resched: 1, interrupt: 3, depth: 4 };

/**
 * Reads the flags column between `[CPU]` and the timestamp, as `irqs-off/BH-disabled, need-resched, hardirq/softirq,
 * preempt-depth, migrate-disable`; older and patched kernels have fewer or more characters.
 */
export class FlagsColumn {
  /** {@link Ctx} bits of the column last read. */
  context = 0;
  /** Preemption depth of the column last read. */
  depth = -1;
  /** Whether this recording's columns tell if bottom halves are off: its legend says so, or one of its lines did. */
  #tellsBh = false;
  /** As the recording's legend says; undefined where there is none: then the length tells. */
  #legend: Layout | undefined;
  #rows: string[] = [];

  /** Takes a comment line of the recording's head, which may be a row of the column's legend. */
  legend(text: string): void {
    const row = /^#[\s|/]*_-+=> (\S+)/.exec(text);
    if (!row) {
      if (this.#rows.length > 0) this.#useLegend();
      return;
    }
    this.#rows.push(row[1]);
  }

  #useLegend(): void {
    const index = (word: string): number => this.#rows.findIndex((row) => row.startsWith(word));
    this.#tellsBh ||= this.#rows.some((row) => row.includes('BH'));
    const interrupt = index('hardirq/softirq');
    const depth = index('preempt-depth');
    if (interrupt > 0 && depth > 0) this.#legend = { resched: index('need-resched'), interrupt, depth };
    this.#rows = [];
  }

  /** Reads the column at [start, end) of `buf`; false when it is none. */
  read(buf: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const layout = this.#legend ?? (length <= 5 ? MAINLINE : LAZY);
    if (length <= layout.depth) return false;
    const first = buf[start];
    const irqs = IRQS[first];
    const resched = NEED_RESCHED[buf[start + layout.resched]];
    const interrupt = INTERRUPT[buf[start + layout.interrupt]];
    const depthChar = buf[start + layout.depth];
    const depth = DEPTH[depthChar];
    if ((irqs | resched | interrupt) < 0 || (depth < 0 && depthChar !== 0x3f)) return false;
    let context = (irqs & ~SAYS_BH) | resched | interrupt;
    if (irqs & SAYS_BH) this.#tellsBh = true;
    if (this.#tellsBh && NEVER_BH[first] < 0) context |= Ctx.BhKnown;
    this.context = context;
    this.depth = depth;
    return true;
  }
}
