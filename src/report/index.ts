import type { Run } from '../model/report.js';
import { renderJson } from './json.js';
import { renderText } from './text.js';

export { printable } from './escape.js';
export { columns, wrap } from './layout.js';
export { type Paint, paintFor } from './paint.js';

/** What renderers need besides the runs; a renderer takes what concerns it. */
export interface RenderOptions {
  /** lockvet's own version. */
  readonly version: string;
  readonly colour: boolean;
  readonly quiet: boolean;
}

/** Turns runs into the text of a report. Pure: the same runs and options give the same text. */
export type Renderer = (runs: readonly Run[], options: RenderOptions) => string;

/** The values of `--format`. A new format is a new entry here and nothing else. */
export const renderers = {
  text: renderText,
  json: (runs, { version }) => renderJson(runs, version),
} as const satisfies Record<string, Renderer>;
export type Format = keyof typeof renderers;
