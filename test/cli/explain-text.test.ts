import { describe, expect, it } from 'vitest';
import { policyText, rulesText, ruleText } from '../../src/cli/explain-text.js';
import { markdownLines } from '../../src/cli/markdown.js';
import { paintFor } from '../../src/report/index.js';
import { loadRuleSet } from '../../src/rules/index.js';

const plain = paintFor(false);
const rules = loadRuleSet();

describe('Markdown on a terminal', () => {
  it.each<[string, string, string[]]>([
    ['paragraphs are joined and wrapped', 'one two\nthree four five', ['one two', 'three four', 'five']],
    ['list items hang', '- one two three\n  four\n- five', ['- one two', '  three four', '- five']],
    ['code keeps its lines, tabs become spaces', '```c\nif (x)\n\ty();\n```', ['  if (x)', '          y();']],
    ['tables become columns', '| a | b |\n|---|---|\n| `long` | c |', ['a     b', 'long  c']],
    ['marks are dropped, and code is not broken', '**bold** `a b c` d', ['bold', 'a b c d']],
    ['blank lines stay', 'a\n\nb', ['a', '', 'b']],
  ])('%s', (_what, markdown, lines) => {
    expect(markdownLines(markdown, plain, 12)).toEqual(lines);
  });

  it('paints emphasis where there is colour', () => {
    expect(markdownLines('`a` b', paintFor(true), 40)).toEqual(['\u001b[1ma\u001b[22m b']);
  });
});

describe('explain', () => {
  it('lists every rule and policy', () => {
    const text = rulesText(rules, plain);
    for (const { id, title } of rules.rules) expect(text).toMatch(new RegExp(`^  ${id} .*${title.slice(0, 10)}`, 'm'));
    for (const { name } of rules.policies) expect(text).toContain(`  ${name}  `);
  });

  it.each([
    ['strict', []],
    ['lockless', ['alloc-under-raw-spinlock', 'free-under-raw-spinlock']],
    ['gfp-rt-nowait', ['alloc-in-atomic', 'alloc-under-raw-spinlock', 'gfp-rt-nowait-preemptible']],
  ])('policy %s names the rules that ask it', (name, askers) => {
    const lines = policyText(rules.policy(name), rules, plain).split('\n');
    expect(lines.map((line) => line.trim()).filter((line) => rules.find(line))).toEqual(askers);
  });

  it.each(rules.rules.map((rule) => [rule.id, rule] as const))('%s: no mark is left, no line too long', (_id, rule) => {
    const text = ruleText(rule, plain);
    for (const heading of ['What it forbids', 'Why', 'How to fix', 'When it does not apply', 'Example']) {
      expect(text).toContain(`\n\n${heading}\n  `);
    }
    expect(text).not.toMatch(/`|\*\*[a-z]/i);
    expect(text.split('\n').filter((line) => line.length > 125)).toEqual([]);
  });
});
