import type { Where } from '../model/finding.js';
import { DependencyFlag, type PageGraph, type PlaceColumns } from '../report/page/data.js';
import { type Kind, kindOf } from './kinds.js';

/** A lock graph with its neighbours indexed. Classes and dependencies are numbers: positions in the columns. */
export class GraphModel {
  readonly data: PageGraph;
  /** What it is the graph of. */
  readonly input: string;
  readonly classes: number;
  readonly dependencies: number;
  readonly #out: Adjacency;
  readonly #in: Adjacency;
  #byName: Map<string, number> | undefined;

  constructor(data: PageGraph, input: string) {
    this.data = data;
    this.input = input;
    this.classes = data.classes.name.length;
    this.dependencies = data.dependencies.from.length;
    this.#out = adjacencyOf(data.dependencies.from, this.classes);
    this.#in = adjacencyOf(data.dependencies.to, this.classes);
  }

  name(cls: number): string {
    return this.text(this.data.classes.name[cls]);
  }

  usage(cls: number): string {
    return this.text(this.data.classes.usage[cls]);
  }

  kind(cls: number): Kind {
    const { waitOuter, waitInner } = this.data.classes;
    return kindOf(waitOuter[cls] ?? 0, waitInner[cls] ?? 0);
  }

  wait(cls: number): string {
    const { waitOuter, waitInner } = this.data.classes;
    return `${waitOuter[cls] ?? 0}:${waitInner[cls] ?? 0}`;
  }

  acquisitions(cls: number): number {
    return this.data.classes.acquisitions[cls] ?? 0;
  }

  /** Whether it can be reached from itself through other classes. */
  isInLoop(cls: number): boolean {
    return (this.data.classes.loop[cls] ?? -1) >= 0;
  }

  from(dependency: number): number {
    return this.data.dependencies.from[dependency] ?? 0;
  }

  to(dependency: number): number {
    return this.data.dependencies.to[dependency] ?? 0;
  }

  count(dependency: number): number {
    return this.data.dependencies.count[dependency] ?? 0;
  }

  kinds(dependency: number): string {
    return this.text(this.data.dependencies.kinds[dependency]);
  }

  isDirect(dependency: number): boolean {
    return ((this.data.dependencies.flags[dependency] ?? 0) & DependencyFlag.Direct) !== 0;
  }

  /** Whether it closes a cycle that was reported. */
  closes(dependency: number): boolean {
    return ((this.data.dependencies.flags[dependency] ?? 0) & DependencyFlag.Closes) !== 0;
  }

  /** Whether it lies on a loop: a way leads from its end back to its beginning. */
  isOnLoop(dependency: number): boolean {
    const { loop } = this.data.classes;
    const own = loop[this.from(dependency)] ?? -1;
    return own >= 0 && own === loop[this.to(dependency)];
  }

  /** Where its first lock was held when it was first seen, and where the second was taken. */
  places(dependency: number): { held: Where; taken: Where } {
    const { held, taken } = this.data.dependencies;
    return { held: this.#place(held, dependency), taken: this.#place(taken, dependency) };
  }

  /** Dependencies of classes taken under this one, or (`before`) under which this one was taken. */
  neighbours(cls: number, before = false): Int32Array {
    const { start, items } = before ? this.#in : this.#out;
    return items.subarray(start[cls] ?? 0, start[cls + 1] ?? 0);
  }

  degree(cls: number): number {
    return this.neighbours(cls).length + this.neighbours(cls, true).length;
  }

  find(name: string): number | undefined {
    this.#byName ??= new Map(Array.from({ length: this.classes }, (_, cls) => [this.name(cls), cls]));
    return this.#byName.get(name);
  }

  text(index: number | undefined): string {
    return this.data.texts[index ?? 0] ?? '';
  }

  #place(columns: PlaceColumns, at: number): Where {
    const file = this.text(columns.file[at]);
    const fn = this.text(columns.function[at]);
    const task = this.text(columns.task[at]);
    const [line = -1, cpu = -1, time = -1] = [columns.line[at], columns.cpu[at], columns.time[at]];
    return {
      ...(file !== '' && { file }),
      ...(line >= 0 && { line }),
      ...(fn !== '' && { function: fn }),
      ...(task !== '' && { task }),
      ...(cpu >= 0 && { cpu }),
      ...(time >= 0 && { time }),
    };
  }
}

/** Items of each key in one array: those of key k from start[k] to start[k + 1]. */
interface Adjacency {
  readonly start: Int32Array;
  readonly items: Int32Array;
}

function adjacencyOf(keys: readonly number[], size: number): Adjacency {
  const start = new Int32Array(size + 1);
  for (const key of keys) start[key + 1] = (start[key + 1] ?? 0) + 1;
  for (let key = 0; key < size; key++) start[key + 1] = (start[key + 1] ?? 0) + (start[key] ?? 0);
  const next = start.slice();
  const items = new Int32Array(keys.length);
  keys.forEach((key, item) => {
    const at = next[key] ?? 0;
    items[at] = item;
    next[key] = at + 1;
  });
  return { start, items };
}
