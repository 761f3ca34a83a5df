import type { ReportingDescriptor } from 'sarif';
import type { Severity } from '../../model/finding.js';
import type { RuleDoc } from '../options.js';

const KERNEL_DOCS = 'https://docs.kernel.org/';
/** Where rules stand that cite no page of the kernel's documentation. */
const LOCKING_DOCS = `${KERNEL_DOCS}locking/index.html`;

/** A rule as a SARIF reporting descriptor: title, advice, its README as help, the kernel's own page about it. */
export function descriptorOf(rule: RuleDoc): ReportingDescriptor {
  return {
    id: rule.id,
    name: pascalCase(rule.id),
    shortDescription: { text: rule.title },
    fullDescription: { text: `${sentence(rule.title)} ${rule.advice}` },
    help: { text: plain(rule.help), markdown: rule.help },
    helpUri: helpUriOf(rule.references),
    defaultConfiguration: { level: rule.severity },
    properties: { tags: tagsOf(rule.id), precision: 'high', 'problem.severity': PROBLEM[rule.severity] },
  };
}

/** The same for a rule that nobody described: a finding must not fail for that. */
export function bareDescriptor(id: string): ReportingDescriptor {
  return { id, name: pascalCase(id), shortDescription: { text: id }, helpUri: LOCKING_DOCS };
}

const PROBLEM: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'recommendation' };

/** The kernel's published page of the first document that a rule cites. */
function helpUriOf(references: readonly string[]): string {
  for (const reference of references) {
    const page = /(?:^|\s)Documentation\/([\w./-]+)\.rst\b/.exec(reference)?.[1];
    if (page !== undefined) return `${KERNEL_DOCS}${page}.html`;
  }
  return LOCKING_DOCS;
}

function tagsOf(id: string): string[] {
  const tags = ['linux-kernel', 'locking', 'concurrency', 'correctness'];
  if (id.startsWith('rcu')) tags.push('rcu');
  if (/^(?:alloc|free|gfp)-/.test(id)) tags.push('memory', 'preempt-rt');
  return tags;
}

function pascalCase(id: string): string {
  return id.replace(/(?:^|-)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Markdown without its marks, for viewers that show text only. */
function plain(markdown: string): string {
  return markdown
    .replace(/^#+ +/gm, '')
    .replace(/^```.*\n?/gm, '')
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/`([^`\n]+)`/g, '$1');
}
