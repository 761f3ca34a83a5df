import { type EventHeader, type KernelReport, NullSink } from './events.js';
import { type Finding, fingerprint, functionOf, type Where } from './finding.js';
import type { NameTable } from './names.js';

/** Turns the kernel's own reports ({@link KernelReport}) into findings, one a fingerprint. */
export class KernelReports extends NullSink {
  readonly #names: NameTable;
  readonly #file: string;
  readonly #ticksPerSecond: number;
  readonly #byFingerprint = new Map<string, Finding>();

  constructor(names: NameTable, file: string, ticksPerSecond = 1e9) {
    super();
    this.#names = names;
    this.#file = file;
    this.#ticksPerSecond = ticksPerSecond;
  }

  /** In order of first occurrence. */
  findings(): Finding[] {
    return [...this.#byFingerprint.values()];
  }

  override kernelReport(h: EventHeader, report: KernelReport): void {
    const id = fingerprint(report.rule, [
      ...report.locks,
      functionOf(report.callSite),
      ...report.evidence.map((step) => functionOf(step.callSite)),
    ]);
    const known = this.#byFingerprint.get(id);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const comm = this.#names.text(h.comm);
    const where: Where = {
      file: this.#file,
      task: `${comm === '' ? '<idle>' : comm}-${h.pid}`,
      cpu: h.cpu,
      time: h.time / this.#ticksPerSecond,
    };
    if (h.line > 0) where.line = h.line;
    if (report.callSite !== '') where.function = report.callSite;
    this.#byFingerprint.set(id, {
      rule: report.rule,
      severity: report.severity,
      confidence: 'certain',
      message: report.message,
      locks: [...report.locks],
      where,
      evidence: report.evidence.map((step) => ({ what: step.what, where: this.#whereOf(step.callSite, step.task) })),
      fingerprint: id,
      count: 1,
    });
  }

  #whereOf(callSite: string, task: string): Where {
    const where: Where = { file: this.#file };
    if (callSite !== '') where.function = callSite;
    if (task !== '') where.task = task;
    return where;
  }
}
