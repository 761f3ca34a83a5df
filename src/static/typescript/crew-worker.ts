/** Walks sources on a thread of its own: see `crew.ts`. */
import { workerData } from 'node:worker_threads';
import { loadRuleSet } from '../../rules/index.js';
import type { TreeUnit } from '../ir/tree.js';
import type { CrewSetup, OpenWalk, WalkingTask } from './crew.js';
import { type Outcome, Walker } from './walker.js';

// The pool puts a part of its own before what the thread was given.
const [, { ruleFolders, policy, preemptRt }] = workerData as [unknown, CrewSetup];
const rules = loadRuleSet({ extra: ruleFolders });
const walker = new Walker({ law: { rules, policy: rules.policy(policy) }, preemptRt });

export function walk(task: WalkingTask): OpenWalk | Outcome | readonly Outcome[] {
  const units = task.units.map((text) => JSON.parse(text) as TreeUnit);
  if (task.do === 'scenarios') return walker.scenarios(units, task.file);
  if (task.do === 'factory') return walker.factory(units, task.id);
  if (task.do === 'alone') return walker.alone(units, task.files, task.ids, task.file);
  return walker.open(units, task.files, task.ids);
}
