import type { Strategy } from '../explore/strategy.js';
import type { EventSink } from '../model/events.js';
import { StringNames } from '../model/names.js';
import { type KernelOptions, resolveConfig } from './config.js';
import { Kernel } from './kernel.js';
import { Machine, type Outcome } from './machine.js';
import type { Sites } from './sites.js';

/** What a scenario is called and what it runs on. */
export interface ScenarioOptions extends KernelOptions {
  /** Short name, as in file names. */
  name: string;
  /** One sentence: what it shows. */
  shows?: string;
}

/** A scenario: what a file in `fixtures/scenarios` exports as its default. */
export interface Scenario {
  readonly options: ScenarioOptions;
  /** Makes the locks, tasks and handlers; runs no operation itself. */
  readonly setup: (kernel: Kernel) => void;
}

/**
 * Declares a scenario.
 *
 *     export default scenario({ name: 'abba' }, (kernel) => {
 *       const a = kernel.mutex('a');
 *       const b = kernel.mutex('b');
 *       kernel.task('first', function* () {
 *         yield* a.lock();
 *         yield* b.lock();
 *         yield* b.unlock();
 *         yield* a.unlock();
 *       });
 *     });
 */
export function scenario(options: ScenarioOptions, setup: (kernel: Kernel) => void): Scenario {
  return { options, setup };
}

/** How to run a scenario once. */
export interface SimulationOptions {
  strategy: Strategy;
  /** Who hears the events; may need the run's names. */
  sink: (names: StringNames) => EventSink;
  /** Replace what the scenario says, e.g. `{ preemptRt: true }`. */
  overrides?: Partial<KernelOptions>;
  /** Find the call site of every operation (slow); without, an operation's site is its context's function. */
  sites?: Sites;
}

/** What a run came to. */
export interface Simulation {
  outcome: Outcome;
  operations: number;
  events: number;
  /** Simulated nanoseconds. */
  time: number;
  names: StringNames;
  /** The scenario has annotations: it must be judged with and without them. */
  annotated: boolean;
}

/** Runs a scenario once. Throws ScenarioError where the scenario misuses the simulator. */
export function simulate(what: Scenario, options: SimulationOptions): Simulation {
  const names = new StringNames();
  const config = resolveConfig({ ...what.options, ...options.overrides });
  const machine = new Machine(config, options.strategy, options.sink(names), names, options.sites);
  what.setup(new Kernel(machine));
  const outcome = machine.run();
  return {
    outcome,
    operations: machine.operations,
    events: machine.emit.count,
    time: machine.now,
    names,
    annotated: machine.annotated,
  };
}
