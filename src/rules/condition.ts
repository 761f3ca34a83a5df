import {
  type ASTNode,
  Environment,
  EvaluationError,
  ParseError,
  type TypeError as TypeCheckError,
} from '@marcbachmann/cel-js';
import { type ConditionReads, conditionReads } from './condition-reads.js';
import type { Facts, LockFacts } from './facts.js';
import { type World, WorldSearch } from './unknown.js';
import {
  CONFIG_FIELDS,
  CONTEXT_FIELDS,
  EVENT_FIELDS,
  type Field,
  type Fields,
  LOCK_FIELDS,
  POLICY_FIELDS,
} from './vocabulary.js';

/*
 * Why @marcbachmann/cel-js 8 and not @bufbuild/cel 0.6.1, as both were when this was written:
 * - a condition must be type-checked when rules are loaded. cel-js checks fields of declared types, macro variables and
 *   operators and says which characters are wrong; bufbuild's checker is not exported and throws on everything but
 *   constants and identifiers;
 * - fields are read from the bound object when the expression asks for them, which the search over unknowns needs;
 * - the condition of sleep-in-atomic takes 0.5 us against 3.4 us;
 * - no dependency against two, two releases a month against one in two months. bufbuild's stricter conformance
 *   (protobuf messages, timestamps) is of no use to rules.
 */

/** `certain`: holds whatever the unknowns are; `possible`: holds for some; `no`: holds for none. */
export type Verdict = 'certain' | 'possible' | 'no';

/** Why a text is no condition: the offset in it and one line of explanation. */
export class ConditionError extends Error {
  readonly offset: number;

  constructor(offset: number, problem: string) {
    super(problem);
    this.name = 'ConditionError';
    this.offset = offset;
  }
}

/** Turns a complaint into the error to throw: whoever has the file knows its line. */
export type Complain = (error: ConditionError) => Error;
const asIs: Complain = (error) => error;

/** Facts and a world behind the fields of one declared type. */
class Bound<F> {
  readonly facts: F;
  readonly world: World;

  constructor(facts: F, world: World) {
    this.facts = facts;
    this.world = world;
  }
}

/** A class of values with the given fields as getters. */
function valuesWith<F>(fields: Fields<F>): new (facts: F, world: World) => Bound<F> {
  class Values extends Bound<F> {}
  for (const [name, field] of Object.entries<Field<F>>(fields)) {
    Object.defineProperty(Values.prototype, name, {
      get(this: Bound<F>) {
        return field.read(this.facts, this.world);
      },
    });
  }
  return Values;
}
const EventValue = valuesWith(EVENT_FIELDS);
const LockValue = valuesWith(LOCK_FIELDS);
const ContextValue = valuesWith(CONTEXT_FIELDS);
const ConfigValue = valuesWith(CONFIG_FIELDS);
const PolicyValue = valuesWith(POLICY_FIELDS);

/** The language of conditions: variables `event`, `held`, `context`, `config`, `policy`. Make one and keep it. */
export class ConditionLanguage {
  readonly #conditions: Environment;
  readonly #lockConditions: Environment;

  constructor() {
    this.#conditions = declare(new Environment());
    this.#lockConditions = declare(new Environment()).registerVariable('lock', 'HeldLock');
  }

  /**
   * Parses and type-checks a condition. Throws what `complain` makes of a ConditionError, now if it is no condition, when
   * it is evaluated if it cannot be computed.
   */
  condition(source: string, complain: Complain = asIs): Condition {
    return new Condition(source, compile(this.#conditions, source, complain));
  }

  /** The same with the variable `lock`: asks it of one held lock. */
  lockCondition(source: string, complain: Complain = asIs): LockCondition {
    return new LockCondition(source, compile(this.#lockConditions, source, complain));
  }
}

/** A condition on facts. */
export class Condition {
  readonly source: string;
  readonly reads: ConditionReads;
  readonly #program: Program;

  constructor(source: string, program: Program) {
    this.source = source;
    this.#program = program;
    this.reads = conditionReads(program.ast);
  }

  /**
   * Asks the condition in every world that it can tell apart. Throws (see {@link ConditionLanguage.condition}) where it
   * cannot be computed, such as `held[0]` without a lock.
   */
  evaluate(facts: Facts): Verdict {
    return search(this.#program, this.reads, (world) => bind(facts, world));
  }
}

/** A condition on one held lock among facts. */
export class LockCondition {
  readonly source: string;
  readonly #reads: ConditionReads;
  readonly #program: Program;

  constructor(source: string, program: Program) {
    this.source = source;
    this.#program = program;
    this.#reads = conditionReads(program.ast);
  }

  /** Like {@link Condition.evaluate}, for the lock at place `index` (0 is the outermost). */
  evaluate(facts: Facts, lock: LockFacts, index: number): Verdict {
    return search(this.#program, this.#reads, (world) => ({
      ...bind(facts, world),
      lock: new LockValue({ lock, index }, world),
    }));
  }
}

interface Program {
  readonly ast: ASTNode;
  run(bindings: Readonly<Record<string, unknown>>): boolean;
}

/** Enough for a dozen unknowns all read; whoever needs more is told `possible`, which is never wrong. */
const MAX_WORLDS = 4096;

function search(
  program: Program,
  reads: ConditionReads,
  bindings: (world: World) => Readonly<Record<string, unknown>>,
): Verdict {
  const worlds = new WorldSearch(reads.domain);
  const values = bindings(worlds);
  const first = program.run(values);
  let visited = 1;
  while (worlds.next()) {
    if (program.run(values) !== first || ++visited > MAX_WORLDS) return 'possible';
  }
  return first ? 'certain' : 'no';
}

function bind(facts: Facts, world: World): Readonly<Record<string, unknown>> {
  return {
    event: new EventValue(facts.event, world),
    context: new ContextValue(facts.context, world),
    config: new ConfigValue(facts.config, world),
    policy: new PolicyValue(facts.policy, world),
    // A getter, so that an unknown list splits the search only when it is asked for.
    get held() {
      return world.pick(facts.held).map((lock, index) => new LockValue({ lock, index }, world));
    },
  };
}

function compile(environment: Environment, source: string, complain: Complain): Program {
  const checked = environment.check(source);
  if (!checked.valid) throw complain(conditionError(checked.error));
  if (checked.type !== 'bool') throw complain(new ConditionError(0, `it is of type ${checked.type}, not bool`));
  const parsed = environment.parse(source);
  return {
    ast: parsed.ast,
    run: (bindings) => {
      try {
        return parsed(bindings) === true;
      } catch (error) {
        if (error instanceof EvaluationError) throw complain(conditionError(error));
        throw error;
      }
    },
  };
}

function conditionError(error: ParseError | TypeCheckError | EvaluationError | undefined): ConditionError {
  const at = error?.range?.start ?? 0;
  if (error instanceof ParseError) {
    const rest = (error.node?.input ?? '').slice(at).trim().split('\n', 1)[0] ?? '';
    return new ConditionError(at, rest === '' ? 'it ends too early' : `syntax error at '${rest}'`);
  }
  const summary = error?.summary ?? 'it is not a condition';
  const plain = summary.replace('No such key', 'no such field').replace('no such overload', 'operands do not fit');
  return new ConditionError(at, plain.charAt(0).toLowerCase() + plain.slice(1));
}

function declare(environment: Environment): Environment {
  return environment
    .registerType('Event', typeOf(EventValue, EVENT_FIELDS))
    .registerType('HeldLock', typeOf(LockValue, LOCK_FIELDS))
    .registerType('Context', typeOf(ContextValue, CONTEXT_FIELDS))
    .registerType('Config', typeOf(ConfigValue, CONFIG_FIELDS))
    .registerType('Policy', typeOf(PolicyValue, POLICY_FIELDS))
    .registerVariable('event', 'Event')
    .registerVariable('held', 'list<HeldLock>')
    .registerVariable('context', 'Context')
    .registerVariable('config', 'Config')
    .registerVariable('policy', 'Policy');
}

function typeOf<F>(ctor: new (facts: F, world: World) => Bound<F>, fields: Fields<F>) {
  return { ctor, fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.type])) };
}
