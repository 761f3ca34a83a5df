import { describe, expect, it } from 'vitest';
import { renderJson } from '../../src/report/json.js';
import { reportSchema } from './contract-schema.js';
import { sampleFinding, sampleRun } from './sample.js';

describe('the JSON report', () => {
  it('has the fields of the contract and no other', () => {
    const runs = [
      sampleRun([sampleFinding()], { notes: ['for people'] }),
      sampleRun([], { input: 'b', kind: 'dmesg' }),
    ];
    const report = reportSchema.parse(JSON.parse(renderJson(runs, '1.2.3')));
    expect(report.version).toBe('1.2.3');
    expect(report.runs.map(({ input, kind, verdict }) => [input, kind, verdict])).toEqual([
      ['dir/a.trace.txt', 'ftrace', 'violation'],
      ['b', 'dmesg', 'clean'],
    ]);
  });

  it('keeps the order of the fields, and says of a place only what is known', () => {
    const [run] = JSON.parse(renderJson([sampleRun([sampleFinding({ where: { time: 1.5, line: 2 } })])], '0')).runs;
    expect(Object.keys(run)).toEqual(['input', 'kind', 'verdict', 'findings', 'stats']);
    expect(Object.keys(run.findings[0])).toEqual([
      'rule',
      'severity',
      'confidence',
      'message',
      'locks',
      'where',
      'evidence',
      'fingerprint',
      'count',
    ]);
    expect(Object.entries(run.findings[0].where)).toEqual([
      ['line', 2],
      ['time', 1.5],
    ]);
  });
});
