import {
  AcquireHas,
  type AllocEvent,
  AllocKind,
  type EventHeader,
  type EventSink,
  type KernelReport,
  type LockAcquire,
  LockdepCtx,
  ReadKind,
  TaskState,
} from '../model/events.js';
import { gfpText } from '../model/gfp.js';
import type { NameTable } from '../model/names.js';
import { isUserEntry } from './text/context-lines.js';
import { address, flagsColumn, HEADING, oneLine, SIMULATION_HEAD, timestamp } from './write/fields.js';

/** Characters gathered before they are handed on. */
const PIECE = 1 << 16;

/** Events of the allocators that a kernel prints the same way, by name. */
const ALLOC_EVENTS: ReadonlyMap<string, AllocKind> = new Map<string, AllocKind>([
  ['kmalloc', AllocKind.Kmalloc],
  ['kmem_cache_alloc', AllocKind.KmemCache],
  ['mm_page_alloc', AllocKind.Page],
]);
const FREE_EVENTS: ReadonlyMap<string, AllocKind> = new Map<string, AllocKind>([
  ['kfree', AllocKind.Kmalloc],
  ['kmem_cache_free', AllocKind.KmemCache],
  ['mm_page_free', AllocKind.Page],
  ['mm_page_free_batched', AllocKind.PageBatch],
]);

/** Settings of a {@link TextWriter}. */
export interface WriterOptions {
  /** As {@link EventSource.ticksPerSecond} has it; nanoseconds unless told. */
  ticksPerSecond?: number;
  /** A simulated kernel makes the events: said in the heading, with the key of its classes that are never validated. */
  simulation?: { readonly noValidateKey: { readonly hi: number; readonly lo: number } };
}

/**
 * Writes every event as a line of ftrace text, in the extended form, which the text reader reads back with nothing
 * lost. What the kernel has no tracepoint for (waiting, wake-ups, ...) becomes a `lockvet_...` event. `write` gets the text
 * piece by piece; the last one at {@link end}.
 */
export class TextWriter implements EventSink {
  readonly #names: NameTable;
  readonly #write: (text: string) => void;
  readonly #ticksPerSecond: number;
  #text = HEADING;

  constructor(names: NameTable, write: (text: string) => void, options: WriterOptions = {}) {
    this.#names = names;
    this.#write = write;
    this.#ticksPerSecond = options.ticksPerSecond ?? 1e9;
    const { simulation } = options;
    if (simulation !== undefined) {
      const { hi, lo } = simulation.noValidateKey;
      this.#text += `${SIMULATION_HEAD}${address(hi, lo)}\n`;
    }
  }

  #name(id: number): string {
    return oneLine(this.#names.text(id));
  }

  #line(h: EventHeader, event: string): void {
    const comm = (this.#name(h.comm).trim() || '<...>').padStart(16);
    const task = `${comm}-${String(h.pid).padEnd(7)}`;
    const cpu = `[${String(h.cpu).padStart(3, '0')}]`;
    this.#add(`${task} ${cpu} ${flagsColumn(h)} ${timestamp(h.time, this.#ticksPerSecond).padStart(12)}: ${event}\n`);
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE) this.#flush();
  }

  #flush(): void {
    if (this.#text !== '') this.#write(this.#text);
    this.#text = '';
  }

  /** ` ip=SITE`, which ends a line; nothing where the site is unknown. */
  #ip(id: number): string {
    return id === 0 ? '' : ` ip=${this.#name(id)}`;
  }

  lockAcquire(h: EventHeader, a: LockAcquire): void {
    const flags = `${a.trylock ? 'try ' : ''}${a.read === ReadKind.Write ? '' : 'read '}`;
    let line = `lock_acquire: ${address(a.hi, a.lo)} ${flags}${this.#name(a.name)}`;
    const fields = this.#acquireFields(a);
    // A stock line: name only.
    if (fields !== '') line += fields;
    this.#line(h, line);
  }

  #acquireFields(a: LockAcquire): string {
    const { has, lockdepContext: c } = a;
    if (has === 0 && (c & LockdepCtx.Known) === 0 && a.ip === 0) return '';
    // "?" keeps the place from which readers take the fields.
    const fields = [`subclass=${has & AcquireHas.Subclass ? a.subclass : '?'}`];
    if (has & AcquireHas.ReadKind) fields.push(`read=${a.read}`);
    if (has & AcquireHas.Check) fields.push(`check=${a.check}`);
    fields.push(`nest=${address(a.nestHi, a.nestLo)}`);
    if (has & AcquireHas.Key) fields.push(`key=${address(a.keyHi, a.keyLo)}`);
    if (has & AcquireHas.Wait) fields.push(`wait=${a.waitOuter}:${a.waitInner}`);
    fields.push(`type=${a.lockType}`);
    if (c & LockdepCtx.Known) {
      const bit = (mask: number): number => (c & mask ? 1 : 0);
      fields.push(`hardirq_ctx=${bit(LockdepCtx.HardIrq)}`, `softirq_ctx=${bit(LockdepCtx.SoftIrq)}`);
      fields.push(`threaded=${bit(LockdepCtx.Threaded)}`, `hardirqs_on=${bit(LockdepCtx.HardIrqsOn)}`);
      fields.push(`softirqs_on=${bit(LockdepCtx.SoftIrqsOn)}`);
    }
    return ` ${fields.join(' ')}${this.#ip(a.ip)}`;
  }

  lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#line(h, `lock_release: ${address(hi, lo)} ${this.#name(name)}`);
  }

  lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#line(h, `lock_contended: ${address(hi, lo)} ${this.#name(name)}`);
  }

  lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#line(h, `lock_acquired: ${address(hi, lo)} ${this.#name(name)}`);
  }

  lockSetClass(
    h: EventHeader,
    hi: number,
    lo: number,
    name: number,
    keyHi: number,
    keyLo: number,
    subclass: number,
    ip: number,
  ): void {
    const key = `key=${address(keyHi, keyLo)} subclass=${subclass}`;
    this.#line(h, `lock_set_class: ${address(hi, lo)} ${this.#name(name)} ${key}${this.#ip(ip)}`);
  }

  lockDowngrade(h: EventHeader, hi: number, lo: number, ip: number): void {
    this.#line(h, `lock_downgrade: ${address(hi, lo)}${this.#ip(ip)}`);
  }

  lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void {
    this.#line(h, `lock_free_check: ${address(hi, lo)} len=${len}`);
  }

  hardirqsOn(h: EventHeader, ip: number): void {
    this.#switch(h, 'irq_enable', ip);
  }

  hardirqsOff(h: EventHeader, ip: number): void {
    this.#switch(h, 'irq_disable', ip);
  }

  preemptOn(h: EventHeader, ip: number): void {
    this.#switch(h, 'preempt_enable', ip);
  }

  preemptOff(h: EventHeader, ip: number): void {
    this.#switch(h, 'preempt_disable', ip);
  }

  /** The kernel's form where it tells the same: its call sites are words, and those of the entry code mean user mode. */
  #switch(h: EventHeader, event: string, ip: number): void {
    const site = this.#name(ip);
    if (site === '' || /\s/.test(site) || isUserEntry(site)) this.#line(h, `lockvet_${event}:${this.#ip(ip)}`);
    else this.#line(h, `${event}: caller=${site} parent=0x0`);
  }

  softirqsOn(h: EventHeader, ip: number): void {
    this.#line(h, `lock_softirqs: on${this.#ip(ip)}`);
  }

  softirqsOff(h: EventHeader, ip: number): void {
    this.#line(h, `lock_softirqs: off${this.#ip(ip)}`);
  }

  hardirqEntry(h: EventHeader, irq: number, name: number): void {
    this.#line(h, `irq_handler_entry: irq=${irq} name=${this.#name(name)}`);
  }

  hardirqExit(h: EventHeader, irq: number): void {
    this.#line(h, `irq_handler_exit: irq=${irq} ret=handled`);
  }

  softirqEntry(h: EventHeader, vector: number): void {
    this.#line(h, `softirq_entry: vec=${vector}`);
  }

  softirqExit(h: EventHeader, vector: number): void {
    this.#line(h, `softirq_exit: vec=${vector}`);
  }

  alloc(h: EventHeader, a: AllocEvent): void {
    this.#allocator(h, a, ALLOC_EVENTS, 'lockvet_alloc');
  }

  free(h: EventHeader, a: AllocEvent): void {
    this.#allocator(h, a, FREE_EVENTS, 'lockvet_free');
  }

  #allocator(h: EventHeader, a: AllocEvent, kernel: ReadonlyMap<string, AllocKind>, own: string): void {
    const event = this.#name(a.event);
    const site = this.#name(a.ip);
    const isPage = a.kind === AllocKind.Page || a.kind === AllocKind.PageBatch;
    const isKernel = kernel.get(event) === a.kind && !/\s/.test(site);
    const fields: string[] = [];
    if (!isKernel) fields.push(`kind=${a.kind}`, `event=${event.replaceAll(' ', '_')}`);
    else if (site !== '') fields.push(`call_site=${site}`);
    fields.push(`${isPage ? 'page' : 'ptr'}=${address(a.hi, a.lo)}`);
    if (a.size >= 0) fields.push(`${isPage ? 'size' : 'bytes_req'}=${a.size}`);
    if (a.order >= 0) fields.push(`order=${a.order}`);
    if (a.gfp >= 0) fields.push(`gfp_flags=${gfpText(a.gfp)}`);
    this.#line(h, `${isKernel ? event : own}: ${fields.join(' ')}${isKernel ? '' : this.#ip(a.ip)}`);
  }

  schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    const state = prevState === TaskState.Running ? 'R' : prevState === TaskState.Dead ? 'X' : 'S';
    const prev = `prev_comm=${this.#name(h.comm)} prev_pid=${prevPid} prev_prio=120 prev_state=${state}`;
    this.#line(h, `sched_switch: ${prev} ==> next_comm=${this.#name(nextComm)} next_pid=${nextPid} next_prio=120`);
  }

  taskFork(h: EventHeader, childPid: number, childComm: number): void {
    const child = `child_comm=${this.#name(childComm)} child_pid=${childPid}`;
    this.#line(h, `sched_process_fork: comm=${this.#name(h.comm)} pid=${h.pid} ${child}`);
  }

  taskExit(h: EventHeader, pid: number): void {
    this.#line(h, `sched_process_exit: comm=${this.#name(h.comm)} pid=${pid} prio=120`);
  }

  userMode(h: EventHeader): void {
    this.#line(h, 'lockvet_user_mode:');
  }

  waitBegin(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#line(h, `lockvet_wait_begin: ${address(hi, lo)} ${this.#name(name)} kind=${kind}${this.#ip(ip)}`);
  }

  waitEnd(h: EventHeader, hi: number, lo: number, name: number, kind: number): void {
    this.#line(h, `lockvet_wait_end: ${address(hi, lo)} ${this.#name(name)} kind=${kind}`);
  }

  wakeUp(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#line(h, `lockvet_wake_up: ${address(hi, lo)} ${this.#name(name)} kind=${kind}${this.#ip(ip)}`);
  }

  mightSleep(h: EventHeader, ip: number): void {
    this.#line(h, `lockvet_might_sleep:${this.#ip(ip)}`);
  }

  rcuDereference(h: EventHeader, isProtected: boolean, name: number, ip: number): void {
    const condition = `protected=${isProtected ? 1 : 0}`;
    this.#line(h, `lockvet_rcu_dereference: ${this.#name(name)} ${condition}${this.#ip(ip)}`);
  }

  lockdepOff(h: EventHeader, ip: number): void {
    this.#line(h, `lockvet_lockdep_off:${this.#ip(ip)}`);
  }

  lockdepOn(h: EventHeader, ip: number): void {
    this.#line(h, `lockvet_lockdep_on:${this.#ip(ip)}`);
  }

  selftest(h: EventHeader, begin: boolean, name: number): void {
    this.#line(h, `lock_selftest: ${begin ? 'begin' : 'end'} ${this.#name(name)} expected=? verdict=?`);
  }

  kernelReport(h: EventHeader, report: KernelReport): void {
    this.#line(h, `lockvet_report: ${JSON.stringify(report)}`);
  }

  lostEvents(cpu: number, count: number): void {
    this.#add(count > 0 ? `CPU:${cpu} [LOST ${count} EVENTS]\n` : `CPU:${cpu} [LOST EVENTS]\n`);
  }

  end(): void {
    this.#flush();
  }
}
