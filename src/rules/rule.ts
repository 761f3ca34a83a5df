import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Severity } from '../model/finding.js';
import { InputError } from '../model/report.js';
import type { Condition, ConditionError, ConditionLanguage, LockCondition } from './condition.js';
import { EVENT_KINDS, type EventKind } from './facts.js';
import { type ReadmeSection, readReadme } from './readme.js';
import { Template, TemplateError } from './template.js';
import { readYaml, type YamlFile } from './yaml-file.js';

/**
 * Who judges: the rule engine by the rule's condition, the validator, the reader of kernel logs, or the simulated kernel, whose
 * own checkers see what happened.
 */
const ENGINES = ['condition', 'validator', 'log', 'kernel'] as const;
export type RuleEngineKind = (typeof ENGINES)[number];

/** What every rule has, whoever judges it. */
export interface RuleHead {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly engine: RuleEngineKind;
  /** How to mend it, one or more sentences. */
  readonly advice: string;
  /** Where the rule comes from: kernel documents and sources. */
  readonly references: readonly string[];
  /** Sections of its README.md. */
  readonly readme: readonly ReadmeSection[];
  /** Its folder. */
  readonly folder: string;
}

/** A rule that is judged by its condition. */
export interface ConditionRule extends RuleHead {
  readonly engine: 'condition';
  /** Events that the condition is asked at. */
  readonly events: readonly EventKind[];
  readonly condition: Condition;
  /** Which held locks the finding names; undefined: none. */
  readonly locks: LockCondition | undefined;
  readonly message: Template;
}

/** A rule whose check is code. */
export interface CodeRule extends RuleHead {
  readonly engine: 'validator' | 'log' | 'kernel';
}

export type Rule = ConditionRule | CodeRule;

const oneLine = z
  .string()
  .trim()
  .min(1, 'is empty')
  .refine((text) => !text.includes('\n'), 'is more than one line');
const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'is not of small letters, digits and single dashes'),
  title: oneLine,
  severity: z.enum(['error', 'warning', 'note']),
  engine: z.enum(ENGINES).default('condition'),
  events: z.array(z.enum(EVENT_KINDS)).min(1, 'is empty').optional(),
  condition: z.string().optional(),
  locks: z.string().optional(),
  message: oneLine.optional(),
  advice: z.string().trim().min(1, 'is empty'),
  references: z.array(oneLine).default([]),
});
type RuleFile = YamlFile<z.output<typeof ruleSchema>>;

/**
 * Loads the rule in `folder`: `rule.yaml` and `README.md`. Throws InputError with file and line for everything that is
 * wrong in them. The id must be the folder's name.
 */
export function loadRule(folder: string, language: ConditionLanguage): Rule {
  const yamlPath = path.join(folder, 'rule.yaml');
  if (!existsSync(yamlPath)) throw new InputError(folder, undefined, 'a rule folder without rule.yaml');
  const file = readYaml(yamlPath, ruleSchema);
  const { id, title, severity, advice, references } = file.value;
  if (id !== path.basename(path.resolve(folder))) {
    throw new InputError(yamlPath, file.line('id'), `id '${id}' is not the name of its folder`);
  }
  const readmePath = path.join(folder, 'README.md');
  if (!existsSync(readmePath)) throw new InputError(yamlPath, file.line('id'), `rule '${id}' has no README.md`);
  const condition = file.value.engine === 'condition' ? conditionParts(file, language) : codeParts(file);
  const readme = readReadme(readmePath, id);
  return { id, title, severity, advice: foldLines(advice), references, readme, folder, ...condition };
}

function conditionParts(file: RuleFile, language: ConditionLanguage) {
  const { events, condition, locks, message } = file.value;
  const complainOf = (field: string) => (error: ConditionError | TemplateError) =>
    new InputError(file.path, file.lineInText(error.offset, field), `${field}: ${error.message}`);
  return {
    engine: 'condition' as const,
    events: [...new Set(required(file, 'events', events))],
    condition: language.condition(required(file, 'condition', condition), complainOf('condition')),
    locks: locks === undefined ? undefined : language.lockCondition(locks, complainOf('locks')),
    message: templateOf(required(file, 'message', message), complainOf('message')),
  };
}

function templateOf(source: string, complain: (error: TemplateError) => Error): Template {
  try {
    return new Template(source);
  } catch (error) {
    throw error instanceof TemplateError ? complain(error) : error;
  }
}

function codeParts(file: RuleFile) {
  const engine = file.value.engine === 'log' ? ('log' as const) : ('validator' as const);
  for (const field of ['events', 'condition', 'locks', 'message'] as const) {
    if (file.value[field] !== undefined) {
      throw new InputError(file.path, file.line(field), `field '${field}' is of no use with engine: ${engine}`);
    }
  }
  return { engine };
}

function required<T>(file: RuleFile, field: string, value: T | undefined): T {
  if (value === undefined) throw new InputError(file.path, file.line(), `field '${field}' is missing`);
  return value;
}

/** YAML's literal blocks keep line breaks; advice is running text. */
function foldLines(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
