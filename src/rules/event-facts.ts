import { type AllocEvent, AllocKind, GfpSpelling } from '../model/events.js';
import { ALLOCATORS, type EventFacts, noEvent } from './facts.js';
import { OneOf, unknownBool, unknownCount, unknownMask } from './unknown.js';

/** An allocation or a free as conditions see it; -1 in a field that applies becomes an unknown. */
export function allocFacts(kind: 'alloc' | 'free', event: AllocEvent, name: string, caller: string): EventFacts {
  const isAlloc = kind === 'alloc';
  const isPage = event.kind === AllocKind.Page || event.kind === AllocKind.PageBatch;
  return {
    ...noEvent(kind),
    name,
    caller,
    allocator: ALLOCATORS[event.kind] ?? '',
    gfp: isAlloc && event.gfp === -1 ? unknownMask() : event.gfp,
    size: isAlloc && event.size === -1 ? unknownCount() : event.size,
    order: isPage && event.order === -1 ? unknownCount() : event.order,
    namesGfpRtNowait: event.spelling !== GfpSpelling.Unknown,
    mixesGfpRtNowait: event.spelling === GfpSpelling.Mixed,
  };
}

/** An event of which only the kind is known: stands for all events of the kind. */
export function anyEvent(kind: EventFacts['kind']): EventFacts {
  const memory = kind === 'alloc' || kind === 'free';
  return {
    ...noEvent(kind),
    allocator: memory ? new OneOf(ALLOCATORS) : '',
    gfp: kind === 'alloc' ? unknownMask() : -1,
    size: memory ? unknownCount() : -1,
    order: memory ? unknownCount() : -1,
    voluntary: kind === 'sched_switch' ? unknownBool() : false,
    protected: kind === 'rcu_dereference' ? unknownBool() : false,
    namesGfpRtNowait: unknownBool(),
    mixesGfpRtNowait: unknownBool(),
  };
}
