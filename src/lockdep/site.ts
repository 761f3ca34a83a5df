import type { EventHeader } from '../model/events.js';
import { functionOf, type Where } from '../model/finding.js';
import type { NameTable } from '../model/names.js';

/** Where something was first seen: kept for dependencies and usage states, which are few. */
export interface Site {
  ip: number;
  line: number;
  comm: number;
  pid: number;
  cpu: number;
  time: number;
}

export function siteOf(h: EventHeader, ip: number): Site {
  return { ip, line: h.line, comm: h.comm, pid: h.pid, cpu: h.cpu, time: h.time };
}

/** Turns ids into what a report prints. */
export class SiteWriter {
  readonly #names: NameTable;
  readonly #file: string;
  readonly #ticksPerSecond: number;

  constructor(names: NameTable, file: string, ticksPerSecond: number) {
    this.#names = names;
    this.#file = file;
    this.#ticksPerSecond = ticksPerSecond;
  }

  /** `function+0x12/0x34`, or '' when unknown. */
  callSite(ip: number): string {
    return this.#names.text(ip);
  }

  /** The function of a call site, without offset and compiler suffix; '' when unknown. */
  function(ip: number): string {
    return functionOf(this.#names.text(ip));
  }

  name(id: number): string {
    return this.#names.text(id);
  }

  /** `comm-pid`; the idle task of a CPU is `<idle>-0`. */
  task(comm: number, pid: number): string {
    const text = this.#names.text(comm);
    return `${text === '' ? (pid === 0 ? '<idle>' : '<...>') : text}-${pid}`;
  }

  where(site: Site): Where {
    const where: Where = { file: this.#file };
    if (site.line > 0) where.line = site.line;
    const callSite = this.callSite(site.ip);
    if (callSite !== '') where.function = callSite;
    where.task = this.task(site.comm, site.pid);
    where.cpu = site.cpu;
    where.time = site.time / this.#ticksPerSecond;
    return where;
  }
}
