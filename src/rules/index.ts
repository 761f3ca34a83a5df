/** The rules: loading, asking, and the engine that judges events by them. */
export type { Condition, LockCondition, Verdict } from './condition.js';
export { type KernelConfig, RuleEngine, type RuleEngineOptions } from './engine.js';
export {
  ALLOCATORS,
  type Allocator,
  type ConfigFacts,
  type ContextFacts,
  type ContextKind,
  EVENT_KINDS,
  type EventFacts,
  type EventKind,
  type Facts,
  type LockFacts,
  noEvent,
  type PolicyFacts,
  type WaitWord,
} from './facts.js';
export type { Policy } from './policy.js';
export type { ReadmeSection } from './readme.js';
export type { CodeRule, ConditionRule, Rule } from './rule.js';
export { DEFAULT_POLICY, isUsers, loadRuleSet, RuleSet, type RuleSources, ruleIds, userRules } from './rule-set.js';
export { type Maybe, maybe, OneOf, unknownBool, unknownCount, unknownMask } from './unknown.js';
