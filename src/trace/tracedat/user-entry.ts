import type { Symbols } from './symbols.js';

/** Functions of the generic entry code that run only on the way from or to user mode. */
export const USER_ENTRY_FUNCTIONS: readonly string[] = [
  'syscall_enter_from_user_mode',
  'syscall_enter_from_user_mode_prepare',
  'syscall_exit_to_user_mode',
  'irqentry_enter_from_user_mode',
  'irqentry_exit_to_user_mode',
  'enter_from_user_mode',
  'exit_to_user_mode',
];

/** Tells whether a code address lies in one of {@link USER_ENTRY_FUNCTIONS}, and resolves `_stext` offsets. */
export class UserEntry {
  readonly #symbols: Symbols;
  /** Answers by the offset from `_stext`, as events carry it. */
  readonly #known = new Map<number, boolean>();
  /** Start of the kernel's text; undefined when the recording has no symbols. */
  readonly textStart: { hi: number; lo: number } | undefined;

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    this.textStart = symbols.address('_stext');
  }

  /** Whether the address at this signed distance from `_stext` belongs to the entry code. */
  contains(textOffset: number): boolean {
    const known = this.#known.get(textOffset);
    if (known !== undefined) return known;
    const found = this.textStart && this.#symbols.find(this.highOf(textOffset), this.lowOf(textOffset));
    const answer = found !== undefined && USER_ENTRY_FUNCTIONS.includes(found.name);
    if (this.#known.size < 1_000_000) this.#known.set(textOffset, answer);
    return answer;
  }

  /** Low half of the address. */
  lowOf(textOffset: number): number {
    return ((this.textStart?.lo ?? 0) + textOffset) | 0;
  }

  /** High half of the address. */
  highOf(textOffset: number): number {
    if (!this.textStart) return 0;
    const sum = (this.textStart.lo >>> 0) + textOffset;
    return (this.textStart.hi + Math.floor(sum / 4294967296)) | 0;
  }
}
