import { ts } from 'ts-morph';
import { InputError } from '../../model/report.js';
import type { TreeUnit } from '../ir/tree.js';
import { lowerFile } from './lower.js';
import { Names } from './names.js';
import { loadSources, type TypedSources } from './project.js';

/** What reading TypeScript sources came to. */
export interface TypescriptUnits {
  readonly units: readonly TreeUnit[];
  /** What is wrong with the sources, a line each. */
  readonly problems: readonly string[];
}

/** With more files than this their types are not checked for errors: only what the analysis asks for is computed. */
const MOST_CHECKED = 40;

/** Reads files, and what they import, into the intermediate form. */
export function readTypescript(files: readonly string[]): TypescriptUnits {
  const sources = loadSources(files);
  const names = new Names(sources);
  const units = [...sources.files.values()].map((file) => lowerFile(sources, names, file));
  return { units, problems: problemsOf(sources, files) };
}

function problemsOf(sources: TypedSources, given: readonly string[]): string[] {
  const out: string[] = [];
  const wanted = new Set(given);
  for (const [name, file] of sources.files) {
    if (!wanted.has(name)) continue;
    const syntax = sources.program.getSyntacticDiagnostics(file);
    const types = syntax.length > 0 || wanted.size > MOST_CHECKED ? [] : sources.program.getSemanticDiagnostics(file);
    for (const diagnostic of [...syntax, ...types]) {
      const line = file.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1;
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ').replace(/\s+/g, ' ');
      out.push(`${name}:${line}: ${text}`);
    }
    if (syntax.length > 0 && wanted.size === 1) {
      const [first = ''] = out;
      const [, line = '1', text = ''] = /:(\d+): (.*)$/.exec(first) ?? [];
      throw new InputError(name, Number(line), text);
    }
  }
  return out;
}
