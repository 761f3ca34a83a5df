import { type Catalogue, judgeOrders, Validator, type ValidatorOptions } from '../lockdep/index.js';
import type { EventHeader, EventSink, KernelReport } from '../model/events.js';
import type { Finding, Severity } from '../model/finding.js';
import { KernelReports } from '../model/kernel-reports.js';
import type { NameTable } from '../model/names.js';
import { emptyStats, type RunStats } from '../model/report.js';
import { TeeSink } from '../model/tee.js';
import { type Policy, RuleEngine, type RuleSet } from '../rules/index.js';
import type { EventSource } from '../trace/source.js';
import { WithoutAnnotations } from './annotations.js';
import { validatorNotes } from './notes.js';

/** What an input is judged by. */
export interface Law {
  readonly rules: RuleSet;
  readonly policy: Policy;
  /** Kinds of locks by name, for recordings that do not tell them. */
  readonly catalogue?: Catalogue;
}

/** What the engines must know of the events that they will be fed. */
export interface Recording {
  readonly names: NameTable;
  /** Path that findings name as their file. */
  readonly file: string;
  readonly ticksPerSecond: number;
  readonly noValidateKey?: { hi: number; lo: number };
  /** A simulated kernel makes the events. */
  readonly simulated?: boolean;
  /** Also judge as if there were no annotations. Default: of simulated kernels, the only ones whose events show them all. */
  readonly annotations?: boolean;
}

/** A source of events as the recording that it is. */
export function recordingOf({ names, path, ticksPerSecond, noValidateKey, simulated }: EventSource): Recording {
  return {
    names,
    file: path,
    ticksPerSecond,
    ...(noValidateKey && { noValidateKey }),
    ...(simulated && { simulated }),
  };
}

/** What a validator must know of a recording. Of a simulated kernel no event is missing. */
export function validatorOptions(recording: Recording, catalogue: Catalogue | undefined): ValidatorOptions {
  const { names, file, ticksPerSecond, noValidateKey, simulated } = recording;
  return {
    names,
    file,
    ticksPerSecond,
    ...(noValidateKey && { noValidateKey }),
    ...(catalogue && { catalogue }),
    ...(simulated && { simulated, whole: true }),
  };
}

/** Makes the validator: one that also keeps what others want to know of the events. */
export type MakeValidator = (options: ValidatorOptions) => Validator;

/**
 * All engines that judge events, as one sink: the validator, then the rule engine, which looks at the validator's state,
 * and the collector of the kernel's own reports. Feed {@link sink}, then ask.
 */
export class Engines {
  readonly validator: Validator;
  readonly sink: EventSink;
  readonly #law: Law;
  readonly #rules: RuleEngine;
  readonly #reports: KernelReports;
  /** The same events judged as if nothing were annotated. */
  readonly #unannotated: { engines: Engines; filter: WithoutAnnotations } | undefined;

  constructor(recording: Recording, law: Law, validator: MakeValidator = (options) => new Validator(options)) {
    const { names, file, ticksPerSecond, simulated } = recording;
    const { rules, policy, catalogue } = law;
    this.#law = law;
    this.validator = validator(validatorOptions(recording, catalogue));
    this.#rules = new RuleEngine({ rules, policy, context: this.validator.context, names, file, ticksPerSecond });
    this.#reports = new KernelReports(names, file, ticksPerSecond);
    const sink = new EngineSink(this.validator, this.#rules, this.#reports);
    if (!(recording.annotations ?? simulated ?? false)) {
      this.sink = sink;
      return;
    }
    const bare = new Engines({ names, file, ticksPerSecond, simulated: true, annotations: false }, law);
    const filter = new WithoutAnnotations(bare.sink, recording);
    this.#unannotated = { engines: bare, filter };
    this.sink = new TeeSink(sink, filter);
  }

  /** What all engines found, with the advice of their rules. Ask after the sink's end(). */
  findings(): Finding[] {
    const findings = [...this.validator.findings(), ...this.#rules.findings(), ...this.#reports.findings()];
    const other = this.#unannotated;
    if (other !== undefined) findings.push(...other.filter.hidden(other.engines.findings(), findings));
    return findings.map((finding) => withAdvice(finding, this.#law.rules)).sort(byWeight);
  }

  /**
   * Makes the engines look again at orders of locks that they know, where some were kept out of the graph: what is known of interrupt use by
   * now was not yet when they were met. False: there is nothing to look at again.
   */
  reconsider(): boolean {
    const { state } = this.validator;
    state.reconsiders = true;
    state.chains.forgetValidations();
    const other = this.#unannotated?.engines.reconsider() ?? false;
    return state.refused > 0 || other;
  }

  /** Judges all orders of locks by all interrupt use, which may have come after them. Ask after the sink's end(). */
  judgeOrders(): void {
    judgeOrders(this.validator.state);
    this.#unannotated?.engines.judgeOrders();
  }

  stats(): RunStats {
    const { state, events } = this.validator;
    return {
      ...emptyStats(),
      events,
      classes: state.classes.size,
      dependencies: state.graph.count,
      chains: state.chains.count,
    };
  }

  /** What the summary should say about how far the judgement reaches. */
  notes(): string[] {
    return validatorNotes(this.validator);
  }
}

/** The kernel's own reports are for their collector alone, which wants nothing else. */
class EngineSink extends TeeSink {
  readonly #reports: EventSink;

  constructor(validator: EventSink, rules: EventSink, reports: EventSink) {
    super(validator, rules);
    this.#reports = reports;
  }

  override kernelReport(h: EventHeader, report: KernelReport): void {
    this.#reports.kernelReport(h, report);
  }
}

/** Engines that judge by code know no prose: what to do about it stands with the rule. */
export function withAdvice(finding: Finding, rules: RuleSet): Finding {
  if (finding.advice !== undefined) return finding;
  const advice = rules.find(finding.rule)?.advice;
  return advice === undefined ? finding : { ...finding, advice };
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Errors first; among equals the order in which they were met. */
export function byWeight(a: Finding, b: Finding): number {
  return WEIGHT[a.severity] - WEIGHT[b.severity];
}
