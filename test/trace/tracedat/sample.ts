import type { RecordingSpec } from './writer/file.js';
import { type EventSpec, eventBytes, type FieldValues, type Machine } from './writer/formats.js';
import type { RingEntry } from './writer/pages.js';

/** Recordings made up for tests, with what reading them must give in the form of {@link CanonicalSink}. */

const GFP_TABLE =
  '{( unsigned long)((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u)), "GFP_KERNEL"}, ' +
  '{( unsigned long)(( gfp_t)0x100u), "__GFP_ZERO"}, {( unsigned long)(( gfp_t)0x800u), "__GFP_KSWAPD_RECLAIM"}';

const LOCK_AND_NAME = '"%px %s", REC->lockdep_addr, __get_str(name)';
const PREEMPTIRQ =
  '"caller=%pS parent=%pS", (void *)((unsigned long)(_stext) + REC->caller_offs), (void *)((unsigned long)(_stext) + REC->parent_offs)';

export const STOCK_ACQUIRE: EventSpec = {
  system: 'lock',
  name: 'lock_acquire',
  id: 40,
  fields: [
    { name: 'flags', type: 'u32' },
    { name: 'name', type: 'string' },
    { name: 'lockdep_addr', type: 'ptr' },
  ],
  printFormat:
    '"%px %s%s%s", REC->lockdep_addr, (REC->flags & 1) ? "try " : "", (REC->flags & 2) ? "read " : "", __get_str(name)',
};

/** As {@link STOCK_ACQUIRE}, with every further field that is read, in an order and sizes of its own. */
export const EXTENDED_ACQUIRE: EventSpec = {
  ...STOCK_ACQUIRE,
  fields: [
    { name: 'rd', type: 'u8' },
    { name: 'sub', type: 'u16' },
    { name: 'flags', type: 'u32' },
    { name: 'key', type: 'ptr' },
    { name: 'chk', type: 's8' },
    { name: 'name', type: 'rel_string' },
    { name: 'lockdep_addr', type: 'ptr' },
    { name: 'nest', type: 'ptr' },
    { name: 'ip', type: 'ptr' },
    { name: 'wto', type: 'u8' },
    { name: 'wti', type: 'u32' },
    { name: 'lt', type: 'u8' },
    { name: 'hc', type: 'u8' },
    { name: 'sc', type: 'u8' },
    { name: 'ht', type: 'u16' },
    { name: 'he', type: 'u8' },
    { name: 'se', type: 'u8' },
  ],
  printFormat:
    '"%px %s%s%s subclass=%u read=%u check=%u nest=%px key=%px wait=%u:%u type=%u hardirq_ctx=%u softirq_ctx=%u threaded=%u hardirqs_on=%u softirqs_on=%u ip=%pS", REC->lockdep_addr, (REC->flags & 1) ? "try " : "", (REC->flags & 2) ? "read " : "", __get_rel_str(name), REC->sub, REC->rd, REC->chk, REC->nest, REC->key, REC->wto, REC->wti, REC->lt, REC->hc, REC->sc, REC->ht, REC->he, REC->se, REC->ip',
};

const RELEASE: EventSpec = {
  system: 'lock',
  name: 'lock_release',
  id: 41,
  fields: [
    { name: 'name', type: 'string' },
    { name: 'lockdep_addr', type: 'ptr' },
  ],
  printFormat: LOCK_AND_NAME,
};
const FREE_CHECK: EventSpec = {
  system: 'lock',
  name: 'lock_free_check',
  id: 42,
  fields: [
    { name: 'from', type: 'ptr' },
    { name: 'len', type: 'long' },
  ],
  printFormat: '"%px len=%lu", REC->from, REC->len',
};
const IRQ_DISABLE: EventSpec = {
  system: 'preemptirq',
  name: 'irq_disable',
  id: 50,
  fields: [
    { name: 'caller_offs', type: 's32' },
    { name: 'parent_offs', type: 's32' },
  ],
  printFormat: PREEMPTIRQ,
};
const KMALLOC: EventSpec = {
  system: 'kmem',
  name: 'kmalloc',
  id: 60,
  fields: [
    { name: 'call_site', type: 'long' },
    { name: 'ptr', type: 'ptr' },
    { name: 'bytes_req', type: 'long' },
    { name: 'gfp_flags', type: 'u32' },
  ],
  printFormat: `"call_site=%pS ptr=%p bytes_req=%zu gfp_flags=%s", (void *)REC->call_site, REC->ptr, REC->bytes_req, (REC->gfp_flags) ? __print_flags(REC->gfp_flags, "|", ${GFP_TABLE}) : "none"`,
};
const SOFTIRQ: EventSpec = {
  system: 'irq',
  name: 'softirq_entry',
  id: 70,
  fields: [{ name: 'vec', type: 'u32' }],
  printFormat: '"vec=%u", REC->vec',
};
const SWITCH: EventSpec = {
  system: 'sched',
  name: 'sched_switch',
  id: 80,
  fields: [
    { name: 'prev_comm', type: 'comm' },
    { name: 'prev_pid', type: 's32' },
    { name: 'prev_prio', type: 's32' },
    { name: 'prev_state', type: 'long' },
    { name: 'next_comm', type: 'comm' },
    { name: 'next_pid', type: 's32' },
    { name: 'next_prio', type: 's32' },
  ],
  printFormat:
    '"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d next_prio=%d", REC->prev_comm, REC->prev_pid, REC->prev_prio, (REC->prev_state & 0xff) ? __print_flags(REC->prev_state & 0xff, "|", { 0x00000001, "S" }, { 0x00000002, "D" }, { 0x00000010, "X" }, { 0x00000020, "Z" }) : "R", REC->next_comm, REC->next_pid, REC->next_prio',
};
/** An event that lockvet has no use for: must be stepped over. Long enough for a large event header. */
const UNREAD: EventSpec = {
  system: 'other',
  name: 'mm_page_pcpu_drain',
  id: 90,
  fields: Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, type: 'u32' as const })),
};

export const EVENTS = [STOCK_ACQUIRE, RELEASE, FREE_CHECK, IRQ_DISABLE, KMALLOC, SOFTIRQ, SWITCH, UNREAD];

/** Where the test kernel's text lies. */
function textStart(machine: Machine): bigint {
  return machine.longSize === 8 ? 0xffffffff81000000n : 0xc1000000n;
}

const FUNCTIONS = ['_stext', 'do_work', 'take_lock', 'syscall_exit_to_user_mode', 'last_function'];
const FUNCTION_BYTES = 0x100;

export function kallsyms(machine: Machine): string {
  const digits = machine.longSize * 2;
  const line = (address: bigint, name: string): string => `${address.toString(16).padStart(digits, '0')} t ${name}\n`;
  return (
    FUNCTIONS.map((name, i) => line(textStart(machine) + BigInt(i * FUNCTION_BYTES), name)).join('') +
    line(textStart(machine) + 0x10000n, 'module_function\t[some_module]')
  );
}

/** A source of numbers that is the same in every run (xorshift). */
export class TestRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

/** A made-up event: its bytes, and the line it must be read as; undefined for one that is not read. */
interface Made {
  bytes: Uint8Array;
  line: string | undefined;
}

const LOCK_NAMES = ['a', '&zone->lock', 'rq', 'lv_raw', '&(&priv->lock)->rlock', 'x'.repeat(90), 'four', 'seven77'];
const COMMS = new Map([
  [0, '<idle>'],
  [1, 'init'],
  [77, 'some worker'],
]);

const hex = (value: bigint): string => (value === 0n ? '(nil)' : `0x${value.toString(16)}`);

/** Makes events at random for a machine whose lock_acquire is `acquire`. */
export class EventMaker {
  readonly #random: TestRandom;
  readonly #machine: Machine;
  readonly #acquire: EventSpec;

  constructor(random: TestRandom, machine: Machine, acquire: EventSpec) {
    this.#random = random;
    this.#machine = machine;
    this.#acquire = acquire;
  }

  #address(): bigint {
    const low = BigInt(this.#random.below(2 ** 31)) * 2n + 1n;
    return this.#machine.longSize === 8 ? 0xff11000000000000n + low : low;
  }

  #site(): { offset: number; text: string } {
    const offset = this.#random.below(FUNCTIONS.length * FUNCTION_BYTES);
    return { offset, text: `${FUNCTIONS[offset >> 8]}+0x${(offset & 0xff).toString(16)}` };
  }

  make(cpu: number, time: number): Made {
    const random = this.#random;
    const pid = random.pick([...COMMS.keys()]);
    const event = random.pick([this.#acquire, ...EVENTS.slice(1)]);
    const { values, text } = this.#fields(event, pid);
    const task = { pid, flags: random.below(256) & 0x7d, preemptCount: random.below(16) };
    return {
      bytes: eventBytes(event, task, values, this.#machine),
      line: text === undefined ? undefined : `${COMMS.get(pid)}-${pid} ${cpu} ${time} ${event.name}: ${text}`,
    };
  }

  #fields(event: EventSpec, pid: number): { values: FieldValues; text: string | undefined } {
    const random = this.#random;
    const name = random.pick(LOCK_NAMES);
    const lock = this.#address();
    const site = this.#site();
    const siteAddress = textStart(this.#machine) + BigInt(site.offset);
    switch (event.name) {
      case 'lock_acquire':
        return this.#acquisition(event, name, lock, site.text, siteAddress);
      case 'lock_release':
        return { values: { name, lockdep_addr: lock }, text: `${hex(lock)}x ${name}` };
      case 'lock_free_check': {
        const len = random.below(1 << 20);
        return { values: { from: lock, len }, text: `${hex(lock)}x len=${len}` };
      }
      case 'irq_disable': {
        const parent = this.#site();
        return { values: { caller_offs: site.offset, parent_offs: parent.offset }, text: `caller=${site.text}` };
      }
      case 'kmalloc': {
        const size = random.below(9000);
        const [gfp, text] = random.pick([
          [0xcc0, 'GFP_KERNEL'],
          [0xdc0, 'GFP_KERNEL|__GFP_ZERO'],
          [0x800, 'GFP_NOWAIT'],
          [0, 'none'],
        ] as const);
        return {
          values: { call_site: siteAddress, ptr: lock, bytes_req: size, gfp_flags: gfp },
          text: `call_site=${site.text} ptr=${hex(lock)} bytes_req=${size} gfp_flags=${text}`,
        };
      }
      case 'softirq_entry': {
        const vec = random.below(10);
        return { values: { vec }, text: `vec=${vec}` };
      }
      case 'sched_switch': {
        const [bits, state] = random.pick([
          [0, 'R'],
          [0x100, 'R'],
          [1, 'S'],
          [2, 'S'],
          [0x10, 'X'],
          [0x20, 'X'],
        ] as const);
        const next = random.pick([...COMMS.keys()]);
        const comm = next === 0 ? 'swapper/1' : (COMMS.get(next) ?? '');
        const values = {
          prev_comm: COMMS.get(pid) ?? '',
          prev_pid: pid,
          prev_prio: 120,
          prev_state: bits,
          next_comm: comm,
          next_pid: next,
          next_prio: 120,
        };
        return { values, text: `${pid} ${state} ==> ${comm}:${next}` };
      }
      default:
        return { values: {}, text: undefined };
    }
  }

  #acquisition(
    event: EventSpec,
    name: string,
    lock: bigint,
    site: string,
    ip: bigint,
  ): { values: FieldValues; text: string } {
    const random = this.#random;
    const isExtended = event.fields.some((field) => field.name === 'rd');
    const rd = random.below(3);
    const flags = random.below(2) + (isExtended ? (rd > 0 ? 2 : 0) : random.below(2) * 2);
    const values: FieldValues = { name, lockdep_addr: lock, flags };
    let text = `${hex(lock)}x ${flags & 1 ? 'try ' : ''}${flags & 2 ? 'read ' : ''}${name}`;
    if (isExtended) {
      const own = {
        rd,
        sub: random.below(8),
        chk: random.below(2),
        nest: random.below(2) ? this.#address() : 0n,
        key: this.#address(),
        wto: random.below(5),
        wti: random.below(5),
        lt: random.below(2),
        hc: random.below(2),
        sc: random.below(2),
        ht: random.below(2),
        he: random.below(2),
        se: random.below(2),
      };
      Object.assign(values, own, { ip });
      text +=
        ` subclass=${own.sub} read=${rd} check=${own.chk} nest=${hex(own.nest)}x key=${hex(own.key)}x` +
        ` wait=${own.wto}:${own.wti} type=${own.lt} hardirq_ctx=${own.hc} softirq_ctx=${own.sc} threaded=${own.ht}` +
        ` hardirqs_on=${own.he} softirqs_on=${own.se} ip=${site}`;
    }
    return { values, text };
  }
}

/** A recording and the lines it must be read as. */
export interface Sample {
  recording: RecordingSpec;
  lines: string[];
}

/** How a sample may differ from the plain one. */
export type SampleOptions = Partial<
  Pick<RecordingSpec, 'version' | 'machine' | 'compression' | 'pageSize' | 'chunkPages' | 'clock'>
> & { acquire?: EventSpec; instances?: number; cpus?: number; events?: number; seed?: number };

/** Makes a recording with everything on its timelines that a ring buffer can have. */
export function makeSample(options: SampleOptions): Sample {
  const machine = options.machine ?? { bigEndian: false, longSize: 8 };
  const acquire = options.acquire ?? STOCK_ACQUIRE;
  const random = new TestRandom(options.seed ?? 1);
  const maker = new EventMaker(random, machine, acquire);
  const lines: { time: number; rank: number; line: string }[] = [];
  let rank = 0;
  const buffers = Array.from({ length: 1 + (options.instances ?? 0) }, (_, index) => ({
    name: index === 0 ? '' : `instance${index}`,
    cpus: Array.from({ length: options.cpus ?? 3 }, (_, cpu) => {
      const { entries, expected } = timeline(maker, random, cpu, options.events ?? 300);
      lines.push(...expected.map((entry) => ({ ...entry, rank })));
      rank++;
      return entries;
    }),
  }));
  lines.sort((a, b) => a.time - b.time || a.rank - b.rank);
  const recording: RecordingSpec = {
    version: options.version ?? 7,
    machine,
    compression: options.compression ?? 'none',
    pageSize: options.pageSize ?? 4096,
    clock: options.clock ?? 'global',
    events: [acquire, ...EVENTS.slice(1)],
    buffers,
    kallsyms: kallsyms(machine),
    cmdlines: [...COMMS]
      .filter(([pid]) => pid !== 0)
      .map(([pid, comm]) => `${pid} ${comm}\n`)
      .join(''),
    uname: 'Linux testhost 6.1.0 test64',
    ...(options.chunkPages === undefined ? {} : { chunkPages: options.chunkPages }),
  };
  return { recording, lines: lines.map(({ line }) => line) };
}

/** One CPU's events at random times: ties with other CPUs, long gaps, discarded events, losses, absolute stamps. */
function timeline(
  maker: EventMaker,
  random: TestRandom,
  cpu: number,
  count: number,
): { entries: RingEntry[]; expected: { time: number; line: string }[] } {
  const entries: RingEntry[] = [];
  const expected: { time: number; line: string }[] = [];
  let time = 5e9;
  let lost: string | undefined;
  for (let i = 0; i < count; i++) {
    // Whole microseconds in small steps make ties between CPUs likely.
    time += random.pick([0, 1000, 1000, 2000, 3000, 50_000, 2 ** 27 * 1000, 7_000_000_000]);
    switch (random.below(40)) {
      case 0:
        entries.push({ kind: 'discarded', time: time + 500, bytes: 4 * (1 + random.below(20)) });
        time += 1000;
        break;
      case 1: {
        const missed = random.pick([undefined, 7, 123456]);
        entries.push({ kind: 'lost', count: missed });
        lost = `CPU:${cpu} [${missed === undefined ? '' : `${missed} `}EVENTS DROPPED]`;
        break;
      }
      case 2:
        entries.push({ kind: 'page' });
        break;
      case 3:
        time += 1000;
        entries.push({ kind: 'stamp', time });
        break;
    }
    const { bytes, line } = maker.make(cpu, time);
    entries.push({ kind: 'event', time, bytes });
    if (lost !== undefined) expected.push({ time, line: lost });
    lost = undefined;
    if (line !== undefined) expected.push({ time, line });
  }
  return { entries, expected };
}
