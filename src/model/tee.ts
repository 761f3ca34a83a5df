import type { AllocEvent, EventHeader, EventSink, KernelReport, LockAcquire } from './events.js';

/**
 * Hands every event to one sink, then to another: the second finds the first's state as it is after the event. Sinks that
 * ignore an event (an empty {@link NullSink} method) cost next to nothing: the engine inlines the call away.
 */
export class TeeSink implements EventSink {
  readonly #first: EventSink;
  readonly #second: EventSink;

  constructor(first: EventSink, second: EventSink) {
    this.#first = first;
    this.#second = second;
  }

  lockAcquire(h: EventHeader, a: LockAcquire): void {
    this.#first.lockAcquire(h, a);
    this.#second.lockAcquire(h, a);
  }

  lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#first.lockRelease(h, hi, lo, name);
    this.#second.lockRelease(h, hi, lo, name);
  }

  lockContended(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#first.lockContended(h, hi, lo, name);
    this.#second.lockContended(h, hi, lo, name);
  }

  lockAcquired(h: EventHeader, hi: number, lo: number, name: number): void {
    this.#first.lockAcquired(h, hi, lo, name);
    this.#second.lockAcquired(h, hi, lo, name);
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
    this.#first.lockSetClass(h, hi, lo, name, keyHi, keyLo, subclass, ip);
    this.#second.lockSetClass(h, hi, lo, name, keyHi, keyLo, subclass, ip);
  }

  lockDowngrade(h: EventHeader, hi: number, lo: number, ip: number): void {
    this.#first.lockDowngrade(h, hi, lo, ip);
    this.#second.lockDowngrade(h, hi, lo, ip);
  }

  lockFreeCheck(h: EventHeader, hi: number, lo: number, len: number): void {
    this.#first.lockFreeCheck(h, hi, lo, len);
    this.#second.lockFreeCheck(h, hi, lo, len);
  }

  hardirqsOn(h: EventHeader, ip: number): void {
    this.#first.hardirqsOn(h, ip);
    this.#second.hardirqsOn(h, ip);
  }

  hardirqsOff(h: EventHeader, ip: number): void {
    this.#first.hardirqsOff(h, ip);
    this.#second.hardirqsOff(h, ip);
  }

  softirqsOn(h: EventHeader, ip: number): void {
    this.#first.softirqsOn(h, ip);
    this.#second.softirqsOn(h, ip);
  }

  softirqsOff(h: EventHeader, ip: number): void {
    this.#first.softirqsOff(h, ip);
    this.#second.softirqsOff(h, ip);
  }

  preemptOn(h: EventHeader, ip: number): void {
    this.#first.preemptOn(h, ip);
    this.#second.preemptOn(h, ip);
  }

  preemptOff(h: EventHeader, ip: number): void {
    this.#first.preemptOff(h, ip);
    this.#second.preemptOff(h, ip);
  }

  hardirqEntry(h: EventHeader, irq: number, name: number): void {
    this.#first.hardirqEntry(h, irq, name);
    this.#second.hardirqEntry(h, irq, name);
  }

  hardirqExit(h: EventHeader, irq: number): void {
    this.#first.hardirqExit(h, irq);
    this.#second.hardirqExit(h, irq);
  }

  softirqEntry(h: EventHeader, vector: number): void {
    this.#first.softirqEntry(h, vector);
    this.#second.softirqEntry(h, vector);
  }

  softirqExit(h: EventHeader, vector: number): void {
    this.#first.softirqExit(h, vector);
    this.#second.softirqExit(h, vector);
  }

  alloc(h: EventHeader, a: AllocEvent): void {
    this.#first.alloc(h, a);
    this.#second.alloc(h, a);
  }

  free(h: EventHeader, a: AllocEvent): void {
    this.#first.free(h, a);
    this.#second.free(h, a);
  }

  schedSwitch(h: EventHeader, prevPid: number, prevState: number, nextPid: number, nextComm: number): void {
    this.#first.schedSwitch(h, prevPid, prevState, nextPid, nextComm);
    this.#second.schedSwitch(h, prevPid, prevState, nextPid, nextComm);
  }

  taskFork(h: EventHeader, childPid: number, childComm: number): void {
    this.#first.taskFork(h, childPid, childComm);
    this.#second.taskFork(h, childPid, childComm);
  }

  taskExit(h: EventHeader, pid: number): void {
    this.#first.taskExit(h, pid);
    this.#second.taskExit(h, pid);
  }

  userMode(h: EventHeader): void {
    this.#first.userMode(h);
    this.#second.userMode(h);
  }

  waitBegin(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#first.waitBegin(h, hi, lo, name, kind, ip);
    this.#second.waitBegin(h, hi, lo, name, kind, ip);
  }

  waitEnd(h: EventHeader, hi: number, lo: number, name: number, kind: number): void {
    this.#first.waitEnd(h, hi, lo, name, kind);
    this.#second.waitEnd(h, hi, lo, name, kind);
  }

  wakeUp(h: EventHeader, hi: number, lo: number, name: number, kind: number, ip: number): void {
    this.#first.wakeUp(h, hi, lo, name, kind, ip);
    this.#second.wakeUp(h, hi, lo, name, kind, ip);
  }

  mightSleep(h: EventHeader, ip: number): void {
    this.#first.mightSleep(h, ip);
    this.#second.mightSleep(h, ip);
  }

  rcuDereference(h: EventHeader, isProtected: boolean, name: number, ip: number): void {
    this.#first.rcuDereference(h, isProtected, name, ip);
    this.#second.rcuDereference(h, isProtected, name, ip);
  }

  lockdepOff(h: EventHeader, ip: number): void {
    this.#first.lockdepOff(h, ip);
    this.#second.lockdepOff(h, ip);
  }

  lockdepOn(h: EventHeader, ip: number): void {
    this.#first.lockdepOn(h, ip);
    this.#second.lockdepOn(h, ip);
  }

  selftest(h: EventHeader, begin: boolean, name: number): void {
    this.#first.selftest(h, begin, name);
    this.#second.selftest(h, begin, name);
  }

  kernelReport(h: EventHeader, report: KernelReport): void {
    this.#first.kernelReport(h, report);
    this.#second.kernelReport(h, report);
  }

  lostEvents(cpu: number, count: number): void {
    this.#first.lostEvents(cpu, count);
    this.#second.lostEvents(cpu, count);
  }

  end(): void {
    this.#first.end();
    this.#second.end();
  }
}
