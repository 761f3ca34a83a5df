import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRuleSet, type Rule } from '../../src/rules/index.js';
import { README_HEADINGS } from '../../src/rules/readme.js';
import { BUILTIN_RULES } from '../../src/rules/rule-set.js';
import { TEMPLATE_VARIABLES } from '../../src/rules/template.js';
import { CONFIG_FIELDS, CONTEXT_FIELDS, EVENT_FIELDS, LOCK_FIELDS, POLICY_FIELDS } from '../../src/rules/vocabulary.js';

/** The ids that users put into baselines: they never change. */
const CONTRACT = [
  'alloc-in-atomic',
  'alloc-under-raw-spinlock',
  'annotation-hides-violation',
  'free-under-raw-spinlock',
  'gfp-rt-nowait-preemptible',
  'held-at-exit',
  'held-lock-freed',
  'imported-splat',
  'inconsistent-lock-state',
  'invalid-wait-context',
  'irq-lock-inversion',
  'lock-order-cycle',
  'nest-lock-not-held',
  'rcu-sleep-in-reader',
  'rcu-usage',
  'rcu-wait-in-reader',
  'rcuwait-many-waiters',
  'recursive-lock',
  'sleep-in-atomic',
  'unlock-not-held',
  'wait-event-cycle',
];

const rules = loadRuleSet();
const each = (): [string, Rule][] => rules.rules.map((rule) => [rule.id, rule]);

describe('the built-in rules', () => {
  it('include every id of the contract', () => {
    expect(rules.rules.map(({ id }) => id)).toEqual(expect.arrayContaining(CONTRACT));
  });

  it('are warnings only where the contract says so', () => {
    const lesser = CONTRACT.filter((id) => rules.get(id).severity !== 'error');
    expect(lesser).toEqual(['alloc-in-atomic']);
  });

  it.each(each())('%s has advice, references and all sections', (_id, rule) => {
    expect(rule.advice).toMatch(/^[A-Z].*\.$/);
    expect(rule.references.length).toBeGreaterThan(0);
    const headings = rule.readme.map(({ heading }) => heading);
    expect(headings).toEqual(expect.arrayContaining([...README_HEADINGS]));
    expect(rule.readme.find(({ heading }) => heading === 'Example')?.body).toMatch(/^```/m);
  });

  it.each(each())('%s never advises to change the gfp mask', (_id, rule) => {
    // "The tool complained" made people swap masks; the allocation was in the wrong place.
    expect(rule.advice).not.toMatch(/GFP_(ATOMIC|NOWAIT|KERNEL)/);
    expect(rule.advice).not.toMatch(/\b(use|pass|try|switch to|change to|replace)\b[^.]*\b(flags?|masks?|GFP_\w+)/i);
  });

  it.each(each())('%s closes its code blocks and fits its lines', (_id, rule) => {
    const text = readFileSync(path.join(rule.folder, 'README.md'), 'utf8');
    expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
    expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  it('have nothing beside them that is no rule and no data', () => {
    const folders = readdirSync(BUILTIN_RULES).filter(
      (name) => !existsSync(path.join(BUILTIN_RULES, name, 'rule.yaml')),
    );
    expect(folders.filter((name) => !['policies', 'kernel', 'sim'].includes(name))).toEqual([]);
  });
});

describe('docs/writing-rules.md', () => {
  const text = readFileSync(path.join(BUILTIN_RULES, '..', 'docs', 'writing-rules.md'), 'utf8');
  const vocabulary = { EVENT_FIELDS, LOCK_FIELDS, CONTEXT_FIELDS, CONFIG_FIELDS, POLICY_FIELDS };

  it.each(Object.entries(vocabulary))('lists %s', (_name, fields) => {
    for (const [name, { type, meaning }] of Object.entries(fields)) {
      expect(text).toContain(`| \`${name}\` | ${type} | ${meaning} |\n`);
    }
  });

  it('lists the variables of messages', () => {
    for (const [name, meaning] of Object.entries(TEMPLATE_VARIABLES)) {
      expect(text).toContain(`| \`${name}\` | ${meaning} |\n`);
    }
  });

  it('shows a rule that loads', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lockvet-docs-'));
    mkdirSync(path.join(folder, 'no-big-page'));
    const yaml = /```yaml\n(id: (?:.|\n)*?)```/.exec(text)?.[1] ?? '';
    writeFileSync(path.join(folder, 'no-big-page', 'rule.yaml'), yaml);
    const readme = ['# no-big-page', ...README_HEADINGS.map((heading) => `## ${heading}\nx`)].join('\n');
    writeFileSync(path.join(folder, 'no-big-page', 'README.md'), readme);
    expect(loadRuleSet({ extra: [folder] }).get('no-big-page').severity).toBe('warning');
    rmSync(folder, { recursive: true });
  });
});
