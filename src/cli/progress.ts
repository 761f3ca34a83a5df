import { SingleBar } from 'cli-progress';
import { printable } from '../report/escape.js';
import type { Io } from './io.js';

/** Shows how far reading an input got. */
export interface Progress {
  /** An input begins; `total` is its size in bytes, as stored. */
  start(input: string, total: number): void;
  /** So many bytes of the input were read by now. */
  update(bytes: number): void;
  /** Takes the bar away; may be called more than once. */
  stop(): void;
}

/** Inputs below this size are read before a bar could be looked at. */
const WORTH_A_BAR = 16 * 1024 * 1024;
const NAME_WIDTH = 24;
const BAR_WIDTH = 25;

/** A bar on standard error when that is a terminal and the user wants one; otherwise nothing. */
export function progressFor(io: Io, wanted: boolean): Progress {
  return wanted && io.stderr.isTty ? new ProgressBar() : { start() {}, update() {}, stop() {} };
}

class ProgressBar implements Progress {
  #bar: SingleBar | undefined;

  start(input: string, total: number): void {
    this.stop();
    if (total < WORTH_A_BAR) return;
    const name = printable(input);
    const shown = name.length > NAME_WIDTH ? `…${name.slice(1 - NAME_WIDTH)}` : name;
    this.#bar = new SingleBar({
      format: '{name} [{bar}] {percentage}% {eta_formatted} left',
      stream: process.stderr,
      clearOnComplete: true,
      barsize: BAR_WIDTH,
      // A terminal whose cursor and wrapping stay as they are needs no signal handler to put them right.
      hideCursor: false,
      linewrap: true,
      fps: 5,
    });
    this.#bar.start(total, 0, { name: shown });
  }

  update(bytes: number): void {
    this.#bar?.update(bytes);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
