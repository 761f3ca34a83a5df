import { LIMIT, pushBounded } from './facts.js';
import type { ReportParser, Verdict } from './parser.js';
import { type Frame, printedSite } from './sites.js';

/** A line with a fixed form and what it tells the report. */
interface Phrase {
  readonly pattern: RegExp;
  on(report: ReportParser, match: RegExpExecArray, line: number): Verdict;
}

/** Lines that tell what comes next or who is at it: `COMM/PID is trying to ...`, in the words of kernel/locking/lockdep.c. */
const lockdepPhrases: Phrase[] = [
  {
    pattern: /^(\d+\.\d+\.?\S*)(?: (#\S+))? (?:Not tainted|Tainted: .*)$/,
    on({ facts }, [, release, build], line) {
      if (facts.kernel !== undefined) return 'foreign';
      facts.kernel = build === undefined ? release : `${release} ${build}`;
      facts.kernelLine = line;
      facts.confirmed = true;
      return 'part';
    },
  },
  {
    pattern: /^(.+)\/(\d+) (?:\[(HC.+)\] )?is trying to (?:acquire lock|acquire|lock):$/,
    on: (report, [, comm, pid, bits]) => taskExpects(report, comm, pid, bits, 'wanted'),
  },
  {
    pattern: /^(.+)\/(\d+) (?:\[(HC.+)\] )?takes:$/,
    on: (report, [, comm, pid, bits]) => taskExpects(report, comm, pid, bits, 'wanted'),
  },
  {
    pattern: /^(.+)\/(\d+) just changed the state of lock:$/,
    on: (report, [, comm, pid]) => taskExpects(report, comm, pid, undefined, 'changed'),
  },
  {
    pattern: /^(.+)\/(\d+) is freeing memory \S+, with a lock still held there!$/,
    on: (report, [, comm, pid]) => taskExpects(report, comm, pid, undefined, 'freed'),
  },
  {
    pattern: /^(.+)\/(\d+) is leaving the kernel with locks still held!$/,
    on: (report, [, comm, pid]) => taskExpects(report, comm, pid, undefined, undefined),
  },
  {
    pattern: /^(.+)\/(\d+) is trying to (?:release|contend) lock \((.*)\) at:$/,
    on(report, [, comm, pid, name], line) {
      if (!report.sameTask(comm, Number(pid))) return 'foreign';
      report.named('released', name, line);
      report.facts.confirmed = true;
      report.expect('site');
      return 'part';
    },
  },
  {
    pattern: /^(?:but (?:the )?task is already holding lock|and this task is already holding):$/,
    on: (report) => report.expect('holding'),
  },
  {
    pattern: /^but this lock (took|was taken by) another, ([A-Z]+)\S*-(?:un)?safe lock in the past:$/,
    on(report, [, how, irq]) {
      report.facts.irq = irq;
      report.facts.changedIsOuter = how === 'took';
      report.expect('other');
      return 'part';
    },
  },
  {
    pattern: /^but this new dependency connects an? ([A-Z]+)\S*-irq-safe lock:$/,
    on(report, [, irq]) {
      report.facts.irq = irq;
      report.expect('safe');
      return 'part';
    },
  },
  { pattern: /^to an? \S+-irq-unsafe lock:$/, on: (report) => report.expect('unsafe') },
  {
    pattern: /^(?:\.{3})? *which became \S+-irq-(un)?safe at:$/,
    on: (report, [, un]) => report.collect(un === undefined ? report.facts.safeFrames : report.facts.unsafeFrames),
  },
  {
    pattern: /^inconsistent \{(.+)\} -> \{(.+)\} usage\.$/,
    on({ facts }, [, before, after]) {
      facts.usage = { before, after };
      facts.confirmed = true;
      return 'part';
    },
  },
  { pattern: /^\{(.+)\} state was registered at:$/, on: (report) => report.collect(report.facts.registered) },
  { pattern: /^but this task is not holding:$/, on: (report) => report.expect('nest') },
  { pattern: /^Chain exists of:$/, on: (report) => report.expect('exists') },
  { pattern: /^Possible (?:interrupt )?unsafe locking scenario:$/, on: (report) => report.beginScenario() },
  {
    pattern: /^(IN-[A-Z]+IRQ-[RW]|[A-Z]+IRQ-ON-[RW]) at:$/,
    on(report, [, state]) {
      const onPath = report.facts.path.at(-1);
      if (report.inTrace || onPath === undefined) return 'foreign';
      const frames: Frame[] = [];
      pushBounded(onPath.uses, { state, frames }, LIMIT.uses);
      return report.collect(frames);
    },
  },
  // Further stacks of a class's history, shown by nobody and so not kept.
  {
    pattern: /^(?:\.{3} ?(?:key +at:|acquired at:).*|\}|[A-Z][A-Z -]+ (?:at|is):)$/,
    on: (report) => (report.inTrace ? 'foreign' : report.collect(undefined)),
  },
];

/** Lines on the task and its context, printed by several of the kernel's checkers. */
const contextPhrases: Phrase[] = [
  {
    pattern: /^(\d+) locks? held by (.+)\/(\d+)(?: on CPU \d+)?:$/,
    on(report, [, count, comm, pid]) {
      if (report.facts.heldCount >= 0 || !report.sameTask(comm, Number(pid))) return 'foreign';
      report.facts.heldCount = Number(count);
      report.expect(undefined);
      report.collect(undefined);
      return 'part';
    },
  },
  {
    pattern: /^no locks held by (.+)\/(\d+)\.$/,
    on(report, [, comm, pid]) {
      if (report.facts.heldCount >= 0 || !report.sameTask(comm, Number(pid))) return 'foreign';
      report.facts.heldCount = 0;
      return 'part';
    },
  },
  {
    pattern: /^in_atomic\(\): (\d+), irqs_disabled\(\): (\d+),(?: non_block: \d+,)? pid: (\d+), name: (.*)$/,
    on(report, [, inAtomic, irqsDisabled, pid, comm]) {
      const { atomic } = report.facts;
      if (atomic.inAtomic !== undefined || !report.sameTask(comm, Number(pid))) return 'foreign';
      atomic.inAtomic = Number(inAtomic);
      atomic.irqsDisabled = Number(irqsDisabled);
      return 'part';
    },
  },
  {
    pattern: /^preempt_count: ([0-9a-f]+), expected: ([0-9a-f]+)$/,
    on({ facts }, [, count, expected]) {
      facts.atomic.preemptCount = Number.parseInt(count, 16);
      facts.atomic.preemptExpected = Number.parseInt(expected, 16);
      return 'part';
    },
  },
  {
    pattern: /^RCU nest depth: (\d+), expected: (\d+)$/,
    on({ facts }, [, depth, expected]) {
      facts.atomic.rcuDepth = Number(depth);
      facts.atomic.rcuExpected = Number(expected);
      return 'part';
    },
  },
  {
    pattern: /^Preemption disabled at: ?(.*)$/,
    on(report, [, at]) {
      if (at === '') return report.expect('preemption-site');
      const { site } = printedSite(at);
      if (site !== '') report.facts.preemptionOffAt = site;
      return 'part';
    },
  },
  {
    pattern: /^context-\{(\d+):(\d+)\}$/,
    on({ facts }, [, , inner]) {
      facts.waitContext = Number(inner);
      return 'part';
    },
  },
  {
    pattern: /^(?:last function: |preempt=\S+ lock=\S+ RCU=\S+ workfn=)(\S+)$/,
    on({ facts }, [, name]) {
      facts.workFunction = name;
      return 'part';
    },
  },
  {
    pattern: /^(\S+\.[chS]:\d+) (\S.*)$/,
    on({ facts }, [, source, misuse]) {
      if (facts.headline.kind !== 'rcu-usage' || facts.misuse !== undefined) return 'foreign';
      facts.source = source;
      facts.misuse = misuse;
      facts.confirmed = true;
      return 'part';
    },
  },
  {
    pattern:
      /^(?:rcu: )?\s*(\d+-\S+: \(.*|Tasks blocked on .*|\(detected by .*|\(t=\d+ jiffies .*|\S+ kthread (?:starved|timer) .*)$/,
    on({ facts }, [, text], line) {
      if (facts.headline.kind !== 'stall') return 'foreign';
      pushBounded(facts.sayings, { text, line }, LIMIT.sayings);
      return 'part';
    },
  },
];

/** The stack at the end of a report. */
const tracePhrases: Phrase[] = [
  {
    pattern: /^(?:stack backtrace|Call [Tt]race|Backtrace): ?$/,
    on: (report) => report.beginTrace(),
  },
  {
    pattern:
      /^CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.+?) (?:Not tainted|Tainted: .*?) (\d+\.\d+\.?\S*)(?: (#\S+))?/,
    on(report, [, cpu, pid, comm, release, build], line) {
      const { facts } = report;
      if (!report.awaitsTrace || !report.sameTask(comm, Number(pid))) return 'foreign';
      facts.comm = comm;
      facts.cpu = Number(cpu);
      if (facts.kernel === undefined) {
        facts.kernel = build === undefined ? release : `${release} ${build}`;
        facts.kernelLine = line;
      }
      return report.beginTrace();
    },
  },
  {
    pattern: /^<(\/?)(TASK|IRQ|SOFTIRQ|NMI|EOI|EOE|#DF|ENTRY_TRAMPOLINE)>/,
    on: (report, [, slash, name]) => report.mark(slash !== '', name),
  },
  {
    pattern: /^(?:RIP: (?:[0-9a-f]{4}:)?|pc : )(.*)$/,
    on(report, [, at]) {
      if (!report.inTrace) return 'foreign';
      const { site } = printedSite(at.replace(/^(?:\[<[0-9a-f]+>\]\s*)+/, ''));
      if (site !== '') report.facts.rip ??= site;
      return 'part';
    },
  },
  {
    // Only a WARN() has it, below its stack: it ends no report that the WARN() stands in.
    pattern: /^---\[ end trace [0-9a-f]+ \]---$/,
    on: (report) => (report.facts.headline.kind === 'warning' ? report.endTrace() : 'foreign'),
  },
  { pattern: /^={5,}$/, on: (report) => (report.facts.backtrace.length > 0 ? 'done' : 'foreign') },
  {
    pattern: /^(.*?) ?WARNING: (?:CPU: \d+ PID: \d+ at .*|\S+:\d+ at .*, CPU#\d+: .*)$/,
    on(report, [text]) {
      const { facts } = report;
      if (facts.headline.kind !== 'warning' || facts.headline.site !== undefined) return 'foreign';
      const place = / at (\S+:\d+) ([^\s()]+)/.exec(text) ?? /WARNING: (\S+:\d+) at (\S+),/.exec(text);
      if (place === null) return 'part';
      facts.headline = { ...facts.headline, source: place[1], site: place[2] };
      return 'part';
    },
  },
];

/** All forms, most particular first. */
export const PHRASES: readonly Phrase[] = [...lockdepPhrases, ...contextPhrases, ...tracePhrases];

/** Words of reports that say nothing of their own; everything else is an ordinary log line. */
export const FILLER =
  /^(?:-{5,}|other info that might help us debug this:|which lock already depends on the new lock\.|the existing dependency chain \(in reverse order\) is:|which would create a new lock dependency:|and interrupts could create inverse lock ordering between them\.|the shortest dependencies between 2nd lock and 1st lock:|the (?:first|second) lock's dependencies:|the dependencies between .*|\.{3}|\*{3} DEADLOCK.*|May be due to missing lock nesting notation|irq event stamp: .*|(?:hard|soft)irqs last +(?:en|dis)abled at .*|but there are no (?:more locks to release|locks held)!|rcu_scheduler_active = .*|RCU used illegally from .*|INFO: lockdep is turned off\.|Hardware name: .*|Workqueue: .*|Modules linked in:.*|Code: .*|(?:[RE]?(?:SP|[A-D]X|SI|DI|BP|FLAGS)|R\d\d|CR\d|DR\d|FS|ORIG_RAX|x\d+|sp|lr|pstate|PKRU) ?: ?.*|Tainted: \[.*|The code is fine but needs lockdep annotation.*|you didn't initialize this object before use\?|turning off the locking correctness validator\.|-{12}\[ cut here \]-{12})$/;

function taskExpects(
  report: ReportParser,
  comm: string,
  pid: string,
  bits: string | undefined,
  role: 'wanted' | 'changed' | 'freed' | undefined,
): Verdict {
  if (!report.sameTask(comm, Number(pid))) return 'foreign';
  report.facts.confirmed = true;
  if (bits !== undefined) report.facts.contextBits = bits;
  return report.expect(role);
}
