import { describe, expect, it } from 'vitest';
import { judgeEach, judgeTogether, type Law } from '../../src/judge/index.js';
import { type Finding, fingerprint } from '../../src/model/finding.js';
import { loadRuleSet } from '../../src/rules/index.js';
import type { LogSource, Source } from '../../src/trace/source.js';
import { nested, recordingOf } from './recording.js';

const rules = loadRuleSet();
const law: Law = { rules, policy: rules.policy('strict') };
const opener = (...sources: Source[]) => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  return async (path: string): Promise<Source> => {
    const source = byPath.get(path);
    if (!source) throw new Error(`no ${path}`);
    return source;
  };
};
const report = (message: string): Finding => ({
  rule: 'lock-order-cycle',
  severity: 'error',
  confidence: 'certain',
  message,
  locks: [],
  where: {},
  evidence: [],
  fingerprint: fingerprint('lock-order-cycle', [message]),
  count: 1,
});

describe('inputs judged alone', () => {
  it('make one run each, in their order', async () => {
    const ab = recordingOf('ab', nested(1, 'A', 'B'));
    const both = recordingOf('both', [...nested(1, 'A', 'B'), ...nested(2, 'B', 'A')]);
    const runs = await judgeEach(['both', 'ab'], opener(ab, both), law);
    expect(runs.map(({ input, kind, verdict }) => [input, kind, verdict])).toEqual([
      ['both', 'ftrace', 'violation'],
      ['ab', 'ftrace', 'clean'],
    ]);
    expect(runs[0]?.findings.map(({ rule, locks }) => [rule, [...locks].sort()])).toEqual([
      ['lock-order-cycle', ['A', 'B']],
    ]);
    expect(runs[1]?.stats).toMatchObject({ events: 4, classes: 2, dependencies: 1 });
    expect(runs[1]?.notes).toContain('4 steps');
  });

  it('get the advice of their rules', async () => {
    const both = recordingOf('both', [...nested(1, 'A', 'B'), ...nested(2, 'B', 'A')]);
    const [run] = await judgeEach(['both'], opener(both), law);
    expect(run?.findings[0]?.advice).toBe(rules.get('lock-order-cycle').advice);
  });

  it('count the reports of a kernel log by fingerprint', async () => {
    const log: LogSource = {
      kind: 'dmesg',
      path: 'log',
      read: async () => ({ findings: [report('x'), report('y'), report('x')], notes: ['n'] }),
    };
    const [run] = await judgeEach(['log'], opener(log), law);
    expect(run).toMatchObject({ input: 'log', kind: 'dmesg', verdict: 'violation', notes: ['n'] });
    expect(run?.findings.map(({ message, count }) => [message, count])).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
  });
});

describe('inputs judged together', () => {
  const ab = () => recordingOf('dir/ab', nested(1, 'A', 'B'));
  const ba = () =>
    recordingOf('dir/ba', nested(1, 'B', 'A'), { base: 0x5000, otherNames: ['x', 'B'], ticksPerSecond: 1e6 });

  it('show the cycle that none of them has alone, each place in its own input', async () => {
    const alone = await judgeEach(['dir/ab', 'dir/ba'], opener(ab(), ba()), law);
    expect(alone.map((run) => run.verdict)).toEqual(['clean', 'clean']);
    const [run, ...more] = await judgeTogether(['dir/ab', 'dir/ba'], opener(ab(), ba()), law);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ input: 'dir/ab + dir/ba', verdict: 'violation' });
    expect(run?.stats).toMatchObject({ events: 8, classes: 2, dependencies: 1 });
    const finding = run?.findings[0];
    expect(finding?.where).toMatchObject({ file: 'dir/ba', line: 2, time: 2, function: 'take_A+0x1' });
    expect(finding?.evidence.map(({ where }) => where.file)).toContain('dir/ab');
    expect(run?.notes).toContain('dir/ba: 4 steps');
  });

  it('do not inherit what a task of another input held at its end', async () => {
    const endsHolding = recordingOf('holding', [[1, 'take', 'A']]);
    const other = recordingOf('other', [[1, 'take', 'B'], [1, 'release', 'B'], ...nested(2, 'B', 'A')]);
    const [run] = await judgeTogether(['holding', 'other'], opener(endsHolding, other), law);
    expect(run?.findings).toEqual([]);
    expect(run?.stats.dependencies).toBe(1);
  });

  it('leave kernel logs runs of their own', async () => {
    const log: LogSource = { kind: 'dmesg', path: 'log', read: async () => ({ findings: [], notes: [] }) };
    const runs = await judgeTogether(['log', 'dir/ab', 'dir/ba'], opener(log, ab(), ba()), law);
    expect(runs.map((run) => run.input)).toEqual(['dir/ab + dir/ba', 'log']);
  });
});
