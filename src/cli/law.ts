import type { Law } from '../judge/index.js';
import type { Catalogue } from '../lockdep/index.js';
import { loadRuleSet } from '../rules/index.js';
import { builtInCatalogue, loadCatalogue } from '../trace/catalog.js';
import type { RuleSettings } from './options.js';

/**
 * Loads the rules, the policy and the catalogue of lock kinds that the user asked for. Throws InputError for the first
 * thing that is wrong in them.
 */
export function lawOf(settings: RuleSettings, catalogue: string | undefined): Law {
  const rules = loadRuleSet({ extra: settings.ruleFolders });
  return {
    rules,
    policy: rules.policy(settings.policy),
    catalogue: catalogueOf(catalogue),
  };
}

/** The catalogue of lock kinds in this file, or lockvet's own. Throws InputError for what is wrong in it. */
export function catalogueOf(file: string | undefined): Catalogue {
  return file === undefined ? builtInCatalogue() : loadCatalogue(file);
}
