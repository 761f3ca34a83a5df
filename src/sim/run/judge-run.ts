import { relative, resolve } from 'node:path';
import { type Schedule, strategyOf } from '../../explore/token.js';
import { Engines, type Law, type Watch } from '../../judge/index.js';
import type { EventSink } from '../../model/events.js';
import type { Finding, Where } from '../../model/finding.js';
import type { NameTable } from '../../model/names.js';
import type { RunStats } from '../../model/report.js';
import { TeeSink } from '../../model/tee.js';
import { NO_VALIDATE_KEY } from '../addresses.js';
import { ScenarioError } from '../errors.js';
import type { Scenario } from '../scenario.js';
import { simulate } from '../scenario.js';
import { Sites } from '../sites.js';
import { problemOf } from './problem.js';

/** A scenario and the file that it came from. */
export interface ScenarioFile {
  /** Path as the user gave it. */
  readonly path: string;
  readonly scenario: Scenario;
}

/** What one schedule of a scenario came to. */
export interface Judged {
  findings: Finding[];
  stats: RunStats;
  notes: string[];
  operations: number;
  /** Simulated nanoseconds. */
  time: number;
  /** Annotations were used, and not judged: only precise runs do. */
  unjudged: boolean;
}

/** How to judge one schedule. */
export interface JudgeOptions {
  readonly law: Law;
  readonly schedule: Schedule;
  /** Find the source line of every operation. Slow; what users are shown is always made with it. */
  readonly precise: boolean;
  /** Also hears every event. */
  readonly recorder?: (names: NameTable) => EventSink;
  /** What the engines hear of it. Default: all. */
  readonly heard?: (engines: EventSink) => EventSink;
  /** Is told when the schedule is over. */
  readonly watch?: Pick<Watch, 'validator' | 'onJudged'>;
}

/** Runs a scenario under one schedule and judges it. Throws InputError where the scenario itself is at fault. */
export function judgeRun(what: ScenarioFile, options: JudgeOptions): Judged {
  const { path, scenario } = what;
  const { law, schedule, precise, recorder, heard, watch } = options;
  const sites = precise ? new Sites() : undefined;
  let engines: Engines | undefined;
  const sink = (names: NameTable) => {
    engines = new Engines(
      { names, file: path, ticksPerSecond: 1e9, simulated: true, noValidateKey: NO_VALIDATE_KEY, annotations: precise },
      law,
      watch?.validator,
    );
    const hears = heard?.(engines.sink) ?? engines.sink;
    return recorder === undefined ? hears : new TeeSink(hears, recorder(names));
  };
  try {
    const { operations, time, annotated } = simulate(scenario, {
      strategy: strategyOf(schedule),
      sink,
      ...(schedule.preemptRt !== undefined && { overrides: { preemptRt: schedule.preemptRt } }),
      ...(sites && { sites }),
    });
    if (engines === undefined) throw new Error('internal error: the simulation did not ask for its sink');
    const findings = engines
      .findings()
      .map((finding) => (sites === undefined ? finding : located(finding, path, sites)));
    watch?.onJudged?.({
      engines,
      input: path,
      ticksPerSecond: 1e9,
      ...(sites && { place: (where: Where) => placed(where, path, sites) }),
    });
    return {
      findings,
      stats: engines.stats(),
      notes: engines.notes(),
      operations,
      time,
      unjudged: annotated && !precise,
    };
  } catch (error) {
    // Only a precise run knows the line.
    if (!precise && error instanceof ScenarioError) return judgeRun(what, { ...options, precise: true });
    throw problemOf(error, path, resolve(path), sites);
  }
}

/** The finding with call sites (`function+0xLINE`) turned into places of the source. */
function located(finding: Finding, path: string, sites: Sites): Finding {
  return {
    ...finding,
    where: placed(finding.where, path, sites),
    evidence: finding.evidence.map((step) => ({ ...step, where: placed(step.where, path, sites) })),
  };
}

function placed(where: Where, path: string, sites: Sites): Where {
  const place = where.function === undefined ? undefined : sites.placeOf(where.function);
  if (place === undefined || where.function === undefined) return where;
  const file = place.file === resolve(path) ? path : relative(process.cwd(), place.file);
  return { ...where, file, line: place.line, function: where.function.replace(/\+0x[0-9a-f]+$/, '') };
}
