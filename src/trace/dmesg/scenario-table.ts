import type { Scenario } from '../../model/finding.js';
import { LIMIT } from './facts.js';

/** In the two-column table the right-hand column starts at 31; the left-hand one is indented by 6 at most. */
const RIGHT_COLUMN = 16;
const STEP = /^(?:[rw]?lock|sync|local_irq_disable|local_bh_disable)\(.*\);$|^<Interrupt>$/;

/** Reads the table below "possible unsafe locking scenario", until its closing words. */
export class ScenarioTable {
  #cpus: string[] = [];
  #rows: string[][] = [];
  #over = false;

  /** The closing words were read. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether the line is of the table; `raw` keeps its indentation, which says whose step it is. */
  take(raw: string): boolean {
    const text = raw.trim();
    if (this.#over) return false;
    if (text === '' || /^-+( +-+)*$/.test(text)) return true;
    if (text.startsWith('*** DEADLOCK')) {
      this.#over = true;
      return true;
    }
    if (/^CPU\d+( +CPU\d+)*$/.test(text)) {
      this.#cpus = text.split(/ +/).slice(0, 8);
      return true;
    }
    if (this.#cpus.length === 0 || !STEP.test(text) || this.#rows.length >= LIMIT.rows) return false;
    const indent = raw.length - raw.trimStart().length;
    const column = this.#cpus.length > 1 && indent >= RIGHT_COLUMN ? 1 : 0;
    const nested = column === 0 && indent >= 4 ? `  ${text}` : text;
    this.#rows.push(this.#cpus.map((_, cpu) => (cpu === column ? nested : '')));
    return true;
  }

  /** What was read; undefined when the table was cut off before its first step. */
  result(): Scenario | undefined {
    return this.#rows.length === 0 ? undefined : { cpus: this.#cpus, rows: this.#rows };
  }
}
