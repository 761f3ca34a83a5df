import { functionOf } from '../../model/finding.js';

/** A place in the code as a report prints it. */
export interface PrintedSite {
  /** `function+0x12/0x34`; '' when only an address was printed. */
  site: string;
  /** The place is in an inlined function (symbolised reports): the real one is on the next line. */
  inlined: boolean;
}

/** One entry of a printed stack. */
export interface Frame {
  site: string;
  /** Line of the log. */
  line: number;
  /** Between the marks of an interrupt's stack. */
  inIrq: boolean;
}

const ADDRESS = /^\[<[^>]*>\]\s*/;
/** Entries that have no bracket and no offset are inlined functions, added by a symboliser. */
const INLINED = /^([A-Za-z_][\w.]*) \S+:\d+ \[inline\]$/;
const SITE = /^[.(]*([A-Za-z_$][\w.$]*\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?)/;
/** 32-bit ARM prints `(callee) from [<address>] (caller+0x..)`. */
const FROM = / from (?:\[<[0-9a-f]+>\] ?)?\(?([A-Za-z_$][\w.$]*\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?)/;
const FRAME =
  /^(?:\(?\[[<(]?[0-9a-f]+[>)]?\]\)?\s*)*(\? )?[.(]*([A-Za-z_$][\w.$]*\+0x[0-9a-f]+\/0x[0-9a-f]+)(?![^\s()[\]])/;

/** What follows `at:`: `[<address>] function+0x12/0x34 [module]`, without the address, with `file:line`, or inlined. */
export function printedSite(text: string): PrintedSite {
  const rest = text.trim().replace(ADDRESS, '');
  const inlined = INLINED.exec(rest);
  if (inlined !== null) return { site: inlined[1], inlined: true };
  return { site: SITE.exec(rest)?.[1] ?? '', inlined: false };
}

/** A line of a printed stack; `sure` is false for what the unwinder marked with a question mark. */
export function printedFrame(text: string): { site: string; sure: boolean } | undefined {
  const from = FROM.exec(text);
  if (from !== null) return { site: from[1], sure: true };
  const frame = FRAME.exec(text);
  return frame === null ? undefined : { site: frame[2], sure: frame[1] === undefined };
}

/** Whether a line may stand in a stack without being an entry: inlined functions of a symboliser. */
export function isInlinedFrame(text: string): boolean {
  return INLINED.test(text.replace(/^\? /, ''));
}

/** The printing and checking that stands on top of every report's stack. */
const REPORTERS =
  /^(?:_*dump_stack\w*|show_stack|show_regs|dump_backtrace|unwind_backtrace|__warn|warn_slowpath\w*|report_bug|handle_bug|exc_invalid_op|asm_exc_invalid_op|print_\w*(?:bug|dependency|context|lock\w*|entry)|_*lock_(?:acquire|release|contended|acquired|set_class|downgrade)\w*|_*check_(?:noncircular|deadlock|prevs?_add|usage\w*|irq_usage|wait_context|flags|path|lock\w*)|mark_(?:lock\w*|held_locks|usage)|validate_chain|lockdep_\w+|register_lock_class|assign_lock_key|debug_(?:check_no_locks\w*|lockdep\w*|locks\w*)|_*might_(?:sleep|resched|fault|alloc)\w*|_*schedule_bug|rcu_(?:note_context_switch|lockdep\w*|sleep_check\w*)|trace_hard\w*|process_one_work_end)$/;
/** Primitives whose caller is the place that matters. */
const PRIMITIVES = [
  /^_*raw_(?:spin|read|write)_\w+$/,
  /^_*(?:spin|read|write)_(?:un|try)?lock\w*$/,
  /^(?:_*|debug_)(?:ww_|rt_)?mutex_\w+$/,
  /^rt_(?:spin|read|write)_\w+$/,
  /^(?:__)?rt_?lock_slow\w*|^rtlock_\w+$/,
  /^_*(?:down|up)(?:_(?:read|write|interruptible|killable|trylock|timeout)\w*)?$/,
  /^_*(?:percpu_)?rwsem_(?:down|up|read|write|mark|spin|optimistic|wait|wake|acquire|release)\w*$/,
  /^_*(?:percpu_(?:down|up)|rwbase)_\w+$/,
  /^_*local_bh_(?:en|dis)able\w*$/,
  /^_*(?:rwlock_init|init_rwsem|init_waitqueue_head|sema_init)$/,
  /^_*queued_\w+_slowpath$/,
  /^_*schedule(?:_\w+)?$/,
  /^preempt_schedule\w*$/,
  /^_*(?:dynamic_)?(?:might_)?cond_resched\w*$/,
  /^_*(?:do_)?wait_for_\w+$/,
  /^(?:msleep\w*|usleep_range\w*|io_schedule\w*)$/,
  /^_*k[mvz]*(?:alloc|free)\w*$/,
  /^_*kcalloc\w*$/,
  /^_*kmem_cache_\w+$/,
  /^_*(?:slab|new_slab)_\w+$/,
  /^_*(?:alloc|free)_(?:frozen_)?pages?\w*$/,
  /^_*(?:vmalloc|vzalloc|vfree|kvmalloc)\w*$/,
  /^(?:prepare_alloc_pages\w*|get_page_from_freelist|__get_free_pages|fs_reclaim_acquire\w*)$/,
  /^_*synchronize_(?:s?rcu|sched|net)\w*$/,
  /^_*rcu_read_(?:un)?lock\w*$/,
] as const;

/** A stack without the report's own machinery on top of it. */
export function belowReporters(frames: readonly Frame[]): readonly Frame[] {
  const first = frames.findIndex((frame) => !REPORTERS.test(functionOf(frame.site)));
  return first < 0 ? [] : frames.slice(first);
}

/** Whether the function only locks, sleeps or allocates for its caller. */
export function isPrimitive(name: string): boolean {
  return REPORTERS.test(name) || PRIMITIVES.some((pattern) => pattern.test(name));
}

/** The topmost entry of a stack that is neither the report's own machinery nor a primitive; undefined when none is. */
export function callerIn(frames: readonly Frame[]): Frame | undefined {
  return frames.find((frame) => !isPrimitive(functionOf(frame.site)));
}
