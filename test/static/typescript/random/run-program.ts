/** Runs random programs in the simulated kernel, without a file. */
import { Script } from 'node:vm';
import { type Schedule, STRATEGY_NAMES } from '../../../../src/explore/token.js';
import type { Law } from '../../../../src/judge/index.js';
import type { Finding } from '../../../../src/model/finding.js';
import type { NameTable } from '../../../../src/model/names.js';
import * as sim from '../../../../src/sim/index.js';
import { judgeRun } from '../../../../src/sim/run/judge-run.js';
import type { Scenario } from '../../../../src/sim/scenario.js';
import { Damage } from './damage.js';

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
  /** Lines whose operations ran, of precise runs: of all where they were asked for. */
  readonly lines: ReadonlySet<number>;
  /** Tasks that came to their ends. */
  readonly ended: ReadonlySet<string>;
}

/** All that any of the schedules shows before it is damaged, each violation once, with source lines. */
export function runProgram(
  text: string,
  file: string,
  law: Law,
  under: readonly Schedule[],
  wantsLines = false,
): Shown {
  const scenario = scenarioOf(text, file);
  const seen = new Set<string>();
  const findings = new Map<string, Finding>();
  const lines = new Set<number>();
  const ended = new Set<string>();
  let operations = 0;
  const run = (schedule: Schedule, precise: boolean): Finding[] => {
    let damage: Damage | undefined;
    const recorder = (names: NameTable): Damage => {
      damage = new Damage(names, scenario.options.preemptRt === true);
      return damage;
    };
    const judged = judgeRun({ path: file, scenario }, { law, schedule, precise, recorder });
    const noticed = damage;
    if (noticed === undefined) throw new Error('nobody recorded');
    operations += judged.operations;
    for (const task of noticed.ended) ended.add(task);
    if (precise) for (const line of noticed.lines) lines.add(line);
    // Findings tell seconds, to the nanosecond.
    return judged.findings.filter((finding) => {
      // A finding of several events is there when the last of them is.
      const times = [finding.where, ...finding.evidence.map((step) => step.where)].map(({ time = 0 }) => time);
      return Math.max(...times) * 1e9 <= noticed.time + 0.5 && !isLeft(finding, noticed);
    });
  };
  for (const schedule of under) {
    const fast = run(schedule, false);
    if (!wantsLines && fast.every((finding) => seen.has(finding.fingerprint))) continue;
    for (const finding of fast) seen.add(finding.fingerprint);
    for (const finding of run(schedule, true)) findings.set(`${finding.fingerprint} ${finding.where.line}`, finding);
  }
  return { findings: [...findings.values()], operations, lines, ended };
}

/** What a handler left behind, seen where it is no longer the handler that runs. */
function isLeft({ rule, where }: Finding, damage: Damage): boolean {
  if (damage.hasLeft && (rule === 'inconsistent-lock-state' || rule === 'irq-lock-inversion')) return true;
  return where.line === undefined && THREADS.test(where.task ?? '');
}

/** Threads of the simulated kernel that run handlers. */
const THREADS = /^(?:irq\/|irq_work|kworker|ksoftirqd|rcu_gp|ktimers)/;
