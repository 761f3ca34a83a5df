import { AcquireHas, AllocKind, Ctx, GfpSpelling, LockdepCtx, TaskState } from '../../src/model/events.js';
import { functionOf } from '../../src/model/finding.js';
import { parseGfp } from '../../src/model/gfp.js';
import type { LoggedEvent } from './text-log-sink.js';

/**
 * The obvious way to read the bundled recordings: one regular expression a form, strings for everything. Written from the
 * description of the lines alone, to be compared with the real reader.
 */
export function* referenceEvents(text: string): Generator<LoggedEvent> {
  let tellsBh = false;
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line.startsWith('#')) tellsBh ||= line.includes('BH-disabled');
    const match = /^ *(.*)-(\d+) +\[(\d+)\] (\S{5}) +(\d+)\.(\d{6}): (\w+): (.*)$/.exec(line);
    if (!match) continue;
    const [, comm, pid, cpu, flags, seconds, micros, event, fields] = match;
    const time = Number(seconds) * 1e9 + Number(micros) * 1000;
    const header = [comm, Number(pid), Number(cpu), time, context(flags, tellsBh), depth(flags), number];
    for (const [what, ...rest] of bodies(event, fields)) yield [what, ...header, ...rest];
  }
}

function context(flags: string, tellsBh: boolean): number {
  let bits: number = Ctx.Known;
  if (tellsBh) bits |= Ctx.BhKnown;
  if ('dD'.includes(flags[0])) bits |= Ctx.HardIrqsOff;
  if ('bD'.includes(flags[0])) bits |= Ctx.BhOff;
  if (flags[1] !== '.') bits |= Ctx.NeedResched;
  if ('hHZ'.includes(flags[2])) bits |= Ctx.HardIrq;
  if ('sH'.includes(flags[2])) bits |= Ctx.SoftIrq;
  if ('zZ'.includes(flags[2])) bits |= Ctx.Nmi;
  return bits;
}

function depth(flags: string): number {
  return flags[3] === '.' ? 0 : Number.parseInt(flags[3], 16);
}

/** Signed halves of a pointer as the kernel prints it. */
function halves(pointer: string): { hi: number; lo: number } {
  const digits = pointer.replace('0x', '').padStart(16, '0');
  return { hi: Number.parseInt(digits.slice(0, 8), 16) | 0, lo: Number.parseInt(digits.slice(8), 16) | 0 };
}

const USER_ENTRY =
  /^(syscall_(enter_from|exit_to)_user_mode(_prepare)?|irqentry_(enter_from|exit_to)_user_mode|(enter_from|exit_to)_user_mode)$/;

function bodies(event: string, fields: string): LoggedEvent[] {
  switch (event) {
    case 'lock_acquire':
      return [['acquire', acquisition(fields)]];
    case 'lock_release': {
      const [, pointer, name] = /^(\S+) (.*)$/.exec(fields) ?? [];
      const { hi, lo } = halves(pointer);
      return [['release', hi, lo, name]];
    }
    case 'lock_free_check': {
      const [, pointer, length] = /^(\S+) len=(\d+)$/.exec(fields) ?? [];
      const { hi, lo } = halves(pointer);
      return [['freeCheck', hi, lo, Number(length)]];
    }
    case 'lock_softirqs': {
      const [, word, ip] = /^(on|off) ip=(.*)$/.exec(fields) ?? [];
      return [[word === 'on' ? 'softirqsOn' : 'softirqsOff', ip]];
    }
    case 'irq_enable':
    case 'irq_disable': {
      const [, caller, parent] = /^caller=(\S+) parent=(\S+)$/.exec(fields) ?? [];
      const own: LoggedEvent = [event === 'irq_enable' ? 'hardirqsOn' : 'hardirqsOff', caller];
      return [caller, parent].some((site) => USER_ENTRY.test(functionOf(site))) ? [own, ['userMode']] : [own];
    }
    case 'softirq_entry':
    case 'softirq_exit':
      return [[event === 'softirq_entry' ? 'softirqEntry' : 'softirqExit', Number(/vec=(\d+)/.exec(fields)?.[1])]];
    case 'irq_handler_entry':
      return [['hardirqEntry', Number(/irq=(\d+)/.exec(fields)?.[1]), /name=(.*)$/.exec(fields)?.[1]]];
    case 'irq_handler_exit':
      return [['hardirqExit', Number(/irq=(\d+)/.exec(fields)?.[1])]];
    case 'sched_switch': {
      const [, prev, state, comm, next] =
        /^prev_comm=.* prev_pid=(\d+) prev_prio=\d+ prev_state=(\S+) ==> next_comm=(.*) next_pid=(\d+) next_prio=\d+$/.exec(
          fields,
        ) ?? [];
      const kind = /^[XZ]/.test(state) ? TaskState.Dead : state[0] === 'R' ? TaskState.Running : TaskState.Sleeping;
      return [['switch', Number(prev), kind, Number(next), comm]];
    }
    default:
      return memory(event, fields);
  }
}

function acquisition(fields: string): Record<string, unknown> {
  const match =
    /^(\S+) (try )?(.*) subclass=(\d) read=(\d) check=(\d) nest=(\S+) key=(\S+) wait=(\d):(\d) type=(\d) hardirq_ctx=(\d) softirq_ctx=(\d) threaded=(\d) hardirqs_on=(\d) softirqs_on=(\d) ip=(.*)$/.exec(
      fields,
    );
  if (!match) throw new Error(fields);
  const number = (index: number): number => Number(match[index]);
  const key = halves(match[8]);
  const nest = halves(match[7]);
  const read = number(5);
  const flag = (index: number, bit: number): number => (match[index] === '1' ? bit : 0);
  return {
    ...halves(match[1]),
    name: read === 0 ? match[3] : match[3].replace(/^read /, ''),
    keyHi: key.hi,
    keyLo: key.lo,
    subclass: number(4),
    trylock: match[2] !== undefined,
    read,
    check: number(6),
    nestHi: nest.hi,
    nestLo: nest.lo,
    waitOuter: number(9),
    waitInner: number(10),
    lockType: number(11),
    lockdepContext:
      LockdepCtx.Known |
      flag(12, LockdepCtx.HardIrq) |
      flag(13, LockdepCtx.SoftIrq) |
      flag(14, LockdepCtx.Threaded) |
      flag(15, LockdepCtx.HardIrqsOn) |
      flag(16, LockdepCtx.SoftIrqsOn),
    ip: match[17],
    has: AcquireHas.Key | AcquireHas.Wait | AcquireHas.Subclass | AcquireHas.Check | AcquireHas.ReadKind,
  };
}

const ALLOCATORS: ReadonlyMap<string, readonly [AllocKind, 'alloc' | 'free']> = new Map([
  ['kmalloc', [AllocKind.Kmalloc, 'alloc']],
  ['kfree', [AllocKind.Kmalloc, 'free']],
  ['kmem_cache_alloc', [AllocKind.KmemCache, 'alloc']],
  ['kmem_cache_free', [AllocKind.KmemCache, 'free']],
  ['mm_page_alloc', [AllocKind.Page, 'alloc']],
  ['mm_page_free', [AllocKind.Page, 'free']],
  ['mm_page_free_batched', [AllocKind.PageBatch, 'free']],
]);

function memory(event: string, fields: string): LoggedEvent[] {
  const known = ALLOCATORS.get(event);
  if (!known) return [];
  const field = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S+)`).exec(fields)?.[1];
  const gfp = field('gfp_flags');
  const args = {
    kind: known[0],
    event,
    gfp: gfp === undefined ? -1 : parseGfp(gfp),
    spelling: GfpSpelling.Unknown,
    size: Number(field('bytes_req') ?? -1),
    order: Number(field('order') ?? -1),
    ip: field('call_site') ?? '',
    ...halves(field('ptr') ?? field('page') ?? '0'),
  };
  return [[known[1], args]];
}
