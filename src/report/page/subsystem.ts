import { functionOf, type Where } from '../../model/finding.js';

/** Top-level folders of the kernel's sources, below which a path says what it is a part of. */
const TOP = new Set([
  ...['arch', 'block', 'crypto', 'drivers', 'fs', 'init', 'io_uring', 'ipc', 'kernel', 'lib', 'mm', 'net'],
  ...['rust', 'samples', 'security', 'sound', 'virt'],
]);
/** Of those, folders whose files without a folder of their own are one part. */
const HEADERS = new Set(['include', 'scripts', 'tools']);

/** Prefixes of function names that one part of the kernel uses, longest first where one begins another. */
const PREFIXES: readonly (readonly [prefix: RegExp, subsystem: string])[] = [
  [/^(ext4|jbd2|xfs|btrfs|f2fs|nfsd?|cifs|fuse|ovl|proc|sysfs|kernfs|debugfs|tmpfs|shmem|tracefs)_/, 'fs/$1'],
  // Not vfs_write() and its like: system calls of everything pass them.
  [/^(path_|d_|iget|iput|inode_|sb_|dput|mnt_|fs_)/, 'fs'],
  [/^(tcp|udp|ip|ip6|inet6?|ipv6|fib|arp|icmp)_/, 'net/ipv4, net/ipv6'],
  [/^(net|netif|dev_queue|skb?|sock|rtnl|neigh|napi|qdisc|netlink|unix|packet|nf|xfrm)_/, 'net'],
  [/^(rcu|srcu|call_rcu|synchronize_rcu|kfree_rcu|kvfree_rcu)/, 'kernel/rcu'],
  [/^(sched_|schedule|try_to_wake|ttwu|wake_up|__wake_up|enqueue_task|dequeue_task|rq_|cpuset)/, 'kernel/sched'],
  [/^(hrtimer|timer|tick|clockevents|posix_timer|timekeeping|alarm)/, 'kernel/time'],
  [/^(irq_|__irq|handle_irq|request_.*irq|free_irq|setup_irq|generic_handle)/, 'kernel/irq'],
  [/^(trace|tracing|ring_buffer|ftrace|event_trigger|perf_trace)_/, 'kernel/trace'],
  [/^(perf)_/, 'kernel/events'],
  [/^(bpf)_/, 'kernel/bpf'],
  [/^(cgroup|css)_/, 'kernel/cgroup'],
  [/^(printk|vprintk|console)_/, 'kernel/printk'],
  [/^futex_/, 'kernel/futex'],
  [/^(queue_work|process_one_work|worker|flush_work|wq)_?/, 'kernel/workqueue'],
  [
    /^(__?alloc_pages|get_page|free_pages|free_unref|rmqueue|kmalloc|kfree|kmem_cache|slab|___slab|vmalloc|vfree)/,
    'mm',
  ],
  [/^(mm|vma|mmap|munmap|handle_mm|do_anonymous|do_fault|lru|shrink|kswapd|pcpu|swap|khugepaged|memcg)_?/, 'mm'],
  [/^(serial|serial8250|uart|tty|n_tty|con)_/, 'drivers/tty'],
  [/^(usb|xhci|ehci)_/, 'drivers/usb'],
  [/^(pci|pcie)_/, 'drivers/pci'],
  [/^(ata|ahci|scsi|sd|nvme)_/, 'drivers/ata, drivers/scsi, drivers/nvme'],
  [/^(drm|i915|amdgpu|nouveau)_/, 'drivers/gpu'],
  [/^(virtio|virtqueue|virtblk|virtnet)_?/, 'drivers/virtio'],
  [/^(blk|bio|submit_bio|elv|mq)_/, 'block'],
  [/^(acpi)_/, 'drivers/acpi'],
  [/^(device|driver|bus|class|devres|platform|dpm|pm)_/, 'drivers/base'],
  [/^(snd)_/, 'sound'],
  [/^(selinux|security|apparmor|key)_/, 'security'],
  [/^(crypto)_/, 'crypto'],
  [/^(io_uring|io)_/, 'io_uring'],
];

/**
 * The part of the kernel in which one of these places is, the first that tells winning: by the path of its source, or by the
 * prefix of its function. '' where none tells.
 */
export function subsystemOf(places: readonly Where[]): string {
  for (const { file } of places) {
    const part = file === undefined ? '' : partOfPath(file);
    if (part !== '') return part;
  }
  for (const place of places) {
    const name = place.function === undefined ? '' : functionOf(place.function);
    for (const [prefix, subsystem] of PREFIXES) {
      const match = prefix.exec(name);
      if (match) return subsystem.replace('$1', match[1] ?? '');
    }
  }
  return '';
}

/** `drivers/net` of `/src/linux/drivers/net/loopback.c`, `mm` of `mm/slab.c`; '' for what is no path in the kernel's sources. */
function partOfPath(file: string): string {
  if (!/\.[chS]$/.test(file)) return '';
  const folders = file.split('/').slice(0, -1);
  const at = folders.findIndex((folder) => TOP.has(folder) || HEADERS.has(folder));
  return at < 0 ? '' : folders.slice(at, at + 2).join('/');
}
