import type { AllocEvent, EventHeader, EventSink, KernelReport, LockAcquire } from '../../src/model/events.js';
import type { NameTable } from '../../src/model/names.js';

/** An event as plain data: what was called with what, names as text. */
export type LoggedEvent = readonly [what: string, ...rest: unknown[]];

/** Writes down every event it gets, with all of its header, for comparisons. */
export class LogSink implements EventSink {
  readonly events: LoggedEvent[] = [];
  readonly names: NameTable;
  /** Leaves line numbers out. */
  withoutLines = false;

  constructor(names: NameTable) {
    this.names = names;
  }

  #log(what: string, h: EventHeader, ...rest: unknown[]): void {
    const { cpu, pid, time, line, context, preemptDepth } = h;
    const header = [this.#text(h.comm), pid, cpu, time, context, preemptDepth, this.withoutLines ? 0 : line];
    this.events.push([what, ...header, ...rest]);
  }

  #text(id: number): string {
    return this.names.text(id);
  }

  lockAcquire(h: EventHeader, a: LockAcquire): void {
    this.#log('acquire', h, { ...a, name: this.#text(a.name), ip: this.#text(a.ip) });
  }
  lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#log('release', h, hi, lo, this.#text(name));
  }
  lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#log('contended', h, hi, lo, this.#text(name));
  }
  lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#log('acquired', h, hi, lo, this.#text(name));
  }
  lockSetClass(
    h: EventHeader,
    hi: number,
    lo: number,
    name: number,
    keyHi: number,
    keyLo: number,
    sub: number,
    ip: number,
  ): void {
    this.#log('setClass', h, hi, lo, this.#text(name), keyHi, keyLo, sub, this.#text(ip));
  }
  lockDowngrade(h: EventHeader, hi: number, lo: number, ip: number): void {
    this.#log('downgrade', h, hi, lo, this.#text(ip));
  }
  lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void {
    this.#log('freeCheck', h, hi, lo, len);
  }
  hardirqsOn(h: EventHeader, ip: number): void {
    this.#log('hardirqsOn', h, this.#text(ip));
  }
  hardirqsOff(h: EventHeader, ip: number): void {
    this.#log('hardirqsOff', h, this.#text(ip));
  }
  softirqsOn(h: EventHeader, ip: number): void {
    this.#log('softirqsOn', h, this.#text(ip));
  }
  softirqsOff(h: EventHeader, ip: number): void {
    this.#log('softirqsOff', h, this.#text(ip));
  }
  preemptOn(h: EventHeader, ip: number): void {
    this.#log('preemptOn', h, this.#text(ip));
  }
  preemptOff(h: EventHeader, ip: number): void {
    this.#log('preemptOff', h, this.#text(ip));
  }
  hardirqEntry(h: EventHeader, irq: number, name: number): void {
    this.#log('hardirqEntry', h, irq, this.#text(name));
  }
  hardirqExit(h: EventHeader, irq: number): void {
    this.#log('hardirqExit', h, irq);
  }
  softirqEntry(h: EventHeader, vector: number): void {
    this.#log('softirqEntry', h, vector);
  }
  softirqExit(h: EventHeader, vector: number): void {
    this.#log('softirqExit', h, vector);
  }
  alloc(h: EventHeader, a: AllocEvent): void {
    this.#log('alloc', h, { ...a, event: this.#text(a.event), ip: this.#text(a.ip) });
  }
  free(h: EventHeader, a: AllocEvent): void {
    this.#log('free', h, { ...a, event: this.#text(a.event), ip: this.#text(a.ip) });
  }
  schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    this.#log('switch', h, prevPid, prevState, nextPid, this.#text(nextComm));
  }
  taskFork(h: EventHeader, childPid: number, childComm: number): void {
    this.#log('fork', h, childPid, this.#text(childComm));
  }
  taskExit(h: EventHeader, pid: number): void {
    this.#log('exit', h, pid);
  }
  userMode(h: EventHeader): void {
    this.#log('userMode', h);
  }
  waitBegin(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#log('waitBegin', h, hi, lo, this.#text(name), kind, this.#text(ip));
  }
  waitEnd(h: EventHeader, hi: number, lo: number, name: number, kind: number): void {
    this.#log('waitEnd', h, hi, lo, this.#text(name), kind);
  }
  wakeUp(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#log('wakeUp', h, hi, lo, this.#text(name), kind, this.#text(ip));
  }
  mightSleep(h: EventHeader, ip: number): void {
    this.#log('mightSleep', h, this.#text(ip));
  }
  rcuDereference(h: EventHeader, isProtected: boolean, name: number, ip: number): void {
    this.#log('rcuDereference', h, isProtected, this.#text(name), this.#text(ip));
  }
  lockdepOff(h: EventHeader, ip: number): void {
    this.#log('lockdepOff', h, this.#text(ip));
  }
  lockdepOn(h: EventHeader, ip: number): void {
    this.#log('lockdepOn', h, this.#text(ip));
  }
  selftest(h: EventHeader, begin: boolean, name: number): void {
    this.#log('selftest', h, begin, this.#text(name));
  }
  kernelReport(h: EventHeader, report: KernelReport): void {
    this.#log('kernelReport', h, report);
  }
  lostEvents(cpu: number, count: number): void {
    this.events.push(['lost', cpu, count]);
  }
  end(): void {
    this.events.push(['end']);
  }
}
