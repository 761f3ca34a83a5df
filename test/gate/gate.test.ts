import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BaselineEntry, baselineText, loadBaseline } from '../../src/gate/baseline.js';
import { applyGate, type GatePlan } from '../../src/gate/gate.js';
import { loadOverrides } from '../../src/gate/rule-settings.js';
import type { Finding } from '../../src/model/finding.js';
import { gateLine } from '../../src/report/text.js';
import { sampleFinding, sampleRun } from '../report/sample.js';

const OPEN: GatePlan = { settings: new Map(), baseline: undefined, update: false, newOnly: false, today: '2027-01-15' };
const a = sampleFinding({ fingerprint: 'a', rule: 'rule-a', message: 'A' });
const b = sampleFinding({ fingerprint: 'b', rule: 'rule-b', message: 'B' });
const entry = (finding: Finding, parts: Partial<BaselineEntry> = {}): BaselineEntry => ({
  fingerprint: finding.fingerprint,
  rule: finding.rule,
  message: finding.message,
  reason: 'because',
  ...parts,
});
const gate = (findings: Finding[], entries: BaselineEntry[], parts: Partial<GatePlan> = {}) =>
  applyGate([sampleRun(findings)], { ...OPEN, baseline: { path: 'b.json', entries }, ...parts }, () => undefined);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-gate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
};

describe('findings against a baseline', () => {
  it('are known or new, and what is gone is fixed', () => {
    const { runs, summary, notes } = gate([a], [entry(a, { expires: '2027-01-15' }), entry(b)]);
    expect(runs[0]?.findings[0]?.known).toEqual({ reason: 'because', expires: '2027-01-15' });
    expect(summary).toEqual({ hasBaseline: true, new: 0, known: 1, fixed: 1, suppressed: 0 });
    expect(notes).toEqual([
      'b.json: stale, no longer found: B [rule-b]',
      'b.json: --update-baseline drops stale entries',
    ]);
  });

  it('are new again the day after the entry expires, and the notes say so', () => {
    const { summary, notes } = gate([a], [entry(a, { expires: '2027-01-14' })]);
    expect(summary).toMatchObject({ new: 1, known: 0, fixed: 0 });
    expect(notes).toEqual(['b.json: expired on 2027-01-14, counts as new: A [rule-a]']);
  });

  it('are left out with newOnly, and the verdict is of what is left', () => {
    const { runs, summary } = gate([a, { ...b, severity: 'warning' }], [entry(a)], { newOnly: true });
    expect(runs[0]?.findings.map(({ fingerprint }) => fingerprint)).toEqual(['b']);
    expect(runs[0]?.verdict).toBe('clean');
    expect(summary).toMatchObject({ new: 1, known: 1 });
  });

  it('update it: reasons and dates stay, what is gone goes, what is new asks for a reason', () => {
    const gone = sampleFinding({ fingerprint: 'c' });
    const { summary, notes, baselineText } = gate([b, a, a], [entry(a, { expires: '2028-01-01' }), entry(gone)], {
      update: true,
    });
    expect(JSON.parse(baselineText ?? '')).toEqual({
      version: 1,
      findings: [
        { fingerprint: 'a', rule: 'rule-a', message: 'A', reason: 'because', expires: '2028-01-01' },
        { fingerprint: 'b', rule: 'rule-b', message: 'B', reason: '' },
      ],
    });
    expect(summary).toMatchObject({ new: 0, known: 3, fixed: 1 });
    expect(notes.at(-1)).toBe('b.json: 1 without a reason: fill in why each may stay');
  });
});

describe('a baseline file', () => {
  const good = baselineText([entry(b), entry(a)]);
  it('reads what it writes, sorted, a field a line', () => {
    const { entries } = loadBaseline(file('good.json', good), false);
    expect(entries.map(({ rule }) => rule)).toEqual(['rule-a', 'rule-b']);
    expect(baselineText(entries)).toBe(good);
    expect(good.split('\n')).toHaveLength(18);
  });

  it.each([
    ['no JSON', good.replace('"findings"', 'findings'), 3],
    ['a merge conflict', good.replace('  "findings"', '<<<<<<< HEAD\n  "findings"'), 3],
    ['cut off', good.slice(0, -10), 15],
    ['an unknown field', good.replace('"reason": "because"', '"reasn": "x",\n "reason": "y"'), 8],
    ['no date', good.replace('"reason": "because"', '"reason": "because",\n"expires": "soon"'), 9],
    ['another version', good.replace('"version": 1', '"version": 2'), 2],
    ['the same twice', good.replace('"fingerprint": "b"', '"fingerprint": "a"'), 11],
  ])('that is wrong is told with its line: %s', (_what, text, line) => {
    const at = file('bad.json', text);
    expect(() => loadBaseline(at, false)).toThrow(expect.objectContaining({ file: at, line }));
  });

  it('that is missing is an error, but not where it is about to be written', () => {
    const at = path.join(folder, 'none.json');
    expect(() => loadBaseline(at, false)).toThrow(`${at}: no such file; --update-baseline writes it`);
    expect(loadBaseline(at, true).entries).toEqual([]);
  });
});

describe('suppressions', () => {
  it('of a rule count its findings and say where it was switched off', () => {
    const settings = new Map([['rule-a', { severity: 'off' as const, reason: '', place: 'o.yaml:1' }]]);
    const gated = applyGate([sampleRun([a, b])], { ...OPEN, settings }, () => undefined);
    expect(gated.runs[0]).toMatchObject({ findings: [b], suppressed: [{ finding: a, by: 'rule', place: 'o.yaml:1' }] });
    expect(gated.summary).toMatchObject({ new: 1, suppressed: 1 });
    expect(gated.notes).toEqual(['o.yaml:1: suppresses findings without a reason']);
  });

  it('in a source take out the finding at their line only', () => {
    const at = (line: number) => sampleFinding({ rule: 'rule-a', where: { file: 'x.c', line } });
    const source =
      'f();\n/* lockvet-ignore rule-a: init only */\n\n// why\nf();\nf(); // lockvet-ignore other, rule-a\nf();\n';
    const gated = applyGate([sampleRun([1, 5, 6, 7].map(at))], OPEN, (name) => (name === 'x.c' ? source : undefined));
    expect(gated.runs[0]?.findings.map(({ where }) => where.line)).toEqual([1, 7]);
    expect(gated.runs[0]?.suppressed?.map(({ place, reason }) => [place, reason])).toEqual([
      ['x.c:2', 'init only'],
      ['x.c:6', ''],
    ]);
    expect(gated.notes).toEqual(['x.c:6: suppresses findings without a reason']);
  });

  it('that silence nothing are told of sources that were judged whole, with their lines', () => {
    const texts: Record<string, string> = {
      'x.c': 'f(); // lockvet-ignore rule-a, rule-b: so it is\n',
      'y.c': '/* lockvet-ignore rule-a: was needed once */\nf();\n// lockvet-ignore\nf();\n',
    };
    const off = new Map([['rule-c', { severity: 'off' as const, reason: 'r', place: 'overrides.yaml:3' }]]);
    const run = sampleRun([{ ...a, where: { file: 'x.c', line: 1 } }]);
    const judged = (whole: typeof run) => applyGate([whole], { ...OPEN, settings: off }, (source) => texts[source]);
    const { summary, notes, isActive } = judged({ ...run, sources: ['y.c', 'x.c'] });
    expect(notes).toEqual([
      'x.c:1: lockvet-ignore rule-b suppresses nothing',
      'y.c:1: lockvet-ignore rule-a suppresses nothing',
      'y.c:3: lockvet-ignore names no rule: it suppresses nothing',
      'overrides.yaml:3: rule-c is off, which suppresses nothing',
    ]);
    expect([summary.unused, summary.suppressed, isActive]).toEqual([4, 1, true]);
    expect(gateLine(summary)).toBe('gate: 0 new, 0 known, 0 fixed, 1 suppressed, 4 suppressions unused');
    // A recording does not show what could have occurred.
    expect(judged(run).notes).toEqual([]);
  });

  it('keep an entry of the baseline from being stale', () => {
    const settings = new Map([['rule-a', { severity: 'off' as const, reason: 'r', place: 'p' }]]);
    expect(gate([a], [entry(a)], { settings }).summary).toMatchObject({ known: 0, fixed: 0, suppressed: 1 });
  });

  it('in overrides.yaml are read with their lines, and unknown rules are told', () => {
    file('overrides.yaml', '# ours\nrule-a:\n  disabled: true\n  reason: no RT\nrule-b: { severity: note }\n');
    const known = new Set(['rule-a', 'rule-b']);
    const at = path.join(folder, 'overrides.yaml');
    expect([...loadOverrides(folder, () => known)]).toEqual([
      ['rule-a', { severity: 'off', reason: 'no RT', place: `${at}:2` }],
      ['rule-b', { severity: 'note', reason: '', place: `${at}:5` }],
    ]);
    expect(() => loadOverrides(folder, () => new Set(['rule-a']))).toThrow(`${at}:5: there is no rule 'rule-b'`);
  });
});

describe('severities that users choose', () => {
  it('leave a possible finding one step below, and decide the verdict', () => {
    const settings = new Map([['rule-a', { severity: 'warning' as const, reason: '', place: 'c' }]]);
    const possible: Finding = { ...a, confidence: 'possible', severity: 'warning' };
    const [run] = applyGate([sampleRun([a, possible])], { ...OPEN, settings }, () => undefined).runs;
    expect(run?.findings.map(({ severity }) => severity)).toEqual(['warning', 'note']);
    expect(run?.verdict).toBe('clean');
  });
});
