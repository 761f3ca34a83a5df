/**
 * GFP masks. lockvet numbers the bits itself (the order of include/linux/gfp_types.h in 6.1), since every kernel
 * configuration numbers them differently: readers translate by name, or with the table in the recording's event format.
 */
const FLAG_NAMES = [
  '__GFP_DMA',
  '__GFP_HIGHMEM',
  '__GFP_DMA32',
  '__GFP_MOVABLE',
  '__GFP_RECLAIMABLE',
  '__GFP_HIGH',
  '__GFP_IO',
  '__GFP_FS',
  '__GFP_ZERO',
  '__GFP_ATOMIC',
  '__GFP_DIRECT_RECLAIM',
  '__GFP_KSWAPD_RECLAIM',
  '__GFP_WRITE',
  '__GFP_NOWARN',
  '__GFP_RETRY_MAYFAIL',
  '__GFP_NOFAIL',
  '__GFP_NORETRY',
  '__GFP_MEMALLOC',
  '__GFP_COMP',
  '__GFP_NOMEMALLOC',
  '__GFP_HARDWALL',
  '__GFP_THISNODE',
  '__GFP_ACCOUNT',
  '__GFP_ZEROTAGS',
  '__GFP_SKIP_ZERO',
  '__GFP_SKIP_KASAN',
  '__GFP_NOLOCKDEP',
  /** Stands for any flag whose name lockvet does not know, so that an unknown mask is never taken for 0. */
  '__GFP_UNKNOWN',
] as const;
export type GfpFlagName = (typeof FLAG_NAMES)[number];

const bit = (name: GfpFlagName): number => 1 << FLAG_NAMES.indexOf(name);

const RECLAIM = bit('__GFP_DIRECT_RECLAIM') | bit('__GFP_KSWAPD_RECLAIM');
const KERNEL = RECLAIM | bit('__GFP_IO') | bit('__GFP_FS');
const USER = KERNEL | bit('__GFP_HARDWALL');
const HIGHUSER = USER | bit('__GFP_HIGHMEM');
const HIGHUSER_MOVABLE = HIGHUSER | bit('__GFP_MOVABLE') | bit('__GFP_SKIP_KASAN');
const TRANSHUGE_LIGHT =
  (HIGHUSER_MOVABLE | bit('__GFP_COMP') | bit('__GFP_NOMEMALLOC') | bit('__GFP_NOWARN')) & ~RECLAIM;

/** Masks by name: single flags and the compound names that kernels print and code uses. */
export const Gfp = {
  DMA: bit('__GFP_DMA'),
  HIGHMEM: bit('__GFP_HIGHMEM'),
  HIGH: bit('__GFP_HIGH'),
  IO: bit('__GFP_IO'),
  FS: bit('__GFP_FS'),
  ZERO: bit('__GFP_ZERO'),
  ATOMIC_FLAG: bit('__GFP_ATOMIC'),
  DIRECT_RECLAIM: bit('__GFP_DIRECT_RECLAIM'),
  KSWAPD_RECLAIM: bit('__GFP_KSWAPD_RECLAIM'),
  NOWARN: bit('__GFP_NOWARN'),
  NOFAIL: bit('__GFP_NOFAIL'),
  NORETRY: bit('__GFP_NORETRY'),
  UNKNOWN: bit('__GFP_UNKNOWN'),
  RECLAIM,
  GFP_KERNEL: KERNEL,
  GFP_KERNEL_ACCOUNT: KERNEL | bit('__GFP_ACCOUNT'),
  GFP_ATOMIC: bit('__GFP_HIGH') | bit('__GFP_ATOMIC') | bit('__GFP_KSWAPD_RECLAIM'),
  GFP_NOWAIT: bit('__GFP_KSWAPD_RECLAIM'),
  GFP_NOIO: RECLAIM,
  GFP_NOFS: RECLAIM | bit('__GFP_IO'),
  GFP_USER: USER,
  GFP_DMA: bit('__GFP_DMA'),
  GFP_DMA32: bit('__GFP_DMA32'),
  GFP_HIGHUSER: HIGHUSER,
  GFP_HIGHUSER_MOVABLE: HIGHUSER_MOVABLE,
  GFP_TRANSHUGE_LIGHT: TRANSHUGE_LIGHT,
  GFP_TRANSHUGE: TRANSHUGE_LIGHT | bit('__GFP_DIRECT_RECLAIM'),
  /** The proposed alias of 0: no waiting, no waking of kswapd, no zone->lock. */
  GFP_RT_NOWAIT: 0,
} as const;

const MASK_BY_NAME: ReadonlyMap<string, number> = new Map<string, number>([
  ...FLAG_NAMES.map((name): [string, number] => [name, bit(name)]),
  ...Object.entries(Gfp).filter(([name]) => name.startsWith('GFP_')),
  ['__GFP_RECLAIM', RECLAIM],
  ['__GFP_WAIT', bit('__GFP_DIRECT_RECLAIM')],
  ['__GFP_COLD', 0],
  ['none', 0],
]);

/**
 * The mask of one flag or compound name as code or traces spell it (`GFP_ATOMIC`, `__GFP_ZERO`, `none`), or
 * undefined when there is no such name.
 */
export function gfpByName(name: string): number | undefined {
  return MASK_BY_NAME.get(name);
}

/**
 * Reads a mask as traces print it: names joined by `|`, `none` for 0; a part without a known name (a hexadecimal
 * rest such as `0x100`) counts as {@link Gfp}.UNKNOWN.
 */
export function parseGfp(text: string): number {
  let mask = 0;
  for (const part of text.split('|')) {
    const known = MASK_BY_NAME.get(part.trim());
    mask |= known ?? (Number(part) === 0 ? 0 : Gfp.UNKNOWN);
  }
  return mask;
}

const COMPOUND_ORDER: readonly (keyof typeof Gfp)[] = [
  'GFP_TRANSHUGE',
  'GFP_TRANSHUGE_LIGHT',
  'GFP_HIGHUSER_MOVABLE',
  'GFP_HIGHUSER',
  'GFP_USER',
  'GFP_KERNEL_ACCOUNT',
  'GFP_KERNEL',
  'GFP_NOFS',
  'GFP_ATOMIC',
  'GFP_NOIO',
  'GFP_NOWAIT',
];

/** Prints a mask as the kernel's traces do: the largest compound name first, then single flags; `none` for 0. */
export function gfpText(mask: number): string {
  if (mask === 0) return 'none';
  const parts: string[] = [];
  let rest = mask;
  for (const name of COMPOUND_ORDER) {
    const compound = Gfp[name];
    if ((rest & compound) === compound) {
      parts.push(name);
      rest &= ~compound;
      break;
    }
  }
  for (const name of FLAG_NAMES) if (rest & bit(name)) parts.push(name);
  return parts.join('|');
}

/** The single flags set in a mask, by name: what rule conditions see as a set. */
export function gfpFlags(mask: number): GfpFlagName[] {
  return FLAG_NAMES.filter((name) => mask & bit(name));
}
