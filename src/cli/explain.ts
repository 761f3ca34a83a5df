import type { Command } from './command.js';
import { Exit, wantsColour } from './io.js';
import { suggestion, UsageError } from './usage.js';

/** `lockvet explain [RULE]`: what a rule forbids, why, and how to fix it; without RULE, the list of rules and policies. */
export const explain: Command = {
  name: 'explain',
  positionals: '[RULE]',
  summary: 'tell what a rule forbids, why, and how to fix it; without RULE, list the rules',
  options: { rules: { type: 'string', requiresArg: true, describe: 'folder with more rules; may be repeated' } },
  examples: [
    ['lockvet explain', 'list rules and policies'],
    ['lockvet explain alloc-under-raw-spinlock', 'read about one rule'],
  ],
  async run(args, io) {
    const [{ loadRuleSet }, { ruleText, rulesText }, { paintFor }, { strings }] = await Promise.all([
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
    const rule = rules.find(id);
    if (!rule) {
      const ids = rules.rules.map((known) => known.id);
      throw new UsageError(`explain: unknown rule ${id}${suggestion(id, ids) || '; lockvet explain lists them'}`);
    }
    await io.stdout.write(ruleText(rule, paint));
    return Exit.Clean;
  },
};
