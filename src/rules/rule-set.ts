import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../model/report.js';
import { ConditionLanguage } from './condition.js';
import { loadPolicies, type Policy } from './policy.js';
import { type ConditionRule, loadRule, type Rule } from './rule.js';
import { readProblem } from './yaml-file.js';

/** The rules that come with lockvet. */
export const BUILTIN_RULES = fileURLToPath(new URL('../../rules', import.meta.url));

/** The policy in force where none is chosen. */
export const DEFAULT_POLICY = 'strict';

/** Folders beside the rules that hold other data: policies, and what lockvet knows of the kernel. */
const DATA_FOLDERS = new Set(['policies', 'kernel', 'sim']);

/** Where rules come from. */
export interface RuleSources {
  /** Folders of more rules, each with rule folders and perhaps `policies/`. */
  readonly extra?: readonly string[];
  /** Instead of the built-in rules: for tests. */
  readonly builtin?: string;
}

/** All rules and policies, loaded and validated. Immutable. */
export class RuleSet {
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #policies: ReadonlyMap<string, Policy>;

  constructor(rules: ReadonlyMap<string, Rule>, policies: ReadonlyMap<string, Policy>) {
    this.#rules = rules;
    this.#policies = policies;
  }

  /** Every rule, by id. */
  get rules(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  /** The rule of an id, undefined where there is none. */
  find(id: string): Rule | undefined {
    return this.#rules.get(id);
  }

  /** The rule of an id that is known to exist. Throws where it does not: a bug of the caller. */
  get(id: string): Rule {
    const rule = this.#rules.get(id);
    if (!rule) throw new Error(`lockvet bug: no rule '${id}'`);
    return rule;
  }

  /** Every policy, by name. */
  get policies(): readonly Policy[] {
    return [...this.#policies.values()];
  }

  /** The policy of a name, `strict` without one. Throws InputError that lists the known ones. */
  policy(name: string = DEFAULT_POLICY): Policy {
    const policy = this.#policies.get(name);
    if (!policy) {
      const known = [...this.#policies.keys()].join(', ');
      throw new InputError('--policy', undefined, `unknown policy '${name}'; there are ${known}`);
    }
    return policy;
  }
}

/** Loads and validates all rules and policies. Throws InputError for the first thing that is wrong. */
export function loadRuleSet(sources: RuleSources = {}): RuleSet {
  const language = new ConditionLanguage();
  const rules = new Map<string, Rule>();
  const policies = new Map<string, Policy>();
  const builtin = sources.builtin ?? BUILTIN_RULES;
  for (const folder of [builtin, ...(sources.extra ?? [])]) {
    for (const ruleFolder of ruleFolders(folder)) {
      const known = rules.get(path.basename(ruleFolder));
      if (known) {
        const file = path.join(ruleFolder, 'rule.yaml');
        throw new InputError(file, 1, `rule '${known.id}' is already defined in ${known.folder}`);
      }
      const rule = loadRule(ruleFolder, language);
      if (folder !== builtin && rule.engine !== 'condition') {
        const file = path.join(ruleFolder, 'rule.yaml');
        throw new InputError(
          file,
          1,
          `engine: ${rule.engine} is for built-in rules; a rule of yours needs a condition`,
        );
      }
      rules.set(rule.id, rule);
    }
    loadPolicies(path.join(folder, 'policies'), policies);
  }
  return new RuleSet(byKey(rules), byKey(policies));
}

/** Whether a rule does not come with lockvet. */
export function isUsers(rule: Rule): boolean {
  return path.dirname(path.resolve(rule.folder)) !== path.resolve(BUILTIN_RULES);
}

/** Rules that do not come with lockvet. */
export function userRules(rules: RuleSet): readonly ConditionRule[] {
  return rules.rules.filter((rule): rule is ConditionRule => rule.engine === 'condition' && isUsers(rule));
}

/** The ids of all rules, from the names of their folders: nothing is read. Throws InputError for a folder that is not there. */
export function ruleIds(sources: RuleSources = {}): string[] {
  const folders = [sources.builtin ?? BUILTIN_RULES, ...(sources.extra ?? [])];
  return folders.flatMap((folder) => ruleFolders(folder).map((rule) => path.basename(rule)));
}

/** Sub-folders of `folder` that are rules, sorted. Throws InputError. */
function ruleFolders(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new InputError(folder, undefined, readProblem(error));
  }
  return names
    .filter((name) => !DATA_FOLDERS.has(name) && !name.startsWith('.'))
    .map((name) => path.join(folder, name))
    .filter((entry) => statSync(entry, { throwIfNoEntry: false })?.isDirectory() === true)
    .sort();
}

function byKey<T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
