import { AllocKind, type KernelReport } from '../../model/events.js';
import { bytes } from './ascii.js';
import { siteOf } from './context-lines.js';
import type { Line } from './line.js';
import { allocatorFields } from './memory-lines.js';

const IP = bytes(' ip=');
const KIND = bytes(' kind=');
const EVENT = bytes(' event=');
const PROTECTED = bytes(' protected=');

/** Which of the wait events a line tells. */
export const Wait = { Begin: 0, End: 1, WakeUp: 2 } as const;

/** `ADDR NAME kind=N [ip=SITE]`: events of waiting, which the kernel has no tracepoints for. */
export function waitLine(line: Line, what: number): boolean {
  line.findEnd();
  const name = line.address(line.skipSpaces(line.pos));
  if (name < 0) return false;
  const { hi, lo } = line;
  const nameEnd = line.findLast(name, KIND);
  if (nameEnd < 0 || line.decimal(nameEnd + KIND.length) < 0) return false;
  const kind = line.value;
  const id = line.names.internRange(line.buf, name + 1, nameEnd);
  line.pos = nameEnd;
  const ip = siteOf(line);
  if (what === Wait.Begin) line.sink.waitBegin(line.header, hi, lo, id, kind, ip);
  else if (what === Wait.End) line.sink.waitEnd(line.header, hi, lo, id, kind);
  else line.sink.wakeUp(line.header, hi, lo, id, kind, ip);
  return true;
}

/** `EXPRESSION protected=0|1 [ip=SITE]`. */
export function rcuDereference(line: Line): boolean {
  line.findEnd();
  const name = line.skipSpaces(line.pos);
  const nameEnd = line.findLast(line.pos, PROTECTED);
  if (nameEnd < 0 || line.decimal(nameEnd + PROTECTED.length) < 0) return false;
  const isProtected = line.value !== 0;
  line.pos = nameEnd + PROTECTED.length;
  const id = line.names.internRange(line.buf, name, nameEnd);
  line.sink.rcuDereference(line.header, isProtected, id, siteOf(line));
  return true;
}

/** `kind=N event=NAME ptr=.. [size=..] [order=..] [gfp_flags=..] [ip=SITE]`: allocators of the simulated kernel. */
export function ownAllocator(line: Line, isFree: boolean): boolean {
  const a = line.alloc;
  line.findEnd();
  const kind = line.find(line.pos, KIND);
  if (kind < 0) return false;
  const behind = line.decimal(kind);
  if (behind < 0 || line.value > AllocKind.PageBatch) return false;
  a.kind = line.value as AllocKind;
  const event = line.find(line.pos, EVENT);
  a.event = event < 0 ? 0 : line.names.internRange(line.buf, event, line.wordEnd(event));
  a.gfp = -1;
  a.size = -1;
  a.order = -1;
  a.hi = 0;
  a.lo = 0;
  line.pos = behind;
  // The call site ends the line and may be any text.
  const site = line.find(behind, IP);
  allocatorFields(line, site < 0 ? line.end : site - IP.length);
  a.ip = siteOf(line);
  if (isFree) line.sink.free(line.header, a);
  else line.sink.alloc(line.header, a);
  return true;
}

/** `{...}`: a report as JSON. False when it is not one. */
export function kernelReport(line: Line): boolean {
  line.findEnd();
  const report = reportOf(line.buf.toString('utf8', line.pos, line.end));
  if (report === undefined) return false;
  line.sink.kernelReport(line.header, report);
  return true;
}

function reportOf(text: string): KernelReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isKernelReport(value) ? value : undefined;
}

const SEVERITIES: readonly unknown[] = ['error', 'warning', 'note'];

function isKernelReport(value: unknown): value is KernelReport {
  if (!isRecord(value) || !Array.isArray(value.locks) || !Array.isArray(value.evidence)) return false;
  const isStep = (step: unknown): boolean =>
    isRecord(step) && [step.what, step.callSite, step.task].every((text) => typeof text === 'string');
  return (
    [value.rule, value.message, value.callSite, ...value.locks].every((text) => typeof text === 'string') &&
    SEVERITIES.includes(value.severity) &&
    value.evidence.every(isStep)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
