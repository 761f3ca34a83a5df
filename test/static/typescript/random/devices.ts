/** What programs have beside their locks: made only where it is used. */
export interface Device {
  /** `dev.NAME` */
  readonly name: string;
  readonly type: string;
  /** The expression that makes it; PREFIX is the program's. */
  readonly make: string;
}

export const DEVICES: readonly Device[] = [
  { name: 'done', type: 'Completion', make: "kernel.completion('PREFIX_done')" },
  { name: 'queue', type: 'WaitQueue', make: "kernel.waitQueue('PREFIX_queue')" },
  { name: 'single', type: 'Rcuwait', make: "kernel.rcuwait('PREFIX_single')" },
  { name: 'go', type: 'Atomic', make: "kernel.atomic('PREFIX_go')" },
  {
    name: 'perCpu',
    type: 'RawSpinlock[]',
    make: "Array.from({ length: kernel.cpus }, () => kernel.rawSpinlock('PREFIX_percpu'))",
  },
  {
    name: 'thread',
    type: 'Task',
    make:
      "kernel.kthread('PREFIX_thread', function* threadFn() {" +
      ' for (let turn = 0; turn < 3 && !kernel.kthreadShouldStop; turn++) yield* kernel.msleep(1); })',
  },
  { name: 'map', type: 'LockdepLock', make: "kernel.lockdepMap('PREFIX_map')" },
  { name: 'simple', type: 'Swait', make: "kernel.swait('PREFIX_simple')" },
  { name: 'bits', type: 'WaitBits', make: 'kernel.waitBits()' },
  { name: 'flag', type: 'Variable<number>', make: "kernel.variable('PREFIX_flag', 0)" },
  { name: 'cache', type: 'SlabCache', make: "kernel.mm.kmemCache('PREFIX_cache', 128)" },
  { name: 'count', type: 'Seqcount', make: "kernel.seqcount('PREFIX_count')" },
  { name: 'seq', type: 'Seqlock', make: "kernel.seqlock('PREFIX_seq')" },
  { name: 'bit', type: 'BitSpinlock', make: "kernel.bitSpinlock('PREFIX_bit')" },
  { name: 'ww', type: 'WwClass', make: "kernel.wwClass('PREFIX_ww')" },
  { name: 'wwa', type: 'WwMutex', make: "kernel.wwClass('PREFIX_ww').mutex()" },
  { name: 'wwb', type: 'WwMutex', make: "kernel.wwClass('PREFIX_ww').mutex()" },
];
