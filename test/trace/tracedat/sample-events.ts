import type { EventSpec, Machine } from './writer/formats.js';

/** Event types and symbols of made-up recordings. */

const GFP_TABLE =
  '{( unsigned long)((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u)), "GFP_KERNEL"}, ' +
  '{( unsigned long)(( gfp_t)0x100u), "__GFP_ZERO"}, {( unsigned long)(( gfp_t)0x800u), "__GFP_KSWAPD_RECLAIM"}';

const LOCK_AND_NAME = '"%px %s", REC->lockdep_addr, __get_str(name)';
const PREEMPTIRQ =
  '"caller=%pS parent=%pS", (void *)((unsigned long)(_stext) + REC->caller_offs), (void *)((unsigned long)(_stext) + REC->parent_offs)';

export const STOCK_ACQUIRE: EventSpec = {
  system: 'lock',
  name: 'lock_acquire',
  id: 40,
  fields: [
    { name: 'flags', type: 'u32' },
    { name: 'name', type: 'string' },
    { name: 'lockdep_addr', type: 'ptr' },
  ],
  printFormat:
    '"%px %s%s%s", REC->lockdep_addr, (REC->flags & 1) ? "try " : "", (REC->flags & 2) ? "read " : "", __get_str(name)',
};

/** As {@link STOCK_ACQUIRE}, with every further field that is read, in an order and sizes of its own. */
export const EXTENDED_ACQUIRE: EventSpec = {
  ...STOCK_ACQUIRE,
  fields: [
    { name: 'rd', type: 'u8' },
    { name: 'sub', type: 'u16' },
    { name: 'flags', type: 'u32' },
    { name: 'key', type: 'ptr' },
    { name: 'chk', type: 's8' },
    { name: 'name', type: 'rel_string' },
    { name: 'lockdep_addr', type: 'ptr' },
    { name: 'nest', type: 'ptr' },
    { name: 'ip', type: 'ptr' },
    { name: 'wto', type: 'u8' },
    { name: 'wti', type: 'u32' },
    { name: 'lt', type: 'u8' },
    { name: 'hc', type: 'u8' },
    { name: 'sc', type: 'u8' },
    { name: 'ht', type: 'u16' },
    { name: 'he', type: 'u8' },
    { name: 'se', type: 'u8' },
  ],
  printFormat:
    '"%px %s%s%s subclass=%u read=%u check=%u nest=%px key=%px wait=%u:%u type=%u hardirq_ctx=%u softirq_ctx=%u threaded=%u hardirqs_on=%u softirqs_on=%u ip=%pS", REC->lockdep_addr, (REC->flags & 1) ? "try " : "", (REC->flags & 2) ? "read " : "", __get_rel_str(name), REC->sub, REC->rd, REC->chk, REC->nest, REC->key, REC->wto, REC->wti, REC->lt, REC->hc, REC->sc, REC->ht, REC->he, REC->se, REC->ip',
};

const RELEASE: EventSpec = {
  system: 'lock',
  name: 'lock_release',
  id: 41,
  fields: [
    { name: 'name', type: 'string' },
    { name: 'lockdep_addr', type: 'ptr' },
  ],
  printFormat: LOCK_AND_NAME,
};
const FREE_CHECK: EventSpec = {
  system: 'lock',
  name: 'lock_free_check',
  id: 42,
  fields: [
    { name: 'from', type: 'ptr' },
    { name: 'len', type: 'long' },
  ],
  printFormat: '"%px len=%lu", REC->from, REC->len',
};
const IRQ_DISABLE: EventSpec = {
  system: 'preemptirq',
  name: 'irq_disable',
  id: 50,
  fields: [
    { name: 'caller_offs', type: 's32' },
    { name: 'parent_offs', type: 's32' },
  ],
  printFormat: PREEMPTIRQ,
};
const KMALLOC: EventSpec = {
  system: 'kmem',
  name: 'kmalloc',
  id: 60,
  fields: [
    { name: 'call_site', type: 'long' },
    { name: 'ptr', type: 'ptr' },
    { name: 'bytes_req', type: 'long' },
    { name: 'gfp_flags', type: 'u32' },
  ],
  printFormat: `"call_site=%pS ptr=%p bytes_req=%zu gfp_flags=%s", (void *)REC->call_site, REC->ptr, REC->bytes_req, (REC->gfp_flags) ? __print_flags(REC->gfp_flags, "|", ${GFP_TABLE}) : "none"`,
};
const SOFTIRQ: EventSpec = {
  system: 'irq',
  name: 'softirq_entry',
  id: 70,
  fields: [{ name: 'vec', type: 'u32' }],
  printFormat: '"vec=%u", REC->vec',
};
const SWITCH: EventSpec = {
  system: 'sched',
  name: 'sched_switch',
  id: 80,
  fields: [
    { name: 'prev_comm', type: 'comm' },
    { name: 'prev_pid', type: 's32' },
    { name: 'prev_prio', type: 's32' },
    { name: 'prev_state', type: 'long' },
    { name: 'next_comm', type: 'comm' },
    { name: 'next_pid', type: 's32' },
    { name: 'next_prio', type: 's32' },
  ],
  printFormat:
    '"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d next_prio=%d", REC->prev_comm, REC->prev_pid, REC->prev_prio, (REC->prev_state & 0xff) ? __print_flags(REC->prev_state & 0xff, "|", { 0x00000001, "S" }, { 0x00000002, "D" }, { 0x00000010, "X" }, { 0x00000020, "Z" }) : "R", REC->next_comm, REC->next_pid, REC->next_prio',
};
/** An event that lockvet has no use for: must be stepped over. Long enough for a large event header. */
const UNREAD: EventSpec = {
  system: 'other',
  name: 'mm_page_pcpu_drain',
  id: 90,
  fields: Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, type: 'u32' as const })),
};

export const EVENTS = [STOCK_ACQUIRE, RELEASE, FREE_CHECK, IRQ_DISABLE, KMALLOC, SOFTIRQ, SWITCH, UNREAD];

/** Where the test kernel's text lies. */
export function textStart(machine: Machine): bigint {
  return machine.longSize === 8 ? 0xffffffff81000000n : 0xc1000000n;
}

export const FUNCTIONS = ['_stext', 'do_work', 'take_lock', 'syscall_exit_to_user_mode', 'last_function'];
export const FUNCTION_BYTES = 0x100;

export function kallsyms(machine: Machine): string {
  const digits = machine.longSize * 2;
  const line = (address: bigint, name: string): string => `${address.toString(16).padStart(digits, '0')} t ${name}\n`;
  return (
    FUNCTIONS.map((name, i) => line(textStart(machine) + BigInt(i * FUNCTION_BYTES), name)).join('') +
    line(textStart(machine) + 0x10000n, 'module_function\t[some_module]')
  );
}
