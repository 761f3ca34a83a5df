import type { Renderer } from './options.js';

export { printable } from './escape.js';
export { columns, counted, wrap } from './layout.js';
export type { GateReport, Rendered, Renderer, RenderOptions, RuleDoc } from './options.js';
export { type Paint, paintFor } from './paint.js';

/** The values of `--format`, each with how to load it. A new format is a new entry here and nothing else. */
const renderers = {
  text: async () => {
    const { renderText } = await import('./text.js');
    return (runs, options) => ({ text: renderText(runs, options), omissions: [] });
  },
  json: async () => {
    const { renderJson } = await import('./json.js');
    return (runs, { version }) => ({ text: renderJson(runs, version), omissions: [] });
  },
  sarif: async () => (await import('./sarif/index.js')).renderSarif,
  junit: async () => (await import('./junit.js')).renderJunit,
  github: async () => (await import('./github.js')).renderGithub,
  gitlab: async () => (await import('./gitlab.js')).renderGitlab,
} as const satisfies Record<string, () => Promise<Renderer>>;
export type Format = keyof typeof renderers;

/** The renderer of a format. */
export function rendererOf(format: Format): Promise<Renderer> {
  return renderers[format]();
}
