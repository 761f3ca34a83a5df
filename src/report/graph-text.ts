import type { ChangedDependency, Dependency, DependencyPath, GraphDiff } from '../model/lock-graph.js';
import { printable } from './escape.js';
import { counted, placeText } from './layout.js';

/** A path for people: each dependency with how often it occurred and where it was first seen. */
export function pathText({ from, to, steps }: DependencyPath, nameOf: (id: number) => string): string {
  const ends = `from ${printable(from.name)} to ${printable(to.name)}`;
  if (steps === undefined) return `no path of dependencies leads ${ends}\n`;
  const lines = [`${counted(steps.length, 'dependency')} ${ends}`];
  for (const step of steps) {
    lines.push('', ...stepLines(nameOf(step.from), nameOf(step.to), step, '  '));
  }
  return `${lines.join('\n')}\n`;
}

/** What changed for people: `+` for new dependencies, `-` for vanished ones. */
export function diffText({ added, vanished, kept }: GraphDiff): string {
  const summary = [`${added.length} new`, `${vanished.length} vanished`, `${kept} in both`].join(', ');
  return `${[...added.flatMap((one) => changedLines('+', one)), ...vanished.flatMap((one) => changedLines('-', one)), summary].join('\n')}\n`;
}

function changedLines(sign: string, { from, to, dependency, unknownEnds }: ChangedDependency): string[] {
  const ends = { from, to };
  const unknown = unknownEnds.map((end) => `    the other side does not have ${printable(ends[end].name)}`);
  return [...stepLines(from.name, to.name, dependency, `${sign} `), ...unknown];
}

function stepLines(
  from: string,
  to: string,
  { kinds, count, direct, held, taken, closesCycle }: Dependency,
  lead: string,
): string[] {
  const facts = [
    kinds.join(' '),
    counted(count, 'time'),
    direct ? '' : 'with locks taken by trylock in between',
    closesCycle ? 'closes a cycle' : '',
  ]
    .filter(Boolean)
    .join(', ');
  return [
    `${lead}${printable(from)} -> ${printable(to)}  (${facts})`,
    `    held:  ${placeText(held, taken) || 'not known where'}`,
    `    taken: ${placeText(taken) || 'not known where'}`,
  ];
}
