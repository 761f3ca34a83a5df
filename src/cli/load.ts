import * as rcu from '../rcu/index.js';
import type { Scenario } from '../sim/index.js';
import { loadScenarios } from '../sim/run/load.js';

/** Loads the scenarios of a file, which may import all that lockvet offers them: `lockvet/sim` and `lockvet/rcu`. Throws InputError. */
export function loadScenarioFile(path: string): Promise<Scenario[]> {
  return loadScenarios(path, { 'lockvet/rcu': rcu });
}
