/** The gate: what is known, what is suppressed, what is new; and the configuration that says so. */
export { type Baseline, type BaselineEntry, loadBaseline } from './baseline.js';
export { CONFIG_FILES, type ConfigurationFile, configurationFor } from './config-file.js';
export { CONFIGURED_COMMANDS, type Configuration } from './config-schema.js';
export { configurationTemplate } from './config-template.js';
export { applyGate, type Gated, type GatePlan } from './gate.js';
export { loadOverrides, type RuleSetting, type RuleSettings } from './rule-settings.js';
export { Comments, type Directive, directives, siftBySource } from './source-suppressions.js';
