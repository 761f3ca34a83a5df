import type { Command } from './command.js';
import { Exit, wantsColour } from './io.js';
import { suggestion, UsageError } from './usage.js';

/** `lockvet explain [RULE]`: what a rule forbids, why, and how to fix it, or what a policy lets through; without RULE, both lists. */
export const explain: Command = {
  name: 'explain',
  positionals: '[RULE]',
  summary: 'tell what a rule forbids, why, and how to fix it; without RULE, list the rules',
  options: { rules: { type: 'string', requiresArg: true, describe: 'folder with more rules; may be repeated' } },
  examples: [
    ['lockvet explain', 'list rules and policies'],
    ['lockvet explain alloc-under-raw-spinlock', 'read about one rule'],
    ['lockvet explain gfp-rt-nowait', 'read about one policy'],
  ],
  async run(args, io) {
    const [{ loadRuleSet }, { policyText, ruleText, rulesText }, { paintFor }, { strings }] = await Promise.all([
      import('../rules/index.js'),
      import('./explain-text.js'),
      import('../report/index.js'),
      import('./command.js'),
    ]);
    const rules = loadRuleSet({ extra: strings(args, 'rules') });
    const paint = paintFor(wantsColour(io.stdout, io.env));
    const id = args.positionals[0];
    if (id === undefined) {
      await io.stdout.write(rulesText(rules, paint));
      return Exit.Clean;
    }
    const policy = rules.policies.find(({ name }) => name === id);
    if (policy) {
      await io.stdout.write(policyText(policy, rules, paint));
      return Exit.Clean;
    }
    const rule = rules.find(id);
    if (!rule) {
      const ids = [...rules.rules.map((known) => known.id), ...rules.policies.map(({ name }) => name)];
      throw new UsageError(`explain: unknown rule ${id}${suggestion(id, ids) || '; lockvet explain lists them'}`);
    }
    await io.stdout.write(ruleText(rule, paint));
    return Exit.Clean;
  },
};
