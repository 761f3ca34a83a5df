import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gfp } from '../../../src/model/gfp.js';
import { constantValue } from '../../../src/trace/tracedat/constant.js';
import { flagTable, GfpTranslation } from '../../../src/trace/tracedat/flag-table.js';

describe('constant expressions', () => {
  it.each([
    ['0x400u|0x800u', 0xc00],
    ['( unsigned long)((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u))', 0xc40],
    ['((( gfp_t)0xc40u) & ~(( gfp_t)(0x400u|0x800u))) | (( gfp_t)0x400u)', 0x440],
    ['(1U << 3)', 8],
    ['((((1UL))) << (28))', 1 << 28],
    ['((0x40 + 1) << 1) - 1', 0x81],
    ['1 << 31', 2 ** 31],
    ['~0', 2 ** 32 - 1],
    ['(struct page *)16', 16],
    ['2 * 3 + 1', 7],
    ['!0', 1],
  ])('%s', (text, value) => expect(constantValue(text)).toBe(value));

  it.each(['', '___GFP_DMA_BIT', '(1', '1)', '1 +', '1 << ___GFP_IO_BIT', '"x"', '('.repeat(5000) + '1'])(
    'no constant: %#',
    (text) => expect(constantValue(text)).toBeUndefined(),
  );

  it('agree with JavaScript on what both can say', () => {
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        fc.nat(0xffff).map(String),
        fc
          .tuple(tie('expression'), fc.constantFrom('|', '&', '^', '+'), tie('expression'))
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
        tie('expression').map((a) => `~(${a})`),
      ),
    }));
    fc.assert(
      fc.property(expression, (text) => {
        expect(constantValue(text)).toBe((new Function(`return (${text}) >>> 0`) as () => number)());
      }),
    );
  });
});

const PRINT = `"gfp_flags=%s", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, "|", {( unsigned long)((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u)), "GFP_KERNEL"}, {( unsigned long)(( gfp_t)0x40000u), "__GFP_NEW_NAME"}, { 0x2000u, "__GFP_NOWARN" }) : "none"`;

describe('flag tables', () => {
  it('are found by the field they print', () => {
    const other = `__print_flags(REC->flags, "|", { 1, "SPIN" }), ${PRINT}`;
    expect(flagTable(other, 'gfp_flags')).toEqual([
      { mask: 0xcc0, name: 'GFP_KERNEL' },
      { mask: 0x40000, name: '__GFP_NEW_NAME' },
      { mask: 0x2000, name: '__GFP_NOWARN' },
    ]);
    expect(flagTable(other, 'flags')).toEqual([{ mask: 1, name: 'SPIN' }]);
    expect(flagTable(other, 'prev_state')).toBeUndefined();
  });

  it('with names that the kernel left unresolved are no tables', () => {
    expect(
      flagTable('__print_flags(REC->gfp_flags, "|", {1 << ___GFP_IO_BIT, "__GFP_IO"})', 'gfp_flags'),
    ).toBeUndefined();
  });

  it('translate the bits of their kernel', () => {
    const translation = new GfpTranslation(flagTable(PRINT, 'gfp_flags'));
    expect(translation.canonical(0)).toBe(0);
    expect(translation.canonical(0xcc0)).toBe(Gfp.GFP_KERNEL);
    expect(translation.canonical(0x2cc0)).toBe(Gfp.GFP_KERNEL | Gfp.NOWARN);
    // A flag with an unknown name, and one that the table does not have.
    expect(translation.canonical(0x40000)).toBe(Gfp.UNKNOWN);
    expect(translation.canonical(0x40)).toBe(Gfp.UNKNOWN);
  });

  it('are those of 6.1 where the recording has none', () => {
    const translation = new GfpTranslation(undefined);
    expect(translation.canonical(0xcc0)).toBe(Gfp.GFP_KERNEL);
    expect(translation.canonical(0xa20)).toBe(Gfp.GFP_ATOMIC);
    expect(translation.canonical(0x80000000 | 0)).toBe(Gfp.UNKNOWN);
  });
});
