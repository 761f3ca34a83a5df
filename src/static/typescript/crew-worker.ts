/** Walks sources on a thread of its own: see `crew.ts`. */
import { workerData } from 'node:worker_threads';
import { loadRuleSet } from '../../rules/index.js';
import type { TreeUnit } from '../ir/tree.js';
import type { CrewSetup, Handed } from './crew.js';
import { Walker, type WalkingResults } from './walker.js';

// The pool puts a part of its own before what the thread was given.
const [, { ruleFolders, policy, preemptRt }] = workerData as [unknown, CrewSetup];
const rules = loadRuleSet({ extra: ruleFolders });
const walker = new Walker({ law: { rules, policy: rules.policy(policy) }, preemptRt });

export function walk({ task, units }: Handed): WalkingResults[keyof WalkingResults] {
  return walker.walk(
    task,
    units.map((text) => JSON.parse(text) as TreeUnit),
  );
}
