import { describe, expect, it } from 'vitest';
import { renderText } from '../../src/report/text.js';
import { sampleFinding, sampleRun } from './sample.js';

const plain = { colour: false, quiet: false };
const render = (...parts: Parameters<typeof sampleRun>): string[] =>
  renderText([sampleRun(...parts)], plain).split('\n');
/** The lines of a section, without its title, up to the next blank line. */
function section(lines: readonly string[], title: string): string[] {
  const start = lines.findIndex((line) => line.trim() === title);
  expect(start, `section ${title}`).toBeGreaterThan(0);
  return lines.slice(start + 1, lines.indexOf('', start + 1));
}

describe('a finding in the text report', () => {
  const lines = render([sampleFinding()]);

  it('begins with one line that editors and grep understand', () => {
    expect(lines[0]).toMatch(/^dir\/a\.trace\.txt:40: error: .+ \[lock-order-cycle\]$/);
  });

  it('says who, where and when, then the context', () => {
    expect(lines[1]).toBe('  in take_both+0x10, init-1 on CPU 0, at 4.150000');
    expect(lines[2]).toBe('  context: task context, interrupts off');
  });

  it('lists held locks outermost first, numbered and aligned, with how and where each was taken', () => {
    const held = section(lines, '2 locks held, outermost first:');
    expect(held).toHaveLength(2);
    expect(held[0]).toMatch(/^ {4}#0: \(outer\)\{\+\.\+\.\}-\{4:4\} read +line 30, at 4\.100000$/);
    expect(held[1]).toMatch(/^ {4}#1: \(A\)\{-\.\.\.\}-\{2:2\} try +take_a, line 38$/);
    expect(held[0]?.indexOf('line 30')).toBe(held[1]?.indexOf('take_a'));
  });

  it('shows the wanted lock as lockdep writes locks', () => {
    expect(section(lines, 'wanted:')[0]).toMatch(/^ {4}\(B\)\{\.{4}\}-\{3:3\}/);
  });

  it('gives every step of the proof its line, with the place it is at', () => {
    const steps = section(lines, 'how it came to this:');
    expect(steps[0]).toMatch(/^ {4}-> A is taken while B is held .*other_way, CPU 1, line 20, at 4$/);
    expect(steps).toHaveLength(2);
  });

  it('puts the CPUs of the unsafe scenario side by side', () => {
    const start = lines.findIndex((line) => line.includes('unsafe locking scenario'));
    const [heads, rule, ...rows] = lines.slice(start + 2, start + 8);
    const second = heads?.indexOf('CPU1') ?? -1;
    expect(heads?.trim()).toMatch(/^CPU0 +CPU1$/);
    expect(rule?.indexOf('----', second)).toBe(second);
    expect(rows.map((row) => [row.indexOf('lock(A);'), row.indexOf('lock(B);')])).toEqual([
      [4, -1],
      [-1, second],
      [second, -1],
      [-1, 4],
    ]);
    expect(lines.slice(start + 8, start + 10).map((line) => line.trim())).toEqual(['', '*** DEADLOCK ***']);
  });

  it('ends with the advice, the count and the fingerprint', () => {
    expect(section(lines, 'to fix it:')).toEqual(['    Take the two locks in one order everywhere.']);
    expect(lines).toContain('  seen 3 times; fingerprint 0123456789abcdef0123');
  });

  it('does not repeat the advice of a rule', () => {
    const lines = render([sampleFinding(), sampleFinding(), sampleFinding({ advice: 'Another.' })]);
    expect(lines.filter((line) => line.includes('one order everywhere'))).toHaveLength(1);
    expect(lines.filter((line) => line === '  to fix it: see lock-order-cycle above')).toHaveLength(1);
    expect(lines).toContain('    Another.');
  });

  it('leaves out what is not known', () => {
    const { advice: _advice, detail: _detail, ...bare } = sampleFinding({ where: {}, evidence: [], count: 1 });
    const text = renderText([sampleRun([bare])], { ...plain, quiet: true });
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^dir\/a\.trace\.txt: error: /),
      '',
      '  seen once; fingerprint 0123456789abcdef0123',
      '',
    ]);
  });

  it('says so when no lock was held, and when it is only possible', () => {
    const lines = render([sampleFinding({ confidence: 'possible', severity: 'warning', detail: { held: [] } })]);
    expect(lines[0]).toMatch(/: warning: .+ \(possible\) \[lock-order-cycle\]$/);
    expect(lines.map((line) => line.trim())).toContain('no locks held');
  });
});

describe('the summary', () => {
  it('counts findings by severity and what the run saw', () => {
    const findings = [sampleFinding(), sampleFinding({ severity: 'warning' }), sampleFinding()];
    expect(render(findings).at(-2)).toBe(
      'dir/a.trace.txt (ftrace): 3 findings: 2 errors, 1 warning; 14,123 events, 210 classes, 1 dependency, 99 chains',
    );
  });

  it('says clean, lists notes, and totals several inputs', () => {
    const runs = [sampleRun([], { notes: ['3 lines could not be read'] }), sampleRun([sampleFinding()])];
    const lines = renderText(runs, plain).split('\n');
    expect(lines[0]).toMatch(/^dir\/a\.trace\.txt \(ftrace\): clean; 14,123 events/);
    expect(lines[1]).toBe('  - 3 lines could not be read');
    expect(lines.at(-2)).toBe('2 inputs, 1 with violations; 1 finding: 1 error');
  });

  it('is not printed when quiet: a clean run says nothing', () => {
    expect(renderText([sampleRun([], { notes: ['x'] })], { colour: false, quiet: true })).toBe('');
  });
});

describe('colour', () => {
  it('changes nothing but escape sequences', () => {
    const runs = [sampleRun([sampleFinding(), sampleFinding({ severity: 'note' })])];
    const coloured = renderText(runs, { colour: true, quiet: false });
    expect(coloured).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences are what is taken out
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderText(runs, plain));
  });
});
