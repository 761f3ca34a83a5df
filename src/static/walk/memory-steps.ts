import { AllocKind } from '../../model/events.js';
import { Gfp } from '../../model/gfp.js';
import type { Doing } from './conditions.js';
import type { Deed } from './facts.js';
import { maskOf, spellingOf } from './gfp-text.js';
import { note } from './noting.js';
import { alternatives, NULL, numberOf, ofAlternatives, UNDEFINED, type Value } from './value.js';
import type { Result, State } from './walk.js';

const ALLOCATORS: Readonly<Record<string, number>> = {
  kmalloc: AllocKind.Kmalloc,
  kmem_cache: AllocKind.KmemCache,
  page: AllocKind.Page,
  percpu: AllocKind.Percpu,
  vmalloc: AllocKind.Vmalloc,
  lockless: AllocKind.Lockless,
};

/** Allocates, as the step's words say: the kind, the event, where the mask and the order stand. */
export function allocate(d: Doing, s: State, words: readonly string[]): readonly Result[] {
  const [kind = '', event = '', gfpWord = '', orderWord = ''] = words;
  const { w, f } = d;
  const arg = /^\d$/.test(gfpWord) ? d.args[Number(gfpWord)] : undefined;
  const gfp =
    gfpWord === 'kernel'
      ? Gfp.GFP_KERNEL
      : gfpWord === 'none'
        ? Gfp.GFP_RT_NOWAIT
        : (maskOf(arg) ?? defaultGfp(event, arg));
  const order =
    orderWord === '0' ? 0 : orderWord.startsWith('arg') ? (numberOf(d.args[Number(orderWord.slice(3))]) ?? 0) : -1;
  const deed: Deed = {
    do: 'alloc',
    kind: ALLOCATORS[kind] ?? 0,
    event,
    gfp,
    order,
    spelling: spellingOf(arg),
    object: undefined,
  };
  note(d, s, deed);
  const thing = w.heap.make(`${f.call.file}:${f.call.function}:${event}${d.e.line}`);
  if (thing.sim === undefined) {
    const size = numberOf(d.args[0]) ?? 4096;
    const cls = kind === 'page' || event === 'alloc_pages_nolock' ? 'Page' : 'SlabObject';
    thing.sim = {
      cls,
      name: event,
      lock: undefined,
      parts: new Map(),
      memory: { hi: -2, lo: w.heap.address(Math.max(size, 64)) | 0, size: Math.max(size, 64) },
    };
  }
  return [{ s, v: ofAlternatives([thing.ref, NULL]) }];
}

function defaultGfp(event: string, arg: Value | undefined): number {
  return event === 'percpu_alloc_percpu' && (arg === undefined || arg === UNDEFINED) ? Gfp.GFP_KERNEL : -1;
}

/** Frees what the argument names. */
export function free(d: Doing, s: State, words: readonly string[]): State {
  const [kind = '', event = '', arg = ''] = words;
  const value = d.args[Number(arg)];
  const object = value === undefined ? undefined : alternatives(value).find((part) => part.t === 'ref');
  note(d, s, {
    do: 'free',
    kind: ALLOCATORS[kind] ?? 0,
    event,
    gfp: -1,
    order: -1,
    spelling: '',
    object: object?.t === 'ref' ? object.o : undefined,
  });
  return s;
}
