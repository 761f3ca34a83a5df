import { Pct } from '../../src/explore/pct.js';
import { RandomWalk } from '../../src/explore/random.js';
import { RoundRobin } from '../../src/explore/round-robin.js';
import type { Strategy } from '../../src/explore/strategy.js';
import { type EventHeader, type KernelReport, type LockAcquire, NullSink } from '../../src/model/events.js';
import type { StringNames } from '../../src/model/names.js';
import { type Kernel, type KernelOptions, type Simulation, scenario, simulate } from '../../src/sim/index.js';

/** Writes the events that tests look at as short lines, e.g. `A: +lock d2`. */
export class Recorder extends NullSink {
  readonly lines: string[] = [];
  readonly reports: KernelReport[] = [];
  readonly #names: StringNames;

  constructor(names: StringNames) {
    super();
    this.#names = names;
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    this.#say(h, `+${a.trylock ? 'try ' : ''}${this.#names.text(a.name)}${a.read ? ' read' : ''}`);
  }
  override lockRelease(h: EventHeader, _hi: number, _lo: number, name: number): void {
    this.#say(h, `-${this.#names.text(name)}`);
  }
  override lockContended(h: EventHeader, _hi: number, _lo: number, name: number): void {
    this.#say(h, `?${this.#names.text(name)}`);
  }
  override hardirqsOff(h: EventHeader): void {
    this.#say(h, 'irqs off');
  }
  override hardirqsOn(h: EventHeader): void {
    this.#say(h, 'irqs on');
  }
  override softirqsOff(h: EventHeader): void {
    this.#say(h, 'bh off');
  }
  override softirqsOn(h: EventHeader): void {
    this.#say(h, 'bh on');
  }
  override softirqEntry(h: EventHeader, vector: number): void {
    this.#say(h, `softirq ${vector}`);
  }
  override hardirqEntry(h: EventHeader, _irq: number, name: number): void {
    this.#say(h, `irq ${this.#names.text(name)}`);
  }
  override mightSleep(h: EventHeader): void {
    this.#say(h, 'might sleep');
  }
  override waitBegin(h: EventHeader, _hi: number, _lo: number, name: number): void {
    this.#say(h, `wait ${this.#names.text(name)}`);
  }
  override waitEnd(h: EventHeader, _hi: number, _lo: number, name: number): void {
    this.#say(h, `woken ${this.#names.text(name)}`);
  }
  override wakeUp(h: EventHeader, _hi: number, _lo: number, name: number): void {
    this.#say(h, `wake ${this.#names.text(name)}`);
  }
  override schedSwitch(h: EventHeader, _prev: number, state: number, _next: number, comm: number): void {
    this.#say(h, `switch(${state}) to ${this.#names.text(comm)}`);
  }
  override kernelReport(h: EventHeader, report: KernelReport): void {
    this.reports.push(report);
    this.#say(h, `report ${report.rule}`);
  }

  #say(h: EventHeader, what: string): void {
    this.lines.push(`${this.#names.text(h.comm)}: ${what} d${h.preemptDepth}`);
  }
}

/** Runs a set-up once; the events come back as lines. */
export function run(
  setup: (kernel: Kernel) => void,
  options: KernelOptions = {},
  strategy: Strategy = new RoundRobin(),
): Simulation & { lines: string[]; reports: KernelReport[] } {
  let recorder: Recorder | undefined;
  const result = simulate(scenario({ name: 'test', reportLeaks: false, ...options }, setup), {
    strategy,
    sink: (names) => {
      recorder = new Recorder(names);
      return recorder;
    },
  });
  return { ...result, lines: recorder?.lines ?? [], reports: recorder?.reports ?? [] };
}

/** One strategy of each kind for a seed. */
export function strategies(seed: number): Strategy[] {
  return [new RoundRobin(seed), new RandomWalk(seed), new Pct(seed, 3, 60)];
}
