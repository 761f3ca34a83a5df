import type { ASTNode } from '@marcbachmann/cel-js';
import { Gfp, gfpByName, gfpFlags } from '../model/gfp.js';
import type { Domain } from './unknown.js';

/** What a condition reads and compares with, found in its syntax tree. */
export interface ConditionReads {
  /** Names of the fields read, whatever object they belong to; undefined when they cannot be told (a computed key). */
  readonly fields: ReadonlySet<string> | undefined;
  readonly domain: Domain;
}

/** More flags than this in one condition would make too many combinations of them. */
const MAX_FLAGS = 6;

/** Walks a condition's tree. */
export function conditionReads(root: ASTNode): ConditionReads {
  const fields = new Set<string>();
  const texts = new Set<string>();
  const integers = new Set<number>([0]);
  let computedKey = false;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (!isNode(value)) return;
    const args: readonly unknown[] = Array.isArray(value.args) ? value.args : [];
    if (value.op === 'value') {
      if (typeof value.args === 'string') texts.add(value.args);
      if (typeof value.args === 'bigint') integers.add(Number(value.args));
    } else if (value.op === '.' || value.op === '.?') {
      fields.add(String(args[1]));
    } else if (value.op === '[]' || value.op === '[?]') {
      const key = args[1];
      const literal = isNode(key) && key.op === 'value' ? key.args : undefined;
      if (typeof literal === 'string') fields.add(literal);
      else if (typeof literal !== 'bigint') computedKey = true;
    }
    // Unary operators have their operand itself instead of a list.
    visit(value.args);
  };
  visit(root);
  return {
    fields: computedKey ? undefined : fields,
    domain: { masks: masksAround(texts), integers: integersAround(integers) },
  };
}

function isNode(value: unknown): value is { op: string; args: unknown } {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/**
 * Masks that stand for all masks: every combination of the flags that the condition names, with and without some other
 * flag, and the compound masks that it names.
 */
function masksAround(texts: ReadonlySet<string>): number[] {
  const masks = new Set<number>();
  const flags = new Set<number>();
  for (const text of texts) {
    const mask = gfpByName(text);
    if (mask === undefined) continue;
    masks.add(mask);
    if (gfpFlags(mask).length === 1) flags.add(mask);
  }
  let combinations = [0];
  for (const flag of [...flags].slice(0, MAX_FLAGS)) {
    combinations = combinations.flatMap((mask) => [mask, mask | flag]);
  }
  for (const mask of combinations) {
    masks.add(mask);
    masks.add(mask | Gfp.UNKNOWN);
  }
  return [...masks];
}

/** Each number with its neighbours: between two of them a condition that compares with literals answers alike. */
function integersAround(literals: ReadonlySet<number>): number[] {
  const all = new Set<number>();
  for (const literal of literals) for (const step of [-1, 0, 1]) all.add(literal + step);
  return [...all].sort((a, b) => a - b);
}
