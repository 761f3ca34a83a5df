import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Finding, Severity } from '../model/finding.js';
import { InputError, type Suppressed } from '../model/report.js';
import { readYaml } from '../rules/yaml-file.js';
import { readSource } from './json-file.js';

/** What users changed about a rule. */
export interface RuleSetting {
  /** `off`: its findings are suppressed. */
  readonly severity: Severity | 'off';
  /** '' where none is given. */
  readonly reason: string;
  /** Where it is said: `FILE:LINE` or FILE. */
  readonly place: string;
}

/** Settings by rule id. */
export type RuleSettings = ReadonlyMap<string, RuleSetting>;

/** The file in a folder of rules that changes other rules. */
export const OVERRIDES_FILE = 'overrides.yaml';

const overridesSchema = z.record(
  z.string(),
  z
    .strictObject({
      disabled: z.boolean().optional(),
      severity: z.enum(['error', 'warning', 'note']).optional(),
      reason: z.string().trim().optional(),
    })
    .refine(({ disabled, severity }) => disabled !== undefined || severity !== undefined, {
      error: "has neither 'disabled' nor 'severity'",
    }),
);

/**
 * The settings in `FOLDER/overrides.yaml`, none where there is no such file. Throws InputError with file and line, also for a rule
 * that is not among `known`, which is asked only when there is such a file.
 */
export function loadOverrides(folder: string, known: () => ReadonlySet<string>): Map<string, RuleSetting> {
  const file = path.join(folder, OVERRIDES_FILE);
  const settings = new Map<string, RuleSetting>();
  if (!existsSync(file)) return settings;
  const { value } = readYaml(file, overridesSchema);
  const ids = known();
  const lines = readSource(file).split('\n');
  for (const [rule, { disabled, severity, reason = '' }] of Object.entries(value)) {
    const at = lines.findIndex((line) => line.replace(/^["']/, '').startsWith(rule)) + 1;
    if (!ids.has(rule)) throw new InputError(file, at, `there is no rule '${rule}'`);
    const set = disabled === true ? 'off' : severity;
    if (set !== undefined) settings.set(rule, { severity: set, reason, place: `${file}:${at}` });
  }
  return settings;
}

const BELOW: Readonly<Record<Severity, Severity>> = { error: 'warning', warning: 'note', note: 'note' };

/**
 * Gives findings the severities that users chose, and takes out those of rules that are off. A finding that is only possible stays
 * one step below its rule.
 */
export function applySettings(
  findings: readonly Finding[],
  settings: RuleSettings,
): { findings: Finding[]; suppressed: Suppressed[] } {
  const standing: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of findings) {
    const setting = settings.get(finding.rule);
    if (setting === undefined) standing.push(finding);
    else if (setting.severity === 'off') {
      suppressed.push({ finding, by: 'rule', place: setting.place, reason: setting.reason });
    } else {
      const severity = finding.confidence === 'possible' ? BELOW[setting.severity] : setting.severity;
      standing.push({ ...finding, severity });
    }
  }
  return { findings: standing, suppressed };
}
