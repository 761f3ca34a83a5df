import { digestOf } from './store.js';

/** Files that import each other, and what they import. */
interface Knot {
  readonly members: string[];
  readonly imports: Set<Knot>;
}

/** What files depend on: themselves, what they import, and so on. */
export class Closures {
  readonly #knots = new Map<string, Knot>();

  /** @param imports of each file, the files that it imports; those that are no key are left out */
  constructor(imports: ReadonlyMap<string, readonly string[]>) {
    // Tarjan's strongly connected components, without recursion: imports may be deep.
    const index = new Map<string, number>();
    const low = new Map<string, number>();
    const stack: string[] = [];
    const onStack = new Set<string>();
    for (const start of imports.keys()) {
      if (index.has(start)) continue;
      const work = [{ file: start, next: 0 }];
      while (work.length > 0) {
        const top = work.at(-1);
        if (top === undefined) break;
        const { file } = top;
        if (top.next === 0 && !index.has(file)) {
          index.set(file, index.size);
          low.set(file, index.size - 1);
          stack.push(file);
          onStack.add(file);
        }
        const targets = imports.get(file) ?? [];
        const target = targets[top.next++];
        if (target !== undefined) {
          if (!imports.has(target)) continue;
          if (!index.has(target)) work.push({ file: target, next: 0 });
          else if (onStack.has(target)) low.set(file, Math.min(low.get(file) ?? 0, index.get(target) ?? 0));
          continue;
        }
        work.pop();
        const below = work.at(-1);
        if (below !== undefined) low.set(below.file, Math.min(low.get(below.file) ?? 0, low.get(file) ?? 0));
        if (low.get(file) === index.get(file)) this.#close(file, stack, onStack, imports);
      }
    }
  }

  #close(first: string, stack: string[], onStack: Set<string>, imports: ReadonlyMap<string, readonly string[]>): void {
    const members: string[] = [];
    for (let file = stack.pop(); file !== undefined; file = stack.pop()) {
      onStack.delete(file);
      members.push(file);
      if (file === first) break;
    }
    members.sort();
    const knot: Knot = { members, imports: new Set() };
    for (const file of members) this.#knots.set(file, knot);
    for (const file of members) {
      for (const target of imports.get(file) ?? []) {
        const other = this.#knots.get(target);
        if (other !== undefined && other !== knot) knot.imports.add(other);
      }
    }
  }

  /** The files that some files depend on, sorted. */
  of(files: Iterable<string>): string[] {
    const out = new Set<Knot>();
    for (const file of files) {
      const knot = this.#knots.get(file);
      if (knot !== undefined) out.add(knot);
    }
    for (const knot of out) for (const next of knot.imports) out.add(next);
    return [...out].flatMap(({ members }) => members).sort();
  }

  /** Some files, each after what it imports, unless that imports it. */
  inOrder(files: Iterable<string>): string[] {
    const wanted = new Set(files);
    return [...this.#knots.keys()].filter((file) => wanted.has(file));
  }

  /** Digests of all that a file depends on, given those of single files: one pass, whatever the closures' sizes. */
  digests(own: (file: string) => string): (file: string) => string {
    const known = new Map<Knot, string>();
    const digest = (knot: Knot): string => {
      // What a knot imports was closed before it: its digest is there unless it was never asked for.
      const pending = [knot];
      while (pending.length > 0) {
        const top = pending.at(-1);
        if (top === undefined) break;
        const missing = known.has(top) ? [] : [...top.imports].filter((next) => !known.has(next));
        if (missing.length > 0) {
          pending.push(...missing);
          continue;
        }
        pending.pop();
        if (known.has(top)) continue;
        const parts = top.members.flatMap((file) => [file, own(file)]);
        known.set(top, digestOf(...parts, ...[...top.imports].map((next) => known.get(next) ?? '').sort()));
      }
      return known.get(knot) ?? '';
    };
    return (file) => {
      const knot = this.#knots.get(file);
      return knot === undefined ? '' : digest(knot);
    };
  }
}
