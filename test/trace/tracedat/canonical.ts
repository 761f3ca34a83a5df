import {
  type AllocEvent,
  type EventHeader,
  type LockAcquire,
  LockdepCtx,
  NullSink,
  TaskState,
} from '../../../src/model/events.js';
import { gfpText } from '../../../src/model/gfp.js';
import type { NameTable } from '../../../src/model/names.js';

/** Address as trace-cmd prints it. */
function address(hi: number, lo: number): string {
  const low = (lo >>> 0).toString(16);
  if (hi === 0) return lo === 0 ? '(nil)' : `0x${low}`;
  return `0x${(hi >>> 0).toString(16)}${low.padStart(8, '0')}`;
}

/**
 * Writes every event as one line of the form `COMM-PID CPU TIME EVENT: FIELDS` (time in nanoseconds), with the fields that both the
 * event stream and trace-cmd's output have. Call sites are compared without what only one of the two prints.
 */
export class CanonicalSink extends NullSink {
  readonly #names: NameTable;
  readonly #write: (line: string) => void;

  constructor(names: NameTable, write: (line: string) => void) {
    super();
    this.#names = names;
    this.#write = write;
  }

  #line(h: EventHeader, event: string, fields: string): void {
    const comm = this.#names.text(h.comm) || '<...>';
    this.#write(`${comm}-${h.pid} ${h.cpu} ${h.time} ${event}: ${fields}`);
  }

  #name(id: number): string {
    return this.#names.text(id);
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    const flags = (a.trylock ? 'try ' : '') + (a.read ? 'read ' : '');
    let fields = `${address(a.hi, a.lo)}x ${flags}${this.#name(a.name)}`;
    if (a.lockdepContext & LockdepCtx.Known) {
      const bit = (mask: number): number => (a.lockdepContext & mask ? 1 : 0);
      fields +=
        ` subclass=${a.subclass} read=${a.read} check=${a.check} nest=${address(a.nestHi, a.nestLo)}x` +
        ` key=${address(a.keyHi, a.keyLo)}x wait=${a.waitOuter}:${a.waitInner} type=${a.lockType}` +
        ` hardirq_ctx=${bit(LockdepCtx.HardIrq)} softirq_ctx=${bit(LockdepCtx.SoftIrq)}` +
        ` threaded=${bit(LockdepCtx.Threaded)} hardirqs_on=${bit(LockdepCtx.HardIrqsOn)}` +
        ` softirqs_on=${bit(LockdepCtx.SoftIrqsOn)} ip=${this.#name(a.ip)}`;
    }
    this.#line(h, 'lock_acquire', fields);
  }

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#line(h, 'lock_release', `${address(hi, lo)}x ${this.#name(name)}`);
  }

  override lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#line(h, 'lock_contended', `${address(hi, lo)}x ${this.#name(name)}`);
  }

  override lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#line(h, 'lock_acquired', `${address(hi, lo)}x ${this.#name(name)}`);
  }

  override lockDowngrade(h: EventHeader, hi: number, lo: number): void {
    this.#line(h, 'lock_downgrade', `${address(hi, lo)}x`);
  }

  override lockSetClass(
    h: EventHeader,
    hi: number,
    lo: number,
    name: number,
    keyHi: number,
    keyLo: number,
    subclass: number,
  ): void {
    const fields = `${address(hi, lo)}x ${this.#name(name)} key=${address(keyHi, keyLo)}x subclass=${subclass}`;
    this.#line(h, 'lock_set_class', fields);
  }

  override lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void {
    this.#line(h, 'lock_free_check', `${address(hi, lo)}x len=${len}`);
  }

  override hardirqsOn(h: EventHeader, ip: number): void {
    this.#line(h, 'irq_enable', `caller=${this.#name(ip)}`);
  }

  override hardirqsOff(h: EventHeader, ip: number): void {
    this.#line(h, 'irq_disable', `caller=${this.#name(ip)}`);
  }

  override preemptOn(h: EventHeader, ip: number): void {
    this.#line(h, 'preempt_enable', `caller=${this.#name(ip)}`);
  }

  override preemptOff(h: EventHeader, ip: number): void {
    this.#line(h, 'preempt_disable', `caller=${this.#name(ip)}`);
  }

  override softirqsOn(h: EventHeader, ip: number): void {
    this.#line(h, 'lock_softirqs', `on ip=${this.#name(ip)}`);
  }

  override softirqsOff(h: EventHeader, ip: number): void {
    this.#line(h, 'lock_softirqs', `off ip=${this.#name(ip)}`);
  }

  override hardirqEntry(h: EventHeader, irq: number, name: number): void {
    this.#line(h, 'irq_handler_entry', `irq=${irq} name=${this.#name(name)}`);
  }

  override hardirqExit(h: EventHeader, irq: number): void {
    this.#line(h, 'irq_handler_exit', `irq=${irq}`);
  }

  override softirqEntry(h: EventHeader, vector: number): void {
    this.#line(h, 'softirq_entry', `vec=${vector}`);
  }

  override softirqExit(h: EventHeader, vector: number): void {
    this.#line(h, 'softirq_exit', `vec=${vector}`);
  }

  #memory(h: EventHeader, a: AllocEvent): void {
    const parts: string[] = [];
    if (a.ip !== 0) parts.push(`call_site=${this.#name(a.ip)}`, `ptr=${address(a.hi, a.lo)}`);
    if (a.size >= 0) parts.push(`bytes_req=${a.size}`);
    if (a.order >= 0) parts.push(`order=${a.order}`);
    if (a.gfp >= 0) parts.push(`gfp_flags=${gfpText(a.gfp)}`);
    this.#line(h, this.#name(a.event), parts.join(' '));
  }

  override alloc(h: EventHeader, a: AllocEvent): void {
    this.#memory(h, a);
  }

  override free(h: EventHeader, a: AllocEvent): void {
    this.#memory(h, a);
  }

  override schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    const state = prevState === TaskState.Running ? 'R' : prevState === TaskState.Dead ? 'X' : 'S';
    this.#line(h, 'sched_switch', `${prevPid} ${state} ==> ${this.#name(nextComm)}:${nextPid}`);
  }

  override taskFork(h: EventHeader, childPid: number, childComm: number): void {
    this.#line(h, 'sched_process_fork', `child_comm=${this.#name(childComm)} child_pid=${childPid}`);
  }

  override taskExit(h: EventHeader, pid: number): void {
    this.#line(h, 'sched_process_exit', `pid=${pid}`);
  }

  override selftest(h: EventHeader, begin: boolean, name: number): void {
    this.#line(h, 'lock_selftest', `${begin ? 'begin' : 'end'} ${this.#name(name)}`);
  }

  override lostEvents(cpu: number, count: number): void {
    this.#write(`CPU:${cpu} [${count === 0 ? '' : `${count} `}EVENTS DROPPED]`);
  }
}
