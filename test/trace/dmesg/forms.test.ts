import { describe, expect, test } from 'vitest';
import { looksLikeKernelLog } from '../../../src/trace/dmesg/index.js';
import { fixture, readLog } from './read-log.js';

/** Fixture, then a line a finding: rule, locks, function, task, kernel. */
const FORMS: Record<string, string[][]> = {
  'v4.4-locks-warn.txt': [['imported-splat', '', 'demo_fget+0x56/0x200', 'test-531', '4.4.55+ #1730']],
  'v4.9-circular.journal.txt': [
    [
      'lock-order-cycle',
      '&sb->s_type->i_mutex_key#19,sb_writers#8,&pipe->mutex/1',
      'demo_buffered_write+0x6d/0x320',
      'fsworker-28134',
      '4.9.7-200.fc25.x86_64+debug #1',
    ],
  ],
  'v4.14-sleep.txt': [
    [
      'sleep-in-atomic',
      '&dev->mutex,&(&port->lock)->rlock',
      'demo_start_tx+0x4f/0x90',
      'demo worker-611',
      '4.14.98 #12',
    ],
  ],
  'v5.4-suspicious-rcu.txt': [
    ['rcu-sleep-in-reader', 'rcu_read_lock', 'demo_lookup+0x6f/0x120', 'netd-412', '5.4.96 #1'],
    ['rcu-wait-in-reader', 'rcu_read_lock', 'demo_remove+0x41/0x80', 'netd-412', '5.4.96 #1'],
  ],
  'v5.10-scheduling-while-atomic.arm.txt': [
    ['sleep-in-atomic', '', 'demo_cpufreq_notify+0x2f/0xe4', 'swapper/1-0', '5.10.126-rt70 #2'],
  ],
  'v5.15-irq-order.txt': [
    ['irq-lock-inversion', '&queue->lock,&stat->seq', 'demo_account_start+0x13c/0x290', 'mount-243', '5.15.86 #1'],
  ],
  'v5.15-inversion-took.txt': [
    ['irq-lock-inversion', '&peer->lock,&p->alloc_lock', 'demo_clear_src+0x19/0x50', 'swapper/0-0', '5.15.137 #0'],
  ],
  'v6.1-held-at-exit.txt': [
    ['held-at-exit', '&card->lock', '', 'mass check-29374', '6.1.20 #40'],
    ['held-at-exit', '&c->barrier', 'do_exit+0x5d0/0xa80', 'burp-4327', '6.1.20 #40'],
    ['held-at-exit', '&work_state.lock', 'demo_work_fn', 'kworker/0:1-11', '6.1.20 #40'],
  ],
  'v6.1-misuse.txt': [
    ['nest-lock-not-held', 'demo_ww_class_mutex', 'demo_reserve+0x3d/0x60', 'modetest-900', '6.1.20 #40'],
    ['imported-splat', '&q->lock', 'demo_push+0x54/0x90', 'modetest-900', '6.1.20 #40'],
    ['imported-splat', '', 'demo_probe+0x31/0x80', 'kworker/1:1-77', '6.1.20 #40'],
    ['imported-splat', '', 'demo_init_one+0x22/0x90', 'insmod-901', '6.1.20 #40'],
    ['imported-splat', '', 'demo_wait+0x66/0x90', 'waiter-902', '6.1.20 #40'],
    ['imported-splat', '', 'demo_hash+0x10/0x20', 'hash-903', '6.1.20 #40'],
  ],
  'v6.6-recursive.syzbot.txt': [
    [
      'recursive-lock',
      '&sk->lock/1',
      'demo_peer_lock+0x4d/0x110',
      'syz-executor.0-5077',
      '6.6.0-rc5-syzkaller-00110-g8f6f76a6a29f #0',
    ],
  ],
  'v6.6-stalls.txt': [
    ['imported-splat', '', 'demo_busy_loop+0x1f/0x40', 'spinner-4321', '6.6.30 #5'],
    ['imported-splat', '', 'rcu_gp_fqs_loop+0x17f/0x5f0', '', ''],
    ['imported-splat', '', '', '', ''],
  ],
  'v6.12-callers-interleaved.txt': [
    [
      'irq-lock-inversion',
      '&t->timer_lock,&b->list_lock',
      'demo_unlink+0x38/0x90',
      'kworker/1:2-61',
      '6.12.0-rc3-syzkaller-00389-g3d5ad2d4eca3 #0',
    ],
    [
      'lock-order-cycle',
      'demo_btree,&c->msgs_lock',
      'demo_trans_relock+0x382/0x5f0',
      'fsck-5115',
      '6.12.0-rc3-syzkaller-00389-g3d5ad2d4eca3 #0',
    ],
  ],
  'v6.12-voluntary-switch.txt': [
    ['rcu-sleep-in-reader', '', 'demo_device_get_sync+0x164/0x228', 'bash-817', '6.12.9 #1'],
    ['rcu-sleep-in-reader', '', 'demo_device_get_sync+0x160/0x224', 'bash-818', '7.0.0-rc3 #1'],
  ],
  'not-reports.txt': [],
  'quiet-boot.txt': [],
};

describe('reports of other kernels and media', () => {
  test.each(Object.entries(FORMS))('%s', async (name, expected) => {
    const text = await fixture(`dmesg/${name}`);
    expect(looksLikeKernelLog(Buffer.from(text))).toBe(true);
    const { findings, notes } = await readLog(text);
    expect(notes).toEqual([]);
    expect(
      findings.map(({ rule, locks, where, detail }) => [
        rule,
        locks.join(','),
        where.function ?? '',
        where.task ?? '',
        detail?.context?.find((word) => word.startsWith('kernel '))?.slice('kernel '.length) ?? '',
      ]),
    ).toEqual(expected);
    const stalls = name === 'v6.6-stalls.txt';
    for (const finding of findings) {
      expect(finding.severity).toBe(stalls ? 'warning' : 'error');
      expect(finding.message).not.toContain('\n');
      expect(finding.where.line).toBeGreaterThan(0);
    }
  });
});

test('the same bug has one fingerprint whatever the build: offsets, pids, CPUs', async () => {
  const { findings } = await readLog(await fixture('dmesg/v6.12-voluntary-switch.txt'));
  expect(findings[0].fingerprint).toBe(findings[1].fingerprint);
});

test('a spinlock has the fingerprint of its present name where a 4.x kernel prints the old one', async () => {
  const old = await fixture('dmesg/v4.14-sleep.txt');
  const fresh = old.replaceAll('&(&port->lock)->rlock', '&port->lock');
  const [a, b] = await Promise.all([readLog(old), readLog(fresh)]);
  expect(a.findings[0].fingerprint).toBe(b.findings[0].fingerprint);
});

test('the number that tells equal names apart is no part of a fingerprint, the subclass is', async () => {
  const log = await fixture('dmesg/v4.9-circular.journal.txt');
  const prints = await Promise.all(
    [log, log.replaceAll('#19', '#7').replaceAll('sb_writers#8', 'sb_writers'), log.replaceAll('mutex/1', 'mutex')].map(
      async (text) => (await readLog(text)).findings[0].fingerprint,
    ),
  );
  expect(prints[1]).toBe(prints[0]);
  expect(prints[2]).not.toBe(prints[0]);
});

test('limits of the validator that was recorded are told', async () => {
  const { findings, notes } = await readLog('[    5.000000] BUG: MAX_LOCKDEP_CHAINS too low!\n');
  expect(findings).toEqual([]);
  expect(notes).toEqual(['the validator of the kernel ran into its limit MAX_LOCKDEP_CHAINS and switched itself off']);
});
