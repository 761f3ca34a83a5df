import type { RuleDoc } from '../report/index.js';

/** All rules as reports explain them. Throws InputError for a rule of the user's that is wrong. */
export async function ruleDocs({ ruleFolders }: { readonly ruleFolders: readonly string[] }): Promise<RuleDoc[]> {
  const { loadRuleSet } = await import('../rules/index.js');
  return loadRuleSet({ extra: ruleFolders }).rules.map(({ id, title, severity, advice, references, readme }) => ({
    id,
    title,
    severity,
    advice,
    references,
    help: readme.map(({ heading, body }) => `## ${heading}\n\n${body}\n`).join('\n'),
  }));
}
