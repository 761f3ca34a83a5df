import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/model/report.js';
import { loadRuleSet } from '../../src/rules/index.js';
import { BUILTIN_RULES } from '../../src/rules/rule-set.js';

const RULE = `id: no-big-page
title: a large page allocation
severity: note
events: [alloc]
condition: |
  event.allocator == 'page'
  && event.order > 3
message: '{event} of order {order}[ called by {caller}]'
advice: Take pages singly.
`;
const README = `# no-big-page

## What it forbids
Orders above 3.

## Why
They are hard to get.

## How to fix
Take pages singly.

## When it does not apply
At boot.

## Example
None.
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-rules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a rule folder below the test's own. */
function rule(yaml = RULE, readme: string | undefined = README, name = 'no-big-page'): void {
  mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, name, 'rule.yaml'), yaml);
  if (readme !== undefined) writeFileSync(path.join(folder, name, 'README.md'), readme);
}

/** The one line that loading the folder ends with, with paths below it made relative. */
function problem(): string {
  try {
    loadRuleSet({ extra: [folder] });
  } catch (error) {
    if (error instanceof InputError)
      return error.message.replaceAll(`${folder}/`, '').replaceAll(BUILTIN_RULES, 'rules');
    throw error;
  }
  return 'no problem';
}

describe('rules of users', () => {
  it('are loaded beside the built-in ones', () => {
    rule();
    const rules = loadRuleSet({ extra: [folder] });
    expect(rules.get('no-big-page')).toMatchObject({ severity: 'note', engine: 'condition', events: ['alloc'] });
    expect(rules.find('alloc-under-raw-spinlock')).toBeDefined();
    expect(rules.find('no-such-rule')).toBeUndefined();
    expect(() => rules.get('no-such-rule')).toThrow("lockvet bug: no rule 'no-such-rule'");
  });

  it.each<[string, () => void, string]>([
    [
      'an unknown field',
      () => rule(RULE.replace('advice:', 'advise:')),
      "no-big-page/rule.yaml:9: unknown field 'advise'",
    ],
    [
      'a bad severity',
      () => rule(RULE.replace('note', 'fatal')),
      "no-big-page/rule.yaml:3: field 'severity': Invalid option",
    ],
    ['a missing field', () => rule(RULE.replace(/^title.*\n/m, '')), "no-big-page/rule.yaml:1: field 'title': "],
    [
      'an unknown event',
      () => rule(RULE.replace('[alloc]', '[alloc, malloc]')),
      "no-big-page/rule.yaml:4: field 'events.1': ",
    ],
    ['no event', () => rule(RULE.replace('[alloc]', '[]')), "no-big-page/rule.yaml:4: field 'events': is empty"],
    [
      'events left out',
      () => rule(RULE.replace(/^events.*\n/m, '')),
      "no-big-page/rule.yaml:1: field 'events' is missing",
    ],
    [
      'an empty title',
      () => rule(RULE.replace('a large page allocation', "''")),
      "no-big-page/rule.yaml:2: field 'title': is empty",
    ],
    [
      'an id that is not the folder',
      () => rule(RULE.replace('no-big-page', 'no-large-page')),
      "no-big-page/rule.yaml:1: id 'no-large-page' is not the name of its folder",
    ],
    [
      'an id with capitals',
      () => rule(RULE.replace('no-big-page', 'NoBigPage')),
      "no-big-page/rule.yaml:1: field 'id': is not of small letters",
    ],
    [
      'a syntax error in the condition, in its line',
      () => rule(RULE.replace('order > 3', 'order >')),
      'no-big-page/rule.yaml:7: condition: it ends too early',
    ],
    [
      'an unknown variable in the condition',
      () => rule(RULE.replace('event.allocator', 'evnt.allocator')),
      'no-big-page/rule.yaml:6: condition: unknown variable: evnt',
    ],
    [
      'an unknown field in the condition',
      () => rule(RULE.replace('event.order', 'event.ordre')),
      'no-big-page/rule.yaml:7: condition: no such field: ordre',
    ],
    [
      'operands of different types',
      () => rule(RULE.replace('> 3', "> 'three'")),
      'no-big-page/rule.yaml:7: condition: operands do not fit: int > string',
    ],
    [
      'a condition that is no truth value',
      () => rule(RULE.replace(/condition: \|\n.*\n.*\n/, 'condition: event.order\n')),
      'no-big-page/rule.yaml:5: condition: it is of type int, not bool',
    ],
    [
      'a bad condition on locks',
      () => rule(`${RULE}locks: lock.wait == spin\n`),
      'no-big-page/rule.yaml:10: locks: unknown variable: spin',
    ],
    [
      'an unknown template variable',
      () => rule(RULE.replace('{caller}', '{callr}')),
      'no-big-page/rule.yaml:8: message: unknown variable {callr} in the message; there are event, gfp, ',
    ],
    ['open brackets', () => rule(RULE.replace("}]'", "}'")), "no-big-page/rule.yaml:8: message: '[' without ']'"],
    [
      'closed brackets',
      () => rule(RULE.replace('[ called', ' called')),
      "no-big-page/rule.yaml:8: message: ']' without '['",
    ],
    [
      'an open brace',
      () => rule(RULE.replace('{caller}]', '{caller')),
      "no-big-page/rule.yaml:8: message: '{' without '}'",
    ],
    ['broken YAML', () => rule(RULE.replace('[alloc]', '[alloc')), 'no-big-page/rule.yaml:5: '],
    ['a list instead of fields', () => rule('- id\n'), 'no-big-page/rule.yaml:1: Invalid input: expected object'],
    ['a key given twice', () => rule(`${RULE}id: other\n`), 'no-big-page/rule.yaml:10: Map keys must be unique'],
    [
      'the validator as engine',
      () => rule(RULE.replace(/events(.|\n)*(?=advice)/, 'engine: validator\n')),
      'no-big-page/rule.yaml:1: engine: validator is for built-in rules',
    ],
    [
      'a condition that the validator would never ask',
      () => rule(`${RULE}engine: validator\n`),
      "no-big-page/rule.yaml:4: field 'events' is of no use with engine: validator",
    ],
    ['no README', () => rule(RULE, ''), "no-big-page/README.md:1: the first line is not '# no-big-page'"],
    [
      'a missing heading',
      () => rule(RULE, README.replace('## Why', '## Because')),
      "no-big-page/README.md:16: section '## Why' is missing",
    ],
    [
      'a heading only in code',
      () => rule(RULE, README.replace('## Why\n', '```\n## Why\n```\n')),
      "no-big-page/README.md:18: section '## Why' is missing",
    ],
    [
      'headings out of order',
      () => rule(RULE, README.replace('## Why', '## Example').replace(/## Example\nNone/, '## Why\nNone')),
      "no-big-page/README.md:9: section '## How to fix' is out of order",
    ],
    [
      'an empty section',
      () => rule(RULE, README.replace('At boot.', '')),
      "no-big-page/README.md:12: section '## When it does not apply' is empty",
    ],
    [
      'an id that is taken',
      () => rule(RULE.replace('no-big-page', 'sleep-in-atomic'), README, 'sleep-in-atomic'),
      "sleep-in-atomic/rule.yaml:1: rule 'sleep-in-atomic' is already defined in rules/sleep-in-atomic",
    ],
    ['a folder without a rule', () => mkdirSync(path.join(folder, 'empty')), 'empty: a rule folder without rule.yaml'],
  ])('%s is one line with file and line', (_what, make, message) => {
    make();
    expect(problem().slice(0, message.length)).toBe(message);
    expect(problem()).not.toContain('\n');
  });

  it('a rule without README is named with the line of its id', () => {
    mkdirSync(path.join(folder, 'no-big-page'));
    writeFileSync(path.join(folder, 'no-big-page', 'rule.yaml'), `# comment\n${RULE}`);
    expect(problem()).toBe("no-big-page/rule.yaml:2: rule 'no-big-page' has no README.md");
  });

  it('a folder that does not exist is said', () => {
    expect(() => loadRuleSet({ extra: ['/no/such/folder'] })).toThrow('/no/such/folder: no such file or directory');
  });

  it('the same folder given twice defines its rules twice', () => {
    rule();
    expect(() => loadRuleSet({ extra: [folder, folder] })).toThrow("rule 'no-big-page' is already defined");
  });
});

describe('policies', () => {
  function policy(name: string, yaml: string): void {
    mkdirSync(path.join(folder, 'policies'), { recursive: true });
    writeFileSync(path.join(folder, 'policies', `${name}.yaml`), yaml);
  }

  it('are strict unless chosen', () => {
    const rules = loadRuleSet();
    expect(rules.policy()).toMatchObject({ name: 'strict', allows: [] });
    expect(rules.policy('lockless').allows).toEqual(['lockless']);
    expect(rules.policies.map(({ name }) => name)).toEqual(['gfp-rt-nowait', 'lockless', 'strict']);
  });

  it('an unknown one lists the known', () => {
    const unknown = () => loadRuleSet().policy('lax');
    expect(unknown).toThrow("unknown policy 'lax'; there are gfp-rt-nowait, lockless, strict");
    expect(unknown).toThrow(InputError);
  });

  it('of users are loaded beside the built-in ones', () => {
    policy('mine', 'name: mine\ndescription: Ours.\nallows: [lockless, probe]\n');
    expect(loadRuleSet({ extra: [folder] }).policy('mine').allows).toEqual(['lockless', 'probe']);
  });

  it.each([
    [
      'mine',
      'name: other\ndescription: d\nallows: []\n',
      "policies/mine.yaml:1: policy 'other' is not named like its file",
    ],
    ['mine', 'name: mine\nallows: []\n', "policies/mine.yaml:1: field 'description': "],
    ['mine', 'name: mine\ndescription: d\nallow: []\n', 'policies/mine.yaml:'],
    [
      'strict',
      'name: strict\ndescription: d\nallows: []\n',
      "policies/strict.yaml:1: policy 'strict' is already defined in rules",
    ],
  ])('%s.yaml with %j is refused', (name, yaml, message) => {
    policy(name, yaml);
    expect(problem().slice(0, message.length)).toBe(message);
  });
});

it('a rule that cannot be computed names its line when it happens', () => {
  cpSync(BUILTIN_RULES, folder, { recursive: true });
  rule(RULE.replace('event.order > 3', 'held[0].real'));
  const loaded = loadRuleSet({ builtin: folder }).get('no-big-page');
  if (loaded.engine !== 'condition') throw new Error('not a condition');
  const { condition } = loaded;
  const facts = {
    event: { kind: 'alloc', allocator: 'page' },
    held: [],
    context: {},
    config: {},
    policy: {},
  } as unknown as Parameters<typeof condition.evaluate>[0];
  expect(() => condition.evaluate(facts)).toThrow(/rule\.yaml:7: condition: no such field: index out of bounds/);
});
