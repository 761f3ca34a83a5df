/** Runs random programs in the simulated kernel, without a file. */
import { Script } from 'node:vm';
import { type Schedule, STRATEGY_NAMES } from '../../../../src/explore/token.js';
import type { Law } from '../../../../src/judge/index.js';
import type { Finding } from '../../../../src/model/finding.js';
import * as sim from '../../../../src/sim/index.js';
import { judgeRun } from '../../../../src/sim/run/judge-run.js';
import type { Scenario } from '../../../../src/sim/scenario.js';

/** The scenario of a program's text without types; its functions' places are `file` and the line of the text. */
export function scenarioOf(text: string, file: string): Scenario {
  const script = new Script(`(function (sim) { ${text}\n})`, { filename: file });
  const make = script.runInThisContext() as (simulator: typeof sim) => Scenario;
  return make(sim);
}

/** The first `count` schedules that programs are run under: by the clock once, then at random and by priorities in turn. */
export function schedules(count: number, from = 0): Schedule[] {
  const out: Schedule[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const strategy = seed === 0 ? 'rr' : (STRATEGY_NAMES[1 + (seed % 2)] ?? 'random');
    out.push({ strategy, seed, depth: 3, preemptRt: undefined });
  }
  return out;
}

/** What some schedules showed of a program. */
export interface Shown {
  readonly findings: readonly Finding[];
  readonly operations: number;
}

/** All that any of the schedules shows, each violation once, with source lines. */
export function runProgram(text: string, file: string, law: Law, under: readonly Schedule[]): Shown {
  const scenario = scenarioOf(text, file);
  const seen = new Set<string>();
  const findings: Finding[] = [];
  let operations = 0;
  for (const schedule of under) {
    const fast = judgeRun({ path: file, scenario }, { law, schedule, precise: false });
    operations += fast.operations;
    if (fast.findings.every((finding) => seen.has(finding.fingerprint))) continue;
    for (const finding of fast.findings) seen.add(finding.fingerprint);
    findings.push(...judgeRun({ path: file, scenario }, { law, schedule, precise: true }).findings);
  }
  return { findings, operations };
}
