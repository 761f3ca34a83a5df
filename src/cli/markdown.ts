import { columns, type Paint, printable, wrap } from '../report/index.js';

const TAB = 8;
/** Stands for a space that must not become a line break: inside code and bold text. */
const HARD_SPACE = '\u00a0';

/**
 * Lays out the Markdown of a rule's README for a terminal: paragraphs and lists wrapped, tables in columns, code as it
 * is, emphasis painted instead of marked. Knows what READMEs of rules use, nothing else.
 */
export function markdownLines(markdown: string, paint: Paint, width: number): string[] {
  return blocks(markdown).flatMap((block) => blockLines(block, paint, width));
}

interface Block {
  readonly kind: 'blank' | 'code' | 'table' | 'text';
  readonly lines: string[];
}

function blockLines({ kind, lines }: Block, paint: Paint, width: number): string[] {
  if (kind === 'blank') return [''];
  if (kind === 'code') return lines.map((line) => (line === '' ? '' : `  ${printable(withoutTabs(line))}`));
  if (kind === 'table') return tableLines(lines, paint);
  const [first = ''] = lines;
  const bullet = /^\s*(?:- |\d+\. )/.exec(first)?.[0] ?? '';
  const text = lines.map((line, index) => (index === 0 ? line.slice(bullet.length) : line.trim())).join(' ');
  const hardened = text.replace(/`[^`]*`|\*\*[^*]*\*\*/g, (span) => span.replaceAll(' ', HARD_SPACE));
  return wrap(hardened, width - bullet.length).map((line, index) => {
    const lead = index === 0 ? bullet : ' '.repeat(bullet.length);
    return lead + painted(line.replaceAll(HARD_SPACE, ' '), paint);
  });
}

/** Groups lines: fenced code, table rows, list items and paragraphs with the lines that continue them. */
function blocks(markdown: string): Block[] {
  const all: Block[] = [];
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      fenced = !fenced;
      if (fenced) all.push({ kind: 'code', lines: [] });
      continue;
    }
    const last = all.at(-1);
    const kind = fenced ? 'code' : line === '' ? 'blank' : line.startsWith('|') ? 'table' : 'text';
    const beginsItem = kind === 'text' && /^\s*(- |\d+\. )/.test(line);
    if (last?.kind === kind && kind !== 'blank' && !beginsItem) last.lines.push(line);
    else all.push({ kind, lines: [line] });
  }
  return all;
}

function tableLines(lines: readonly string[], paint: Paint): string[] {
  const rows = lines
    .filter((line) => !/^\|[-| :]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => plain(cell.trim())),
    );
  return columns(rows).map((row, index) => {
    const text = row.map(printable).join('').trimEnd();
    return index === 0 ? paint.strong(text) : text;
  });
}

/** Paints `code` and **bold** and drops their marks. */
function painted(text: string, paint: Paint): string {
  return text
    .split(/(`[^`]*`|\*\*[^*]*\*\*)/)
    .map((part) => {
      if (part.startsWith('`')) return paint.lock(printable(part.slice(1, -1)));
      if (part.startsWith('**')) return paint.strong(printable(part.slice(2, -2)));
      return printable(part);
    })
    .join('');
}

function plain(text: string): string {
  return text.replace(/`([^`]*)`|\*\*([^*]*)\*\*/g, '$1$2');
}

/** Tabs as spaces up to the next multiple of eight: kernel code is indented by them. */
function withoutTabs(line: string): string {
  let text = '';
  for (const char of line) text += char === '\t' ? ' '.repeat(TAB - (text.length % TAB)) : char;
  return text;
}
