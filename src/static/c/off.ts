/** Kinds of contexts by what is switched off. Page faults off (kmap_atomic) is atomic, but on PREEMPT_RT preemption stays on: forbids sleeping as bh-off does, not memory. */
export const OFF = { irq: 'irq-off', bh: 'bh-off', preempt: 'preempt-off', fault: 'bh-off' } as const;

/** The path of a context that is switched off. */
export const offPath = (what: keyof typeof OFF): string => (what === 'fault' ? '!fault' : `!${OFF[what]}`);
