/**
 * Usage states of a lock class (enum lock_usage_bit in kernel/locking/lockdep_internals.h).
 * A bit number is `kind << 2 | direction << 1 | read`.
 */
export const IrqKind = { HardIrq: 0, SoftIrq: 1 } as const;
export type IrqKind = (typeof IrqKind)[keyof typeof IrqKind];

export const UsageBit = {
  InHardIrq: 0,
  InHardIrqRead: 1,
  OnHardIrq: 2,
  OnHardIrqRead: 3,
  InSoftIrq: 4,
  InSoftIrqRead: 5,
  OnSoftIrq: 6,
  OnSoftIrqRead: 7,
} as const;

const READ = 1;
const ENABLED = 2;
const KINDS = 4;

/** Masks over the eight bits. */
export const Usage = {
  Write: 0b0101_0101,
  Read: 0b1010_1010,
  /** Taken in an interrupt. */
  UsedIn: 0b0011_0011,
  /** Held, or taken, with the interrupt enabled. */
  Enabled: 0b1100_1100,
} as const;

/** The bit for a class taken in (`enabled` false) or with (`enabled` true) an interrupt kind. */
export function usageBit(kind: IrqKind, enabled: boolean, read: boolean): number {
  return (kind << 2) | (enabled ? ENABLED : 0) | (read ? READ : 0);
}

export function isEnabledBit(bit: number): boolean {
  return (bit & ENABLED) !== 0;
}

export function isReadBit(bit: number): boolean {
  return (bit & READ) !== 0;
}

export function kindOfBit(bit: number): IrqKind {
  return bit & KINDS ? IrqKind.SoftIrq : IrqKind.HardIrq;
}

/**
 * The usages of the very same class that conflict with the new bit. A reader in an interrupt only conflicts with writers
 * outside and the other way round; a writer conflicts with both.
 */
export function conflictingInClass(bit: number): number {
  const opposite = 1 << ((bit & KINDS) | ((bit & ENABLED) ^ ENABLED));
  return isReadBit(bit) ? opposite : opposite | (opposite << 1);
}

/**
 * The usages of another class, reached by a strong dependency path, that conflict with these: the other direction of the
 * same interrupt kind, read or write alike (two classes are involved, so two readers can deadlock as well).
 */
export function exclusiveMask(mask: number): number {
  const inverted = ((mask & Usage.Enabled) >> 2) | ((mask & Usage.UsedIn) << 2);
  return inverted | ((inverted & Usage.Read) >> 1) | ((inverted & Usage.Write) << 1);
}

/**
 * Usage as lockdep prints it: a character for hardirq, hardirq-read, softirq, softirq-read;
 * `.` never, `-` in the interrupt, `+` with it enabled, `?` both.
 */
export function usageText(mask: number): string {
  let text = '';
  for (const bit of [UsageBit.InHardIrq, UsageBit.InHardIrqRead, UsageBit.InSoftIrq, UsageBit.InSoftIrqRead]) {
    const used = (mask >> bit) & 1;
    const enabled = (mask >> (bit | ENABLED)) & 1;
    text += enabled ? (used ? '?' : '+') : used ? '-' : '.';
  }
  return text;
}

/** `IN-HARDIRQ-W`, `SOFTIRQ-ON-R`, ...: the name that lockdep gives the state. */
export function usageBitName(bit: number): string {
  const kind = kindOfBit(bit) === IrqKind.HardIrq ? 'HARDIRQ' : 'SOFTIRQ';
  const access = isReadBit(bit) ? 'R' : 'W';
  return isEnabledBit(bit) ? `${kind}-ON-${access}` : `IN-${kind}-${access}`;
}
