import type { Law } from '../judge/index.js';
import { loadRuleSet } from '../rules/index.js';
import type { RuleSettings } from './options.js';

/** Loads the rules and the policy that the user asked for. Throws InputError for the first thing that is wrong in them. */
export function lawOf(settings: RuleSettings): Law {
  const rules = loadRuleSet({ extra: settings.ruleFolders });
  return { rules, policy: rules.policy(settings.policy) };
}
