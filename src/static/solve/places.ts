import type { Program } from './program.js';
import type { Site } from './state.js';

/** A place as reports tell it. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

/** Where in its file a site is. */
export function whereOf(program: Program, site: Site): Place {
  return { file: site.file, line: lineOf(program, site), function: site.function };
}

function lineOf(program: Program, site: Site): number {
  let left = site.nth ?? 0;
  for (const fn of program.byFile.get(site.file)?.unit.functions ?? []) {
    if (fn.name === site.function && left-- === 0) return fn.line + site.line;
  }
  return site.line;
}
