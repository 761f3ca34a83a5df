import { EVENTS, FUNCTION_BYTES, FUNCTIONS, textStart } from './sample-events.js';
import type { TestRandom } from './test-random.js';
import { type EventSpec, eventBytes, type FieldValues, type Machine } from './writer/formats.js';

/** A made-up event: its bytes, and the line it must be read as; undefined for one that is not read. */
interface Made {
  bytes: Uint8Array;
  line: string | undefined;
}

const LOCK_NAMES = ['a', '&zone->lock', 'rq', 'lv_raw', '&(&priv->lock)->rlock', 'x'.repeat(90), 'four', 'seven77'];
export const COMMS = new Map([
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
