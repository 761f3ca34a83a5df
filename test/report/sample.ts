import type { Finding } from '../../src/model/finding.js';
import { emptyStats, type Run, verdictOf } from '../../src/model/report.js';

/** A finding with every optional part, for renderers; `parts` replace what a test is about. */
export function sampleFinding(parts: Partial<Finding> = {}): Finding {
  return {
    rule: 'lock-order-cycle',
    severity: 'error',
    confidence: 'certain',
    message: 'B is taken while A is held, and A while B is held',
    locks: ['A', 'B'],
    where: { line: 40, function: 'take_both+0x10', task: 'init-1', cpu: 0, time: 4.15 },
    evidence: [
      {
        what: 'A is taken while B is held',
        where: { line: 20, function: 'other_way', task: 'init-1', cpu: 1, time: 4 },
      },
      { what: 'B is taken while A is held', where: { line: 40, function: 'take_both+0x10' } },
    ],
    fingerprint: '0123456789abcdef0123',
    count: 3,
    advice: 'Take the two locks in one order everywhere.',
    detail: {
      wanted: { name: 'B', wait: '{3:3}', usage: '....', read: false, trylock: false, where: { line: 40 } },
      held: [
        { name: 'outer', wait: '{4:4}', usage: '+.+.', read: true, trylock: false, where: { line: 30, time: 4.1 } },
        {
          name: 'A',
          wait: '{2:2}',
          usage: '-...',
          read: false,
          trylock: true,
          where: { function: 'take_a', line: 38 },
        },
      ],
      context: ['task context', 'interrupts off'],
      scenario: {
        cpus: ['CPU0', 'CPU1'],
        rows: [
          ['lock(A);', ''],
          ['', 'lock(B);'],
          ['', 'lock(A);'],
          ['lock(B);', ''],
        ],
      },
    },
    ...parts,
  };
}

/** A run of an ftrace recording with these findings. */
export function sampleRun(findings: Finding[], parts: Partial<Run> = {}): Run {
  return {
    input: 'dir/a.trace.txt',
    kind: 'ftrace',
    verdict: verdictOf(findings),
    findings,
    stats: { ...emptyStats(), events: 14123, classes: 210, dependencies: 1, chains: 99 },
    notes: [],
    ...parts,
  };
}
