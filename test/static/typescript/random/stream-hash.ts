/** Tells event streams apart, whatever their times. */
import { EventHeader, NullSink } from '../../../../src/model/events.js';

/** Marks of a run, by the order of its events and the lines that they come from: runs with the same ones show the same. */
export class StreamHash extends NullSink {
  /** Line of each event's operation, and when it was. */
  readonly lines: { readonly line: number; readonly time: number }[] = [];
  readonly #line: () => number;
  #a = 0x811c9dc5;
  #b = 0x1b873593;

  /** @param line that of the operation that makes the event at hand */
  constructor(line: () => number) {
    super();
    this.#line = line;
  }

  get text(): string {
    return `${this.#a} ${this.#b}`;
  }

  mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b + value, 0xcc9e2d51 | 0);
    this.#b ^= this.#b >>> 13;
  }

  /** Mixes in an event: its name and all that its arguments say, except when it was. */
  event(name: string, args: readonly unknown[]): void {
    const line = this.#line();
    this.mix(line);
    if (args[0] instanceof EventHeader) this.lines.push({ line, time: args[0].time });
    this.#text(name);
    for (const arg of args) this.#value(arg);
  }

  #value(value: unknown): void {
    if (typeof value === 'number') this.mix(value | 0);
    else if (typeof value === 'boolean') this.mix(value ? 1 : 2);
    else if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, field] of Object.entries(value)) if (key !== 'time') this.#value(field);
    }
  }

  #text(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
  }
}

for (const name of Object.getOwnPropertyNames(NullSink.prototype)) {
  if (name === 'constructor') continue;
  Object.defineProperty(StreamHash.prototype, name, {
    value(this: StreamHash, ...args: unknown[]) {
      this.event(name, args);
    },
  });
}
