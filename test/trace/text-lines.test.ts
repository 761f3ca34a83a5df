import { describe, expect, it } from 'vitest';
import { AcquireHas, Ctx, GfpSpelling, TaskState } from '../../src/model/events.js';
import { Gfp } from '../../src/model/gfp.js';
import { body, parse, parseEvent } from './text-helpers.js';

const MAP = { hi: 0xff110000 | 0, lo: 0x00dcdd78 };
const STOCK = {
  ...MAP,
  name: '&a->lock',
  keyHi: 0,
  keyLo: 0,
  subclass: 0,
  trylock: false,
  read: 0,
  check: 1,
  nestHi: 0,
  nestLo: 0,
  waitOuter: 0,
  waitInner: 0,
  lockType: 0,
  lockdepContext: 0,
  ip: '',
  has: 0,
};
const FIELDS =
  'subclass=1 read=0 check=1 nest=0000000000000000 key=ffffffff82110778 wait=0:3 type=1 hardirq_ctx=1 softirq_ctx=0 threaded=1 hardirqs_on=0 softirqs_on=1 ip=f+0x1/0x2';
const EXTENDED = {
  ...STOCK,
  keyHi: -1,
  keyLo: 0x82110778 | 0,
  subclass: 1,
  waitInner: 3,
  lockType: 1,
  lockdepContext: 0b101011,
  ip: 'f+0x1/0x2',
  has: 31,
};

describe('lock_acquire', () => {
  it.each<[string, string, unknown]>([
    ['stock', '&a->lock', STOCK],
    ['trylock', 'try &a->lock', { ...STOCK, trylock: true }],
    ['read', 'read &a->lock', { ...STOCK, read: 1 }],
    ['both', 'try read &a->lock', { ...STOCK, trylock: true, read: 1 }],
    ['a name with spaces and signs', '(x = "y z") read b', { ...STOCK, name: '(x = "y z") read b' }],
    ['a name that mentions a subclass', 'x subclass=1', { ...STOCK, name: 'x subclass=1' }],
    ['extended', `&a->lock ${FIELDS}`, EXTENDED],
    ['a module', `&a->lock ${FIELDS} [ext4]`, { ...EXTENDED, ip: 'f+0x1/0x2 [ext4]' }],
    ['a name that looks like fields', `x ${FIELDS} y ${FIELDS}`, { ...EXTENDED, name: `x ${FIELDS} y` }],
    ['"read " that is part of the name', `read a ${FIELDS}`, { ...EXTENDED, name: 'read a' }],
    ['a recursive reader', `read a ${FIELDS.replace('read=0', 'read=2')}`, { ...EXTENDED, name: 'a', read: 2 }],
    [
      'fields in another order, and unknown ones',
      'a subclass=2 wait=1:4 new=7 key=0x10 check=0',
      {
        ...STOCK,
        name: 'a',
        subclass: 2,
        waitOuter: 1,
        waitInner: 4,
        keyLo: 16,
        check: 0,
        has: AcquireHas.Subclass | AcquireHas.Wait | AcquireHas.Key | AcquireHas.Check,
      },
    ],
  ])('%s', (_what, rest, expected) => {
    expect(parseEvent(`lock_acquire: ff11000000dcdd78 ${rest}`)).toEqual(['acquire', expected]);
    expect(parseEvent(`lock_acquire: ff11000000dcdd78 ${rest}\r`)).toEqual(['acquire', expected]);
    expect(parseEvent(`lock_acquire:         0xff11000000dcdd78x ${rest}`)).toEqual(['acquire', expected]);
  });

  it('reads what trace-cmd prints for no pointer', () => {
    const line = `lock_acquire: ff11000000dcdd78 &a->lock ${FIELDS.replace('0000000000000000', '(nil)x')}`;
    expect(parseEvent(line)).toEqual(['acquire', EXTENDED]);
  });

  it.each([
    'lock_acquire: (____ptrval____) a',
    'lock_acquire: ff11000000dcdd78',
    'lock_acquire:',
    'lock_acquire: xyz a',
    'lock_acquire: ff11000000dcdd7800 a',
  ])('cannot read %j', (line) => {
    expect(parseEvent(line)).toEqual(['unreadable']);
  });
});

describe('event probes', () => {
  const probe = { ...STOCK, name: 'a "b" c', keyLo: 32, waitInner: 2, has: AcquireHas.Key | AcquireHas.Wait };
  const fields = 'flags=1 map=0xff11000000dcdd78 key=0x20 name="a "b" c" outer=0 inner=2 type=0';
  it.each(['acquire: (lock.lock_acquire) ', 'anything: (lock.lock_acquire) ', 'lockvet:acquire: '])('%s', (head) => {
    expect(parseEvent(head + fields)).toEqual(['acquire', { ...probe, trylock: true }]);
  });
  it('reads a faulted name as unknown', () => {
    const line = 'acquire: (lock.lock_acquire) flags=2 map=0xff11000000dcdd78 name=(fault) inner=2';
    expect(parseEvent(line)).toEqual(['acquire', { ...STOCK, name: '', read: 1, waitInner: 2, has: AcquireHas.Wait }]);
  });
  it('reads releases', () => {
    expect(parseEvent('release: (lock.lock_release) map=0xff11000000dcdd78')).toEqual(['release', MAP.hi, MAP.lo, '']);
  });
  it.each([
    ['d..2.', 'd..1.', 1],
    ['d..4.', 'd..1.', 3],
  ])('take off %s the preemption depth that recording a probe adds', (flags, plain, depth) => {
    const { events } = parse(
      `init-1 [000] ${flags} 3.1: acquire: (lock.lock_acquire) ${fields}\n` +
        `init-1 [000] ${flags} 3.2: release: (lock.lock_release) map=0xff11000000dcdd78\n` +
        `init-1 [000] ${plain} 3.3: lock_release: ff11000000dcdd78 a`,
    );
    expect(events.map((event) => event[6])).toEqual([depth, depth, 1]);
  });
  it.each([
    ['a raw_spinlock_t taken at depth 1', `init-1 [000] d..1. 3.1: acquire: (lock.lock_acquire) ${fields}`, 1],
    ['a depth of 0', 'init-1 [000] ..... 3.1: release: (lock.lock_release) map=0xff11000000dcdd78', 0],
  ])('leave the depth as it is behind %s', (_, line, depth) => {
    const { events } = parse(`${line}\ninit-1 [000] ...2. 3.2: release: (lock.lock_release) map=0xff11000000dcdd78`);
    expect(events.map((event) => event[6])).toEqual([depth, 2]);
  });
  it('leaves probes on other events alone', () => {
    expect(parseEvent('mine: (sched.sched_switch) map=0x1')).toEqual([]);
  });
});

describe('other lock events', () => {
  const at = 'ff11000000dcdd78';
  it.each<[string, unknown[]]>([
    [`lock_release: ${at} a b`, ['release', MAP.hi, MAP.lo, 'a b']],
    [`lock_release:         0x${at}x a b`, ['release', MAP.hi, MAP.lo, 'a b']],
    [`lock_contended: ${at} a`, ['contended', MAP.hi, MAP.lo, 'a']],
    [`lock_acquired: ${at} a`, ['acquired', MAP.hi, MAP.lo, 'a']],
    [
      `lock_set_class: ${at} a key=1 key=0000000000000010 subclass=2`,
      ['setClass', MAP.hi, MAP.lo, 'a key=1', 0, 16, 2, ''],
    ],
    [`lock_downgrade: ${at} &mm->mmap_lock`, ['downgrade', MAP.hi, MAP.lo, '']],
    [`lock_free_check: ${at} len=4096`, ['freeCheck', MAP.hi, MAP.lo, 4096]],
    ['lock_softirqs: on ip=f+0x1', ['softirqsOn', 'f+0x1']],
    ['lock_softirqs:        off ip=f+0x1', ['softirqsOff', 'f+0x1']],
    ['lock_selftest: begin AA_spin expected=violation verdict=?', ['selftest', true, 'AA_spin']],
    ['lock_selftest: end AA_spin', ['selftest', false, 'AA_spin']],
  ])('%s', (line, expected) => expect(parseEvent(line)).toEqual(expected));

  it.each(['lock_free_check: 12', 'lock_softirqs: maybe', 'lock_set_class: 12 a', 'lock_selftest: x'])(
    'cannot read %j',
    (line) => expect(parseEvent(line)).toEqual(['unreadable']),
  );
});

describe('contexts and tasks', () => {
  const { Running, Sleeping, Dead } = TaskState;
  const next = 'next_comm=b ==> c next_pid=9 next_prio=120';
  it.each<[string, unknown]>([
    ['irq_disable: caller=f+0x1/0x2 parent=g+0x1/0x2', ['hardirqsOff', 'f+0x1/0x2']],
    ['irq_enable: caller=f+0x1/0x2 [m] parent=g+0x1/0x2', ['hardirqsOn', 'f+0x1/0x2 [m]']],
    ['preempt_disable: caller=f+0x1 parent=g', ['preemptOff', 'f+0x1']],
    ['preempt_enable: caller=f+0x1 parent=g', ['preemptOn', 'f+0x1']],
    [
      'irq_enable: caller=irqentry_exit_to_user_mode+0x9/0x20 parent=x',
      [['hardirqsOn', 'irqentry_exit_to_user_mode+0x9/0x20'], ['userMode']],
    ],
    ['irq_disable: caller=x parent=syscall_exit_to_user_mode+0x9', [['hardirqsOff', 'x'], ['userMode']]],
    ['irq_handler_entry: irq=10 name=a b', ['hardirqEntry', 10, 'a b']],
    ['irq_handler_exit: irq=10 ret=handled', ['hardirqExit', 10]],
    ['softirq_entry: vec=9 [action=RCU]', ['softirqEntry', 9]],
    ['softirq_exit: vec=9 [action=RCU]', ['softirqExit', 9]],
    ['sys_enter: NR 1 (1, 2, 3)', ['userMode']],
    ['sys_exit: NR 1 = 5', ['userMode']],
    [
      `sched_switch: prev_comm=a prev_pid=1 prev_pid=5 prev_prio=120 prev_state=R+ ==> ${next}`,
      ['switch', 5, Running, 9, 'b ==> c'],
    ],
    [
      `sched_switch: prev_comm=a prev_pid=5 prev_prio=120 prev_state=D|W ==> ${next}`,
      ['switch', 5, Sleeping, 9, 'b ==> c'],
    ],
    [`sched_switch: prev_comm=a prev_pid=5 prev_prio=120 prev_state=X ==> ${next}`, ['switch', 5, Dead, 9, 'b ==> c']],
    ['sched_switch:         swapper/1:0 [120] R ==> kworker/0:2:35 [120]', ['switch', 0, Running, 35, 'kworker/0:2']],
    ['sched_switch:         a [1] b:7 [120] S ==> c:d:35 [98]', ['switch', 7, Sleeping, 35, 'c:d']],
    ['sched_process_fork: comm=a pid=1 child_comm=b c child_pid=7', ['fork', 7, 'b c']],
    ['sched_process_exit: comm=a pid=9 pid=1 prio=120 group_dead=true', ['exit', 1]],
    ['sched_waking: comm=a pid=1 prio=120', []],
  ])('%s', (line, expected) => expect(parseEvent(line)).toEqual(expected));

  it.each(['sched_switch: nonsense', 'sched_switch: a:1 [120] S ==> b', 'irq_handler_entry: x', 'softirq_entry:'])(
    'cannot read %j',
    (line) => expect(parseEvent(line)).toEqual(['unreadable']),
  );
});

describe('allocators', () => {
  const none = { gfp: -1, spelling: GfpSpelling.Unknown, size: -1, order: -1, ip: '', hi: 0, lo: 0 };
  it.each<[string, string, object]>([
    [
      'kmalloc: call_site=f+0x1/0x2 ptr=ff11000000dcdd78 bytes_req=416 bytes_alloc=512 gfp_flags=GFP_KERNEL|__GFP_ZERO node=-1 accounted=false',
      'alloc',
      { kind: 0, event: 'kmalloc', ip: 'f+0x1/0x2', ...MAP, size: 416, gfp: Gfp.GFP_KERNEL | Gfp.ZERO },
    ],
    [
      'kmalloc_node: (f+0x84) call_site=f+0x84 [mod] ptr=(nil) bytes_req=8 bytes_alloc=8 gfp_flags=GFP_ATOMIC node=1',
      'alloc',
      { kind: 0, event: 'kmalloc_node', ip: 'f+0x84 [mod]', size: 8, gfp: Gfp.GFP_ATOMIC },
    ],
    [
      'kmem_cache_alloc: call_site=f name=a b ptr=ff11000000dcdd78 bytes_req=8 bytes_alloc=8 gfp_flags=none',
      'alloc',
      { kind: 1, event: 'kmem_cache_alloc', ip: 'f', ...MAP, size: 8, gfp: 0 },
    ],
    ['kfree: call_site=f ptr=ff11000000dcdd78', 'free', { kind: 0, event: 'kfree', ip: 'f', ...MAP }],
    [
      'kmem_cache_free: call_site=f ptr=ff11000000dcdd78 name=x',
      'free',
      { kind: 1, event: 'kmem_cache_free', ip: 'f', ...MAP },
    ],
    [
      'mm_page_alloc: page=ff11000000dcdd78 pfn=0xa799 order=3 migratetype=0 gfp_flags=GFP_NOWAIT|__GFP_NEW',
      'alloc',
      { kind: 2, event: 'mm_page_alloc', ...MAP, order: 3, gfp: Gfp.GFP_NOWAIT | Gfp.UNKNOWN },
    ],
    [
      'mm_page_alloc: page=(null) pfn=0 order=0 migratetype=0 gfp_flags=none',
      'alloc',
      { kind: 2, event: 'mm_page_alloc', order: 0, gfp: 0 },
    ],
    [
      'mm_page_free: page=ff11000000dcdd78 pfn=12 order=0',
      'free',
      { kind: 2, event: 'mm_page_free', ...MAP, order: 0 },
    ],
    [
      'mm_page_free_batched: page=ff11000000dcdd78 pfn=0x1 order=0',
      'free',
      { kind: 6, event: 'mm_page_free_batched', ...MAP, order: 0 },
    ],
    [
      'percpu_alloc_percpu: call_site=f reserved=0 is_atomic=1 size=8 align=8 base_addr=1 off=2 ptr=ff11000000dcdd78 bytes_alloc=8 gfp_flags=GFP_KERNEL',
      'alloc',
      { kind: 3, event: 'percpu_alloc_percpu', ip: 'f', ...MAP, size: 8, gfp: Gfp.GFP_KERNEL },
    ],
    [
      'percpu_free_percpu: base_addr=1 off=2 ptr=ff11000000dcdd78',
      'free',
      { kind: 3, event: 'percpu_free_percpu', ...MAP },
    ],
    [
      'alloc_vmap_area: va_start: 99 size=4096 align=1 vstart=0x1 vend=0x2 failed=0',
      'alloc',
      { kind: 4, event: 'alloc_vmap_area', size: 4096 },
    ],
    [
      'free_vmap_area_noflush: va_start=0x10 nr_lazy=1 nr_lazy_max=2',
      'free',
      { kind: 4, event: 'free_vmap_area_noflush' },
    ],
  ])('%s', (line, what, expected) => expect(parseEvent(line)).toEqual([what, { ...none, ...expected }]));

  it('cannot read an event without any field', () => expect(parseEvent('kmalloc: nothing')).toEqual(['unreadable']));
});

describe('headers', () => {
  const event = 'lock_release: 10 a';
  const header = (line: string): unknown[] => parse(line).events.map((e) => e.slice(1, 7))[0];
  const on = Ctx.Known;
  it.each<[string, unknown[]]>([
    [
      `            init-1       [000] d..2.     4.120708: ${event}`,
      ['init', 1, 0, 4120708000, on | Ctx.HardIrqsOff, 2],
    ],
    [`            init-1     [000]     4.120708: ${event}`, ['init', 1, 0, 4120708000, 0, -1]],
    [`            init-1       (    1) [011] ....     4.120708: ${event}`, ['init', 1, 11, 4120708000, on, 0]],
    [
      `          <idle>-0       (-----) [011] d.h1.     0.5: ${event}`,
      ['<idle>', 0, 11, 500000000, on | Ctx.HardIrqsOff | Ctx.HardIrq, 1],
    ],
    [`           <...>-77      [000] .....     1.0: ${event}`, ['', 77, 0, 1e9, on, 0]],
    [` a-1 [000] x-2-5       [001] .....     1.0: ${event}`, ['a-1 [000] x-2', 5, 1, 1e9, on, 0]],
    [`  kworker/0:1-e-v-12      [000] .....     1.0: ${event}`, ['kworker/0:1-e-v', 12, 0, 1e9, on, 0]],
    [`cut-12 [000] ..... 1.0: ${event}`, ['cut', 12, 0, 1e9, on, 0]],
    [`   0 [1] b c(d)-12      [000] .....     1.0: ${event}`, ['0 [1] b c(d)', 12, 0, 1e9, on, 0]],
    [
      `            init-1       [000] dNZf.  1234567: ${event}`,
      ['init', 1, 0, 1234567, on | Ctx.HardIrqsOff | Ctx.NeedResched | Ctx.Nmi | Ctx.HardIrq, 15],
    ],
    [
      `            init-1       [000] D.s1.  1.123456789: ${event}`,
      ['init', 1, 0, 1123456789, on | Ctx.HardIrqsOff | Ctx.BhOff | Ctx.BhKnown | Ctx.SoftIrq, 1],
    ],
    [
      `            init-1       [000] d..h1..  1.0: ${event}`,
      ['init', 1, 0, 1e9, on | Ctx.HardIrqsOff | Ctx.HardIrq, 1],
    ],
    [`    init-1       1d....     4.809477: ${event}`, ['init', 1, 1, 4809477000, on | Ctx.HardIrqsOff, 0]],
    [`    init-1       1.....     4.809477: ${event}`, ['init', 1, 1, 4809477000, on, 0]],
    [`top:              init-1     [000]     4.120708: ${event}`, ['init', 1, 0, 4120708000, 0, -1]],
    [`            perf  1234 [002]  4.120708: lock:${event}`, ['perf', 1234, 2, 4120708000, 0, -1]],
    [
      `Web Content [1]  12/34   [002]  4.120708123:          1 lock:${event}`,
      ['Web Content [1]', 34, 2, 4120708123, 0, -1],
    ],
    [`:-1    -1 [002]  4.120708: lock:${event}`, [':-1', -1, 2, 4120708000, 0, -1]],
  ])('%s', (line, expected) => expect(header(line)).toEqual(expected));

  it('obeys the legend', () => {
    const legend = [
      '#                  _-----=> irqs-off',
      '#                 / _----=> need-resched',
      '#                | / _---=> need-resched_lazy',
      '#                || / _--=> hardirq/softirq',
      '#                ||| / _-=> preempt-depth',
      '#                |||| /     delay',
    ].join('\n');
    expect(parse(`${legend}\n   a-1 [000] d..h3 1.0: ${event}`).events[0].slice(5, 7)).toEqual([
      on | Ctx.HardIrqsOff | Ctx.HardIrq,
      3,
    ]);
  });

  it('knows bottom halves from the line on that proves it', () => {
    const line = (flags: string): string => `   a-1 [000] ${flags} 1.0: ${event}`;
    const contexts = parse(['d....', 'b....', 'd....'].map(line).join('\n')).events.map((e) => e[5]);
    expect(contexts).toEqual([on | Ctx.HardIrqsOff, on | Ctx.BhOff | Ctx.BhKnown, on | Ctx.HardIrqsOff | Ctx.BhKnown]);
  });

  it.each([
    'rubbish',
    'a-1 [000] ..... x: y: z',
    'a-1 [000] zzzzz 1.0: y: z',
    'a-1 [x] ..... 1.0: y: z',
    'a-1 [000] ..... 1.0 y: z',
    '-',
    '[',
    ' 1 [0',
  ])('cannot read %j', (line) => {
    const { events, parser } = parse(line);
    expect([events.length, parser.unreadable, parser.samples]).toEqual([0, 1, [{ line: 1, text: line }]]);
  });
});

describe('lines without events', () => {
  it.each([
    '',
    '   ',
    '# tracer: nop',
    'cpus=2',
    'version = 7',
    'CPU 1 is empty',
    ' => do_truncate+0x1/0x2',
    '##### CPU 1 buffer started ####',
    '\tffffffff81000000 f+0x1 ([kernel.kallsyms])',
  ])('%j says nothing', (line) => {
    const { events, parser } = parse(line);
    expect([events, parser.unreadable, parser.lines]).toEqual([[], 0, 1]);
  });
  it.each<[string, number, number]>([
    ['CPU:3 [LOST 12 EVENTS]', 3, 12],
    ['CPU:3 [LOST EVENTS]', 3, 0],
    ['CPU:3 [12 EVENTS DROPPED]', 3, 12],
    ['CPU:3 [EVENTS DROPPED]', 3, 0],
  ])('%s', (line, cpu, count) => expect(parse(line).events.map(body)).toEqual([['lost', cpu, count]]));

  it('counts events of other kinds', () => {
    const other = '   a-1 [000] ..... 1.0: ';
    const lines = [`${other}ext4_da_write_begin: dev 1`, `${other}f <-g`, `${other}<stack trace>`];
    const { parser } = parse(lines.join('\n'));
    expect([parser.others, parser.events, parser.unreadable]).toEqual([3, 0, 0]);
  });
});
