import { type ByteReader, latin1 } from './bytes.js';
import type { TraceDatLayout } from './layout.js';

/** Option numbers that both file versions share and lockvet uses. */
export const Option = {
  Done: 0,
  Date: 1,
  CpuStat: 2,
  Buffer: 3,
  TraceClock: 4,
  Uname: 5,
  Offset: 7,
  CpuCount: 8,
  Tsc2Nsec: 14,
  HeaderInfo: 16,
  FtraceEvents: 17,
  EventFormats: 18,
  Kallsyms: 19,
  Cmdlines: 21,
  BufferText: 22,
} as const;

/** Takes over an option that is plain data (no offset into the file); others are left to the caller. */
export function applyOption(layout: TraceDatLayout, id: number, data: ByteReader): void {
  switch (id) {
    case Option.Date:
      // Hexadecimal microseconds to the time of day.
      layout.timeOffset += integerText(data) * 1000;
      return;
    case Option.Offset:
      layout.timeOffset += integerText(data);
      return;
    case Option.Uname:
      layout.uname = optionText(data);
      return;
    case Option.CpuStat:
      readOverruns(layout, optionText(data));
      return;
    case Option.Tsc2Nsec: {
      const multiplier = data.u32();
      const shift = data.u32();
      if (multiplier > 0 && shift < 64) layout.tsc = { multiplier, shift };
      return;
    }
  }
}

/** The clock of a `trace_clock` text: the word in brackets, or the whole text where it is only one. */
export function selectedClock(text: string): string {
  const bracketed = /\[([^\]]*)\]/.exec(text);
  if (bracketed) return bracketed[1] ?? '';
  return /^\S+$/.test(text.trim()) ? text.trim() : '';
}

/** The text of an option, up to its first NUL. */
export function optionText(data: ByteReader): string {
  const bytes = data.take(data.left);
  const end = bytes.indexOf(0);
  return latin1(end < 0 ? bytes : bytes.subarray(0, end));
}

function integerText(data: ByteReader): number {
  const text = optionText(data).trim();
  const match = /^([+-]?)(0x[0-9a-f]+|\d+)/i.exec(text);
  if (!match) return 0;
  const value = Number(match[2]);
  return match[1] === '-' ? -value : value;
}

/** The kernel's per-CPU statistics: events overwritten or dropped before the recorder could read them. */
function readOverruns(layout: TraceDatLayout, text: string): void {
  const cpu = /^CPU:\s*(\d+)/m.exec(text);
  if (!cpu) return;
  let events = 0;
  for (const match of text.matchAll(/^(?:overrun|dropped events):\s*(\d+)/gm)) events += Number(match[1]);
  if (events > 0) layout.overruns.push({ cpu: Number(cpu[1]), events });
}
