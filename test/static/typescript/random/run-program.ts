/** Runs random programs in the simulated kernel, without a file. */
import { Script } from 'node:vm';
import { type Schedule, STRATEGY_NAMES, strategyOf } from '../../../../src/explore/token.js';
import type { Law } from '../../../../src/judge/index.js';
import type { Finding } from '../../../../src/model/finding.js';
import type { NameTable } from '../../../../src/model/names.js';
import { TeeSink } from '../../../../src/model/tee.js';
import type { Frame } from '../../../../src/sim/frame.js';
import * as sim from '../../../../src/sim/index.js';
import type { Kernel } from '../../../../src/sim/kernel.js';
import type { Machine } from '../../../../src/sim/machine.js';
import { type Judged, judgeRun } from '../../../../src/sim/run/judge-run.js';
import { type Scenario, simulate } from '../../../../src/sim/scenario.js';
import { Damage } from './damage.js';
import { StreamHash } from './stream-hash.js';

/** Is told the line of each operation that begins. */
export type At = (line: number) => void;

/** The scenario of a program's text without types; its functions' places are `file` and the line of the text. */
export function scenarioOf(text: string, file: string, at: At = () => {}): Scenario {
  const script = new Script(`(function (sim, at) { ${text}\n})`, { filename: file });
  const make = script.runInThisContext() as (simulator: typeof sim, at: At) => Scenario;
  return make(sim, at);
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

/**
 * A program that is run under one schedule after another. Only what happens before a run is damaged counts. Runs with the same marks show
 * the same ({@link StreamHash}): one of them is judged. Lines of findings take a second run, for what was not seen before.
 */
export class ProgramRuns {
  /** All that any schedule showed, each violation once, with source lines. */
  readonly findings: Finding[] = [];
  /** Lines whose operations made an event in some run. */
  readonly lines = new Set<number>();
  /** Lines that took a lock in some run, with its name: `12 LOCK`. */
  readonly taken = new Set<string>();
  /** Tasks that came to their ends in some run. */
  readonly ended = new Set<string>();
  operations = 0;
  readonly #file: string;
  readonly #law: Law;
  readonly #scenario: Scenario;
  readonly #streams = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #kept = new Set<string>();
  #machine: Machine | undefined;
  /** Line of the operation that each context is in. */
  #inside = new WeakMap<Frame, number>();

  constructor(text: string, file: string, law: Law) {
    this.#file = file;
    this.#law = law;
    const scenario = scenarioOf(text, file, (line) => {
      const frame = this.#machine?.cpu.top;
      if (frame !== undefined) this.#inside.set(frame, line);
    });
    const setup = (kernel: Kernel): void => {
      this.#machine = kernel.machine;
      this.#inside = new WeakMap();
      scenario.setup(kernel);
    };
    this.#scenario = { ...scenario, setup };
  }

  /**
   * Runs it once.
   * @param interest findings without lines, made quickly: whether they are worth a run that tells lines. Default: what was not seen before
   */
  run(schedule: Schedule, interest = (quick: readonly Finding[]) => this.#isNew(quick)): void {
    if (!this.#isNewStream(schedule)) return;
    const { findings: quick, unjudged } = this.#judged(schedule, false);
    // What annotations hide only runs with lines show.
    if (!unjudged && !interest(quick)) return;
    for (const finding of quick) this.#seen.add(finding.fingerprint);
    for (const finding of this.#judged(schedule, true).findings) {
      const key = `${finding.fingerprint} ${finding.where.line}`;
      if (!this.#kept.has(key)) this.findings.push(finding);
      this.#kept.add(key);
    }
  }

  #isNew(quick: readonly Finding[]): boolean {
    return quick.some((finding) => !this.#seen.has(finding.fingerprint));
  }

  #isNewStream(schedule: Schedule): boolean {
    let heard: { readonly hash: StreamHash; readonly damage: Damage; readonly names: NameTable } | undefined;
    const { operations } = simulate(this.#scenario, {
      strategy: strategyOf(schedule),
      sink: (names) => {
        const damage = this.#damage(names);
        const hash = new StreamHash(() => {
          const frame = this.#machine?.cpu.top;
          return (frame === undefined ? undefined : this.#inside.get(frame)) ?? 0;
        });
        heard = { hash, damage, names };
        return new TeeSink(hash, damage);
      },
    });
    this.operations += operations;
    if (heard === undefined) throw new Error('nobody listened');
    const { hash, damage, names } = heard;
    for (const line of hash.linesUntil(damage.time)) this.lines.add(line);
    for (const { line, lock } of hash.takenUntil(damage.time)) this.taken.add(`${line} ${names.text(lock)}`);
    const before = this.#streams.size;
    this.#streams.add(`${damage.hasLeft} ${hash.until(damage.time)}`);
    return this.#streams.size > before;
  }

  #judged(schedule: Schedule, precise: boolean): Pick<Judged, 'findings' | 'unjudged'> {
    let damage: Damage | undefined;
    const recorder = (names: NameTable): Damage => {
      damage = this.#damage(names);
      return damage;
    };
    const what = { path: this.#file, scenario: this.#scenario };
    const { findings, unjudged } = judgeRun(what, { law: this.#law, schedule, precise, recorder });
    const noticed = damage;
    if (noticed === undefined) throw new Error('nobody recorded');
    // Findings tell seconds, to the nanosecond.
    const shown = findings.filter((finding) => {
      // A finding of several events is there when the last of them is.
      const times = [finding.where, ...finding.evidence.map((step) => step.where)].map(({ time = 0 }) => time);
      return Math.max(...times) * 1e9 <= noticed.time + 0.5 && !(precise && isLeft(finding, noticed));
    });
    return { findings: shown, unjudged };
  }

  #damage(names: NameTable): Damage {
    return new Damage(names, this.#scenario.options.preemptRt === true, this.ended);
  }
}

/** What a handler left behind, seen where it is no longer the handler that runs. */
function isLeft({ rule, where }: Finding, damage: Damage): boolean {
  if (damage.hasLeft && (rule === 'inconsistent-lock-state' || rule === 'irq-lock-inversion')) return true;
  return OF_SWITCHES.has(rule) && where.line === undefined && THREADS.test(where.task ?? '');
}

/** Rules that a switch to another task, or the end of one, can break. */
const OF_SWITCHES: ReadonlySet<string> = new Set(['held-at-exit', 'sleep-in-atomic', 'annotation-hides-violation']);
/** Threads of the simulated kernel that run handlers. */
const THREADS = /^(?:irq\/|irq_work|kworker|ksoftirqd|rcu_gp|ktimers)/;
