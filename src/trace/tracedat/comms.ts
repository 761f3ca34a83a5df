import { latin1 } from './bytes.js';
import type { TraceNames } from './names.js';

/** Pids below this (Linux's largest is 2^22) are looked up in an array; others, from damaged files, in a map. */
const MAX_DENSE_PID = 1 << 22;

/**
 * Which comm a pid has, as name ids. The file's saved_cmdlines table comes first, as for the tools that print such a
 * file; tasks that it does not list are learnt from scheduler events.
 */
export class Comms {
  #dense = new Int32Array(4096);
  readonly #sparse = new Map<number, number>();

  constructor(cmdlines: Uint8Array, names: TraceNames) {
    for (const line of latin1(cmdlines).split('\n')) {
      const match = /^(\d+) (.+)$/.exec(line);
      if (match) this.learn(Number(match[1]), names.internText(match[2] ?? ''));
    }
    this.learn(0, names.internText('<idle>'));
  }

  /** Name id of the task's comm; 0 when not known yet. */
  of(pid: number): number {
    if (pid >= 0 && pid < this.#dense.length) return this.#dense[pid] as number;
    return this.#sparse.size === 0 ? 0 : (this.#sparse.get(pid) ?? 0);
  }

  /** Remembers a comm unless the pid has one. */
  learn(pid: number, comm: number): void {
    if (this.of(pid) !== 0) return;
    if (pid < 0 || pid >= MAX_DENSE_PID) {
      if (this.#sparse.size < 65536) this.#sparse.set(pid, comm);
      return;
    }
    if (pid >= this.#dense.length) {
      let length = this.#dense.length;
      while (length <= pid) length *= 2;
      const dense = new Int32Array(length);
      dense.set(this.#dense);
      this.#dense = dense;
    }
    this.#dense[pid] = comm;
  }
}
