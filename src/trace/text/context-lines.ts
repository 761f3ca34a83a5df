import { functionOf } from '../../model/finding.js';
import { USER_ENTRY_FUNCTIONS } from '../tracedat/user-entry.js';
import { bytes } from './ascii.js';
import type { Line } from './line.js';
import { Literal } from './literal.js';

const CALLER = new Literal(' caller=');
const PARENT = new Literal(' parent=');
const IP = bytes(' ip=');
const IRQ = bytes(' irq=');
const NAME = bytes(' name=');
const VEC = bytes(' vec=');
const ON = bytes('on');
const OFF = bytes('off');

/** What is switched. */
export const Switch = { IrqsOn: 0, IrqsOff: 1, PreemptOn: 2, PreemptOff: 3, BhOn: 4, BhOff: 5 } as const;

function tell(line: Line, what: number, ip: number): void {
  const { sink, header } = line;
  if (what === Switch.IrqsOn) sink.hardirqsOn(header, ip);
  else if (what === Switch.IrqsOff) sink.hardirqsOff(header, ip);
  else if (what === Switch.PreemptOn) sink.preemptOn(header, ip);
  else if (what === Switch.PreemptOff) sink.preemptOff(header, ip);
  else if (what === Switch.BhOn) sink.softirqsOn(header, ip);
  else sink.softirqsOff(header, ip);
}

/** Whether a call site lies in a function of the entry code: each distinct call site is looked at once. */
export class UserEntrySites {
  /** By name id: 0 not looked at, 1 no, 2 yes. */
  #known = new Uint8Array(1024);

  has(line: Line, site: number): boolean {
    if (site >= this.#known.length) {
      const larger = new Uint8Array(Math.max(this.#known.length * 2, site + 1));
      larger.set(this.#known);
      this.#known = larger;
    }
    const known = this.#known[site];
    if (known !== 0) return known === 2;
    const answer = isUserEntry(line.names.text(site));
    this.#known[site] = answer ? 2 : 1;
    return answer;
  }
}

/** True for call sites in functions that run only on the way from or to user mode. */
export function isUserEntry(callSite: string): boolean {
  return USER_ENTRY_FUNCTIONS.includes(functionOf(callSite));
}

/** preemptirq events: `caller=SITE parent=SITE`; in the entry code they also tell of user mode. */
export function preemptIrq(line: Line, what: number, entry: UserEntrySites): boolean {
  const { view } = line;
  const caller = CALLER.behind(view, line.skipSpaces(line.pos) - 1);
  if (caller < 0) return false;
  const ip = line.site(caller);
  tell(line, what, ip);
  const parent = PARENT.behind(view, line.pos);
  const from = parent < 0 ? 0 : line.site(parent);
  if (entry.has(line, ip) || (from !== 0 && entry.has(line, from))) line.sink.userMode(line.header);
  return true;
}

/** lockvet's own form of those events: `ip=SITE`, where the site may be any text. */
export function ownSwitch(line: Line, what: number): boolean {
  tell(line, what, siteOf(line));
  return true;
}

/** `lock_softirqs: on|off ip=SITE`. */
export function lockSoftirqs(line: Line): boolean {
  const p = line.skipSpaces(line.pos);
  const isOn = line.literal(p, ON) >= 0;
  if (!isOn && line.literal(p, OFF) < 0) return false;
  tell(line, isOn ? Switch.BhOn : Switch.BhOff, siteOf(line));
  return true;
}

/** The id of what stands behind ` ip=`, to the line's end; 0 without it. */
export function siteOf(line: Line): number {
  line.findEnd();
  const ip = line.find(line.pos, IP);
  return ip < 0 ? 0 : line.restId(ip);
}

/** `irq=N name=NAME` at the entry, `irq=N ret=...` at the exit. */
export function irqHandler(line: Line, isEntry: boolean): boolean {
  line.findEnd();
  const irq = line.find(line.pos, IRQ);
  if (irq < 0 || line.decimal(irq) < 0) return false;
  const number = line.value;
  if (!isEntry) {
    line.sink.hardirqExit(line.header, number);
    return true;
  }
  const name = line.find(irq, NAME);
  line.sink.hardirqEntry(line.header, number, name < 0 ? 0 : line.restId(name));
  return true;
}

/** `vec=N [action=NAME]`. */
export function softirq(line: Line, isEntry: boolean): boolean {
  line.findEnd();
  const vec = line.find(line.pos, VEC);
  if (vec < 0 || line.decimal(vec) < 0) return false;
  if (isEntry) line.sink.softirqEntry(line.header, line.value);
  else line.sink.softirqExit(line.header, line.value);
  return true;
}
