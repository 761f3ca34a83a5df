import { shellQuote } from './quote.js';
import { CLEANUP, PREAMBLE, RECORD, SETUP } from './script-parts.js';
import { EVENT_GROUPS, type EventGroup, LOCK_EVENTS, type RecordSettings } from './settings.js';

/** Event probe on the stock lock_acquire: what `struct lockdep_map` holds at the offsets of a 64-bit kernel since 5.8. */
const PROBE_ACQUIRE =
  'lock/lock_acquire flags=$flags:u32 map=$lockdep_addr:x64 key=+0($lockdep_addr):x64 name=+0(+24($lockdep_addr)):string outer=+32($lockdep_addr):u8 inner=+33($lockdep_addr):u8 type=+34($lockdep_addr):u8';
const PROBE_RELEASE = 'lock/lock_release map=$lockdep_addr:x64';

/**
 * The script that records a kernel: POSIX shell, to be run as root on the machine that is recorded. LOCKVET_TRACEFS names
 * another tracing directory than the system's. Settings must hold no NUL character.
 */
export function recordScript(settings: RecordSettings): string {
  const { duration, command } = settings;
  const values: readonly (readonly [string, string])[] = [
    ['OUTPUT', settings.output.startsWith('-') ? `./${settings.output}` : settings.output],
    ['DURATION', duration === undefined ? '' : String(duration)],
    ['BUFFER_KB', String(settings.bufferKb)],
    ['READ', settings.read],
    ['STOCK_EVENTS', settings.stockEvents ? '1' : '0'],
    ['DRY_RUN', settings.dryRun ? '1' : '0'],
    ['EVENTS', eventsOf(settings.groups).join(' ')],
    ['LOCK_EVENTS', LOCK_EVENTS.join(' ')],
    ['PROBE_ACQUIRE', PROBE_ACQUIRE],
    ['PROBE_RELEASE', PROBE_RELEASE],
  ];
  const head = [
    '#!/bin/sh',
    '# Records lock, memory, scheduler and interrupt events of the running kernel in a form that "lockvet lint" reads.',
    '# Made by "lockvet record". Run it as root; --dry-run only tells what it would do.',
    "# shellcheck disable=SC1003,SC2016,SC2317 # quoted words are not the shell's; traps call functions",
    'set -u',
    '',
    '# All in one function: the shell has read it to the end before it runs a command that may read the same input.',
    'main() {',
    ...values.map(([name, value]) => `${name}=${shellQuote(value)}`),
  ].join('\n');
  const around = command.length === 0 ? '' : `\n[ "$#" -gt 0 ] || set -- ${command.map(shellQuote).join(' ')}\n`;
  return `${head}\n${PREAMBLE}${around}${CLEANUP}${SETUP}${RECORD}}\n\nmain "$@"\n`;
}

/** Events of the groups, in the order of the table whatever the order asked for. */
function eventsOf(groups: readonly EventGroup[]): string[] {
  const chosen = (Object.keys(EVENT_GROUPS) as EventGroup[]).filter((group) => groups.includes(group));
  return chosen.flatMap((group) => [...EVENT_GROUPS[group]]);
}
