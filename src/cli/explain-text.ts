import { columns, type Paint, printable, wrap } from '../report/index.js';
import type { Policy, Rule, RuleSet } from '../rules/index.js';
import { markdownLines } from './markdown.js';

const WIDTH = 100;

/** All rules with their severity and title, then the policies. */
export function rulesText(rules: RuleSet, paint: Paint): string {
  const rows = columns(rules.rules.map((rule) => [rule.id, rule.severity, printable(rule.title)]));
  const listed = rules.rules.map((rule, index) => {
    const [id = '', severity = '', title = ''] = rows[index] ?? [];
    return `  ${paint.strong(id)}${paint.severity(rule.severity, severity)}${title}`;
  });
  const policies = columns(rules.policies.map(({ name, description }) => [name, printable(description)]));
  return [
    paint.strong('Rules (lockvet explain RULE tells more):'),
    ...listed,
    '',
    paint.strong('Policies (--policy NAME):'),
    ...policies.flatMap(([name = '', description = '']) => {
      const [first = '', ...rest] = wrap(description, WIDTH - name.length - 2);
      return [`  ${paint.strong(name)}${first}`, ...rest.map((line) => `  ${' '.repeat(name.length)}${line}`)];
    }),
    '',
  ].join('\n');
}

/** One policy: what it lets through, the rules that ask it, and its file. */
export function policyText(policy: Policy, rules: RuleSet, paint: Paint): string {
  const words = policy.allows.map((word) => `policy.allows_${word.replaceAll('-', '_')}`);
  const askers = rules.rules.filter(
    (rule) => rule.engine === 'condition' && words.some((word) => rule.condition.source.includes(word)),
  );
  return [
    `${paint.strong(policy.name)} (policy)`,
    '',
    ...wrap(printable(policy.description), WIDTH - 2).map((line) => `  ${line}`),
    '',
    ...(askers.length > 0 ? [paint.strong('Rules that ask it'), ...askers.map(({ id }) => `  ${id}`), ''] : []),
    `${paint.strong('Use')}\n  lockvet lint --policy ${policy.name} INPUT...`,
    '',
    paint.dim(`Policy: ${printable(policy.file)}`),
    '',
  ].join('\n');
}

/** One rule: title, severity, then its README section by section, its references and its folder. */
export function ruleText(rule: Rule, paint: Paint): string {
  const lines = [
    `${paint.strong(rule.id)} (${paint.severity(rule.severity, rule.severity)}): ${printable(rule.title)}`,
  ];
  for (const { heading, body } of rule.readme) {
    const text = markdownLines(body, paint, WIDTH - 2);
    lines.push('', paint.strong(printable(heading)), ...text.map((line) => (line === '' ? '' : `  ${line}`)));
  }
  if (rule.references.length > 0) {
    lines.push('', paint.strong('References'), ...rule.references.map((reference) => `  ${printable(reference)}`));
  }
  lines.push('', paint.dim(`Rule and examples: ${printable(rule.folder)}`), '');
  return lines.join('\n');
}
