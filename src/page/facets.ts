import type { PageData, PageFinding } from '../report/page/data.js';
import { el } from './dom.js';

/** A property that findings are filtered by. */
export interface Facet {
  /** Its name in the address. */
  readonly name: string;
  readonly title: string;
  readonly valueOf: (finding: PageFinding, data: PageData) => string;
}

export const FACETS: readonly Facet[] = [
  { name: 'severity', title: 'Severity', valueOf: ({ severity }) => severity },
  { name: 'status', title: 'Status', valueOf: ({ status }) => status },
  { name: 'rule', title: 'Rule', valueOf: ({ rule }) => rule },
  { name: 'subsystem', title: 'Subsystem', valueOf: ({ subsystem }) => subsystem || 'unknown' },
  { name: 'certainty', title: 'Confidence', valueOf: ({ confidence }) => confidence },
  { name: 'input', title: 'Input', valueOf: ({ run }, { runs }) => runs[run]?.input ?? '' },
];

/** Settings that filter by text: the lock by its name, everything by what it says. */
export const TEXT_FILTERS = ['lock', 'text'] as const;

/** What the settings choose. A facet of which nothing is chosen filters nothing; `except` is left out of account. */
export function chosen(data: PageData, settings: URLSearchParams, except?: Facet): PageFinding[] {
  const tests = FACETS.filter((facet) => facet !== except && settings.has(facet.name)).map((facet) => {
    const values = new Set(settings.getAll(facet.name));
    return (finding: PageFinding) => values.has(facet.valueOf(finding, data));
  });
  const lock = (settings.get('lock') ?? '').toLowerCase();
  const text = (settings.get('text') ?? '').toLowerCase();
  return data.findings.filter(
    (finding) =>
      tests.every((test) => test(finding)) &&
      (lock === '' || locksOf(finding).some((name) => name.toLowerCase().includes(lock))) &&
      (text === '' || textOf(finding).toLowerCase().includes(text)),
  );
}

/** Every lock that a finding is about, or that was held. */
export function locksOf({ locks, detail }: PageFinding): string[] {
  return [...locks, ...(detail.held ?? []).map(({ name }) => name), ...(detail.wanted ? [detail.wanted.name] : [])];
}

function textOf({ message, rule, where, evidence, fingerprint, subsystem }: PageFinding): string {
  const places = [where, ...evidence.map((step) => step.where)].map(
    (place) => `${place.file ?? ''} ${place.function ?? ''} ${place.task ?? ''}`,
  );
  return [message, rule, fingerprint, subsystem, ...evidence.map((step) => step.what), ...places].join('\n');
}

/** The boxes of one facet with how many findings each value has, given the other filters. undefined where all are alike. */
export function facetBox(
  data: PageData,
  facet: Facet,
  settings: URLSearchParams,
  onChange: (values: string[]) => void,
): HTMLElement | undefined {
  const all = countsOf(data.findings, facet, data);
  if (all.size < 2) return undefined;
  const now = countsOf(chosen(data, settings, facet), facet, data);
  const checked = new Set(settings.getAll(facet.name));
  const box = el('fieldset', { 'data-facet': facet.name }, el('legend', {}, facet.title));
  const values = [...all.keys()];
  if (facet.name !== 'severity' && facet.name !== 'status')
    values.sort((a, b) => (now.get(b) ?? 0) - (now.get(a) ?? 0) || (a < b ? -1 : 1));
  for (const value of values) {
    const input = el('input', { type: 'checkbox', value, checked: checked.has(value) });
    input.addEventListener('change', () => {
      if (input.checked) checked.add(value);
      else checked.delete(value);
      onChange([...checked]);
    });
    box.append(
      el(
        'label',
        { class: now.has(value) ? undefined : 'none' },
        input,
        el('span', { class: 'value' }, value),
        el('span', { class: 'count' }, now.get(value) ?? 0),
      ),
    );
  }
  return box;
}

function countsOf(findings: readonly PageFinding[], facet: Facet, data: PageData): Map<string, number> {
  const counts = new Map<string, number>();
  for (const finding of findings) {
    const value = facet.valueOf(finding, data);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
