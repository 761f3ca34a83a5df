import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { crossesArchitectures } from '../../../src/static/judge/architectures.js';

function through(...files: string[]): Finding {
  const [file = '', ...steps] = files;
  return {
    rule: 'invalid-wait-context',
    severity: 'error',
    confidence: 'certain',
    message: '',
    locks: [],
    where: { file },
    evidence: steps.map((step) => ({ what: '', where: { file: step } })),
    fingerprint: '',
    count: 1,
  };
}

describe('crossesArchitectures', () => {
  it.each([
    [['arch/x86/kernel/nmi.c', 'kernel/panic.c', 'arch/sparc/lib/atomic32.c'], true],
    [['/src/linux/arch/riscv/mm/context.c', '/src/linux/arch/sparc/lib/atomic32.c'], true],
    [['kernel/fork.c', 'arch/x86/kernel/nmi.c', 'arch/x86/mm/fault.c'], false],
    [['arch/arm/xen/p2m.c', 'arch/arm64/mm/mmu.c'], false],
    [['arch/um/kernel/irq.c', 'arch/x86/um/signal.c'], false],
    [['kernel/fork.c', 'drivers/search/alpha/a.c'], false],
  ])('%j: %s', (files, expected) => {
    expect(crossesArchitectures(through(...files))).toBe(expected);
  });
});
