import { RandomSource } from '../../explore/random-source.js';
import type { MachineFigures } from '../../model/rcu-bench.js';
import type { Parameters } from './parameters.js';

/** Bytes of an element of the typed array that stands for memory. */
const WORD = 4;
/** Visits of a random walk; a walk is cut there so that a large working set does not take for ever. */
const MOST_VISITS = 2_000_000;

/**
 * Walks real memory as the two ways of finding callbacks do, over a working set that should be larger than the last-level cache.
 * `clock`: nanoseconds. What comes out depends on the machine and its load: it checks direction and order of magnitude, no more.
 */
export function machineFigures(parameters: Parameters, clock: () => number): MachineFigures {
  const workingSet = parameters.get('machine-mib') * 1024 * 1024;
  const objectSize = parameters.get('flood-object-bytes');
  const lineSize = parameters.get('sim-line-bytes');
  const rounds = parameters.get('machine-rounds');
  const memory = new Int32Array(workingSet / WORD);
  const best = (walk: () => number): number => Math.min(...Array.from({ length: rounds }, () => walk()));

  const objects = link(memory, Math.max(WORD, objectSize), parameters.seed);
  const list = best(() => timed(() => chase(memory, objects), clock) / objects);
  // Pointers of 8 bytes: two words each, one of which is read.
  const lines = link(memory, lineSize, parameters.seed);
  const perLine = Math.max(1, Math.floor(lineSize / POINTER));
  const arrayLinesApart = best(() => timed(() => chaseLines(memory, lines, perLine), clock) / (lines * perLine));
  const pointers = Math.floor(workingSet / POINTER);
  const arrays = best(() => timed(() => scan(memory, pointers), clock) / pointers);
  return { workingSet, objectSize, lineSize, rounds, list, arrayLinesApart, arrays };
}

const POINTER = 8;

/** Links blocks of that many bytes in random order through their first word; the number linked. */
function link(memory: Int32Array, size: number, seed: number): number {
  const random = new RandomSource(seed);
  const step = Math.max(1, Math.floor(size / WORD));
  const blocks = Math.floor(memory.length / step);
  const order = new Int32Array(blocks);
  for (let i = 0; i < blocks; i++) order[i] = i;
  for (let i = blocks - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const other = order[j] ?? 0;
    order[j] = order[i] ?? 0;
    order[i] = other;
  }
  // The walk begins at the first word.
  const start = order.indexOf(0);
  const linked = Math.min(blocks, MOST_VISITS);
  for (let i = 0; i < blocks; i++) {
    const from = order[(start + i) % blocks] ?? 0;
    const to = order[(start + i + 1) % blocks] ?? 0;
    memory[from * step] = to * step;
  }
  return linked;
}

function chase(memory: Int32Array, visits: number): number {
  let at = 0;
  for (let i = 0; i < visits; i++) at = memory[at] ?? 0;
  return at;
}

/** Goes from line to line by their first words and reads one word of each pointer on the way. */
function chaseLines(memory: Int32Array, lines: number, perLine: number): number {
  let at = 0;
  let sum = 0;
  for (let i = 0; i < lines; i++) {
    for (let pointer = 1; pointer < perLine; pointer++) sum = (sum + (memory[at + 2 * pointer] ?? 0)) | 0;
    at = memory[at] ?? 0;
  }
  return sum + at;
}

function scan(memory: Int32Array, pointers: number): number {
  let sum = 0;
  for (let i = 0; i < pointers; i++) sum = (sum + (memory[2 * i] ?? 0)) | 0;
  return sum;
}

/** The walk's result is used, or the compiler would drop it. */
function timed(walk: () => number, clock: () => number): number {
  const start = clock();
  const result = walk();
  const time = clock() - start;
  return Number.isNaN(result) ? 0 : time;
}
