import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { printableJson } from '../escape.js';
import type { PageData } from './data.js';

/** The page's own program, as built from src/page. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** Ids and attributes that the page's script looks for. */
export const DATA_ID = 'lockvet-data';

/** Reads what `npm run build` made of src/page. */
export async function pageAssets(): Promise<PageAssets> {
  // The same way up from the sources as from the build.
  const read = (name: string): Promise<string> =>
    readFile(new URL(`../../../dist/page/${name}`, import.meta.url), 'utf8');
  const [script, style] = await Promise.all([read('page.js'), read('page.css')]);
  return { script, style };
}

/**
 * The whole page as one HTML file. Its policy (CSP) lets nothing run but the script that is in it, and nothing be loaded;
 * `live`: it may also ask its own server, which tells it of changes
 * after this one.
 */
export function renderPage(data: PageData, { script, style }: PageAssets, live?: number): string {
  const program = script.replace(/<\/(?=script)/gi, '<\\/');
  const policy = [
    "default-src 'none'",
    `script-src ${digest(program)}`,
    `style-src ${digest(style)}`,
    'img-src data:',
    ...(live === undefined ? [] : ["connect-src 'self'"]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    `<html lang="en"${live === undefined ? '' : ` data-live="${live}"`}>`,
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="referrer" content="no-referrer">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>lockvet report</title>',
    '<link rel="icon" href="data:,">',
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<noscript>This report is drawn by the script in it: allow scripts for this page, or use lockvet lint for text.</noscript>',
    `<script type="application/json" id="${DATA_ID}">${embeddable(data)}</script>`,
    `<script type="module">${program}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** Characters of a text that the page shows; no honest name, message or line of source is longer. */
const LONGEST = 4000;

/** JSON that ends no script element and steers no terminal or editor, whatever is in it. */
function embeddable(data: PageData): string {
  const json = JSON.stringify(data, (_key, value: unknown) => (typeof value === 'string' ? cut(value) : value));
  return printableJson(json).replaceAll('<', '\\u003c');
}

/** A text of reasonable length: both ends of a name tell it apart. */
function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const [head, tail] = [text.slice(0, LONGEST / 2), text.slice(-LONGEST / 4)];
  return `${head}… (${text.length - head.length - tail.length} characters) …${tail}`;
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
