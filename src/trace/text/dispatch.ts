import { AllocKind } from '../../model/events.js';
import {
  irqHandler,
  lockSoftirqs,
  ownSwitch,
  preemptIrq,
  Switch,
  siteOf,
  softirq,
  UserEntrySites,
} from './context-lines.js';
import { Code } from './event-codes.js';
import type { Line } from './line.js';
import { lockAcquire, lockAndName } from './lock-lines.js';
import { allocatorLine } from './memory-lines.js';
import { kernelReport, ownAllocator, rcuDereference, Wait, waitLine } from './own-lines.js';
import { Probed, probeAcquire, probedEvent, probeRelease } from './probe-lines.js';
import { lockDowngrade, lockFreeCheck, lockSelftest, lockSetClass } from './rare-lock-lines.js';
import { schedExit, schedFork, schedSwitch } from './task-lines.js';

/** Hands a line whose header is read to the reader of its event. */
export class Dispatcher {
  readonly #line: Line;
  readonly #entry = new UserEntrySites();
  /** Name ids of the allocators' events, by code. */
  readonly #eventNames: number[] = [];
  /** Events handed to the sink. */
  events = 0;
  /** Events of kinds that are not read. */
  others = 0;

  constructor(line: Line) {
    this.#line = line;
  }

  /** False when the event is known but its fields cannot be read. */
  dispatch(): boolean {
    const line = this.#line;
    const code = line.event;
    if (code === Code.LockAcquire) {
      if (!lockAcquire(line)) return false;
    } else if (code === Code.LockRelease) {
      const name = lockAndName(line);
      if (name < 0) return false;
      line.sink.lockRelease(line.header, line.hi, line.lo, name);
    } else if (code === Code.Other) {
      const probed = probedEvent(line);
      if (probed === Probed.Nothing) {
        this.others++;
        return true;
      }
      if (!(probed === Probed.Acquire ? probeAcquire(line) : probeRelease(line))) return false;
    } else if (!(code <= Code.SchedExit ? this.#kernelEvent(code) : this.#furtherEvent(code))) {
      return false;
    }
    this.events++;
    return true;
  }

  /** The locks' rarer events, contexts and tasks. */
  #kernelEvent(code: number): boolean {
    const line = this.#line;
    switch (code) {
      case Code.LockContended:
      case Code.LockAcquired: {
        const name = lockAndName(line);
        if (name < 0) return false;
        if (code === Code.LockContended) line.sink.lockContended(line.header, line.hi, line.lo, name);
        else line.sink.lockAcquired(line.header, line.hi, line.lo, name);
        return true;
      }
      case Code.LockSetClass:
        return lockSetClass(line);
      case Code.LockDowngrade:
        return lockDowngrade(line);
      case Code.LockFreeCheck:
        return lockFreeCheck(line);
      case Code.LockSoftirqs:
        return lockSoftirqs(line);
      case Code.LockSelftest:
        return lockSelftest(line);
      case Code.ProbeAcquire:
        return probeAcquire(line);
      case Code.ProbeRelease:
        return probeRelease(line);
      case Code.IrqEnable:
        return preemptIrq(line, Switch.IrqsOn, this.#entry);
      case Code.IrqDisable:
        return preemptIrq(line, Switch.IrqsOff, this.#entry);
      case Code.PreemptEnable:
        return preemptIrq(line, Switch.PreemptOn, this.#entry);
      case Code.PreemptDisable:
        return preemptIrq(line, Switch.PreemptOff, this.#entry);
      case Code.IrqEntry:
        return irqHandler(line, true);
      case Code.IrqExit:
        return irqHandler(line, false);
      case Code.SoftirqEntry:
        return softirq(line, true);
      case Code.SoftirqExit:
        return softirq(line, false);
      case Code.SchedSwitch:
        return schedSwitch(line);
      case Code.SchedFork:
        return schedFork(line);
      default:
        return schedExit(line);
    }
  }

  /** Allocators, and the events of simulated kernels. */
  #furtherEvent(code: number): boolean {
    const line = this.#line;
    switch (code) {
      case Code.SystemCall:
      case Code.UserMode:
        line.sink.userMode(line.header);
        return true;
      case Code.KmallocAlloc:
        return this.#allocator(AllocKind.Kmalloc, false);
      case Code.KmallocFree:
        return this.#allocator(AllocKind.Kmalloc, true);
      case Code.CacheAlloc:
        return this.#allocator(AllocKind.KmemCache, false);
      case Code.CacheFree:
        return this.#allocator(AllocKind.KmemCache, true);
      case Code.PageAlloc:
        return this.#allocator(AllocKind.Page, false);
      case Code.PageFree:
        return this.#allocator(AllocKind.Page, true);
      case Code.PageFreeBatched:
        return this.#allocator(AllocKind.PageBatch, true);
      case Code.PercpuAlloc:
        return this.#allocator(AllocKind.Percpu, false);
      case Code.PercpuFree:
        return this.#allocator(AllocKind.Percpu, true);
      case Code.VmallocAlloc:
        return this.#allocator(AllocKind.Vmalloc, false);
      case Code.VmallocFree:
        return this.#allocator(AllocKind.Vmalloc, true);
      case Code.OwnAlloc:
        return ownAllocator(line, false);
      case Code.OwnFree:
        return ownAllocator(line, true);
      case Code.WaitBegin:
        return waitLine(line, Wait.Begin);
      case Code.WaitEnd:
        return waitLine(line, Wait.End);
      case Code.WakeUp:
        return waitLine(line, Wait.WakeUp);
      case Code.MightSleep:
        line.sink.mightSleep(line.header, siteOf(line));
        return true;
      case Code.RcuDereference:
        return rcuDereference(line);
      case Code.LockdepOff:
        line.sink.lockdepOff(line.header, siteOf(line));
        return true;
      case Code.LockdepOn:
        line.sink.lockdepOn(line.header, siteOf(line));
        return true;
      case Code.OwnIrqEnable:
        return ownSwitch(line, Switch.IrqsOn);
      case Code.OwnIrqDisable:
        return ownSwitch(line, Switch.IrqsOff);
      case Code.OwnPreemptEnable:
        return ownSwitch(line, Switch.PreemptOn);
      case Code.OwnPreemptDisable:
        return ownSwitch(line, Switch.PreemptOff);
      case Code.KernelReport:
        return kernelReport(line);
      default:
        return this.#lost();
    }
  }

  #allocator(kind: AllocKind, isFree: boolean): boolean {
    const line = this.#line;
    const code = line.event;
    // kmalloc and kmalloc_node have one code but are told apart by length.
    const slot = (code << 6) | (line.nameEnd - line.nameStart);
    let name = this.#eventNames[slot];
    if (name === undefined) {
      name = line.names.internRange(line.buf, line.nameStart, line.nameEnd);
      this.#eventNames[slot] = name;
    }
    return allocatorLine(line, kind, isFree, name);
  }

  /** perf's `PERF_RECORD_LOST: lost N`. */
  #lost(): boolean {
    const line = this.#line;
    const count = /lost (\d+)/.exec(line.buf.toString('latin1', line.pos, line.findEnd()));
    line.sink.lostEvents(line.header.cpu, count ? Number(count[1]) : 0);
    return true;
  }
}
