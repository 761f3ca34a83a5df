import {
  type AllocEvent,
  type EventHeader,
  type EventSink,
  type KernelReport,
  type LockAcquire,
  NullSink,
} from '../model/events.js';
import { gfpText } from '../model/gfp.js';
import type { NameTable } from '../model/names.js';

/** Process numbers of the two groups of tracks. */
const CPUS = 1;
const TASKS = 2;
/** Idle tasks share pid 0: a track a CPU, from here. */
const IDLE = 1_000_000;
const FLUSH = 1 << 16;

type Fields = Readonly<Record<string, string | number | boolean | object>>;

/**
 * Writes a run as Chrome trace events, which ui.perfetto.dev opens: a track a CPU with what runs on it, a track a task
 * with its lock holds as slices and its waits, and an arrow from each wake-up to the wait that it ends.
 */
export class PerfettoWriter extends NullSink implements EventSink {
  readonly #names: NameTable;
  readonly #write: (text: string) => void;
  #text = '{"displayTimeUnit":"ns","traceEvents":[\n';
  #first = true;
  #flows = 0;
  readonly #tracks = new Set<number>();
  /** Open slice of each CPU, and open holds of each task track. */
  readonly #running = new Map<number, boolean>();
  readonly #holds = new Map<number, { key: string; id: number }[]>();
  readonly #lastWake = new Map<string, { flow: number }>();
  #last = 0;

  constructor(names: NameTable, write: (text: string) => void) {
    super();
    this.#names = names;
    this.#write = write;
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    const track = this.#track(h);
    const key = `${a.hi}:${a.lo}`;
    const holds = this.#holds.get(track) ?? [];
    this.#holds.set(track, holds);
    const id = ++this.#flows;
    holds.push({ key, id });
    const name = `${this.#names.text(a.name)}${a.read > 0 ? ' (read)' : ''}`;
    // Holds need not nest, so each is an asynchronous slice of its own on the task's track.
    this.#event(h, {
      ph: 'b',
      cat: 'lock',
      id,
      name,
      pid: TASKS,
      tid: track,
      args: this.#args(a.ip, { subclass: a.subclass }),
    });
  }

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    const track = this.#track(h);
    const holds = this.#holds.get(track) ?? [];
    const at = holds.findLastIndex((hold) => hold.key === `${hi}:${lo}`);
    if (at < 0) return;
    const [hold] = holds.splice(at, 1);
    this.#event(h, { ph: 'e', cat: 'lock', id: hold?.id ?? 0, name: this.#names.text(name), pid: TASKS, tid: track });
  }

  override lockContended(h: EventHeader, _hi: number, _lo: number, name: number): void {
    this.#instant(h, `contended: ${this.#names.text(name)}`, {});
  }

  override schedSwitch(h: EventHeader, _prevPid: number, _state: number, nextPid: number, nextComm: number): void {
    this.#track(h);
    if (this.#running.get(h.cpu) === true) this.#event(h, { ph: 'E', pid: CPUS, tid: h.cpu });
    this.#running.set(h.cpu, nextPid !== 0);
    if (nextPid !== 0)
      this.#event(h, { ph: 'B', name: `${this.#names.text(nextComm)}-${nextPid}`, pid: CPUS, tid: h.cpu });
  }

  override hardirqEntry(h: EventHeader, irq: number, name: number): void {
    this.#event(h, { ph: 'B', name: `irq ${irq}: ${this.#names.text(name)}`, pid: CPUS, tid: h.cpu });
  }

  override hardirqExit(h: EventHeader): void {
    this.#event(h, { ph: 'E', pid: CPUS, tid: h.cpu });
  }

  override softirqEntry(h: EventHeader, vector: number): void {
    this.#event(h, { ph: 'B', name: `softirq ${vector}`, pid: CPUS, tid: h.cpu });
  }

  override softirqExit(h: EventHeader): void {
    this.#event(h, { ph: 'E', pid: CPUS, tid: h.cpu });
  }

  override alloc(h: EventHeader, a: AllocEvent): void {
    const gfp = a.gfp < 0 ? {} : { gfp: gfpText(a.gfp) };
    this.#instant(h, this.#names.text(a.event), this.#args(a.ip, gfp));
  }

  override free(h: EventHeader, a: AllocEvent): void {
    this.#instant(h, this.#names.text(a.event), this.#args(a.ip, {}));
  }

  override waitBegin(h: EventHeader, hi: number, lo: number, name: number, _kind: number, ip: number): void {
    const tid = this.#track(h);
    const args = this.#args(ip, {});
    this.#event(h, {
      ph: 'b',
      cat: 'wait',
      id: `${tid}:${hi}:${lo}`,
      name: `wait: ${this.#names.text(name)}`,
      pid: TASKS,
      tid,
      args,
    });
  }

  override waitEnd(h: EventHeader, hi: number, lo: number, name: number): void {
    const tid = this.#track(h);
    const wake = this.#lastWake.get(`${hi}:${lo}`);
    if (wake !== undefined) {
      this.#event(h, { ph: 'f', bp: 'e', cat: 'wake', id: wake.flow, name: 'wake', pid: CPUS, tid: h.cpu });
      this.#lastWake.delete(`${hi}:${lo}`);
    }
    this.#event(h, {
      ph: 'e',
      cat: 'wait',
      id: `${tid}:${hi}:${lo}`,
      name: `wait: ${this.#names.text(name)}`,
      pid: TASKS,
      tid,
    });
  }

  override wakeUp(h: EventHeader, hi: number, lo: number, name: number, _kind: number, ip: number): void {
    const flow = ++this.#flows;
    this.#lastWake.set(`${hi}:${lo}`, { flow });
    this.#instant(h, `wake: ${this.#names.text(name)}`, this.#args(ip, {}));
    this.#event(h, { ph: 's', cat: 'wake', id: flow, name: 'wake', pid: CPUS, tid: h.cpu });
  }

  override kernelReport(h: EventHeader, report: KernelReport): void {
    this.#instant(h, `${report.rule}: ${report.message}`, {});
  }

  override end(): void {
    for (const [cpu, open] of this.#running)
      if (open) this.#raw({ ph: 'E', pid: CPUS, tid: cpu, ts: this.#last / 1000 });
    this.#write(`${this.#text}\n]}\n`);
    this.#text = '';
  }

  #args(ip: number, more: Fields): Fields {
    return ip === 0 ? more : { ...more, at: this.#names.text(ip) };
  }

  #instant(h: EventHeader, name: string, args: Fields): void {
    this.#event(h, { ph: 'i', s: 't', name, pid: TASKS, tid: this.#track(h), args });
  }

  /** The task's track, named when it is first seen. */
  #track(h: EventHeader): number {
    const track = h.pid === 0 ? IDLE + h.cpu : h.pid;
    if (this.#tracks.has(track)) return track;
    if (this.#tracks.size === 0) {
      this.#meta('process_name', CPUS, 0, 'CPUs');
      this.#meta('process_name', TASKS, 0, 'Tasks');
    }
    this.#tracks.add(track);
    this.#meta(
      'thread_name',
      TASKS,
      track,
      h.pid === 0 ? `idle of CPU ${h.cpu}` : `${this.#names.text(h.comm)}-${h.pid}`,
    );
    if (!this.#tracks.has(-1 - h.cpu)) {
      this.#tracks.add(-1 - h.cpu);
      this.#meta('thread_name', CPUS, h.cpu, `CPU ${h.cpu}`);
    }
    return track;
  }

  #meta(name: string, pid: number, tid: number, value: string): void {
    this.#raw({ ph: 'M', name, pid, tid, args: { name: value } });
  }

  #event(h: EventHeader, fields: Fields): void {
    this.#last = h.time;
    this.#raw({ ...fields, ts: h.time / 1000 });
  }

  #raw(fields: Fields): void {
    this.#text += `${this.#first ? '' : ',\n'}${JSON.stringify(fields)}`;
    this.#first = false;
    if (this.#text.length < FLUSH) return;
    this.#write(this.#text);
    this.#text = '';
  }
}
