import { headOf, type Program, resolve } from './solve/program.js';

/** Names of unresolved callees to list. */
const MOST = 20;

/** What the analysis did not understand, as sentences: reasons with counts, files that have most, calls without a body. */
export function unknownNotes(program: Program): string[] {
  const reasons = new Map<string, { count: number; files: string[] }>();
  for (const { unit } of program.units) {
    for (const [reason, count] of Object.entries(unit.unknown)) {
      const known = reasons.get(reason) ?? { count: 0, files: [] };
      known.count += count;
      known.files.push(unit.file);
      reasons.set(reason, known);
    }
  }
  const notes = [...reasons]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, { count, files }]) => {
      const shown = files.slice(0, 3).join(', ');
      return `${reason}: ${count} in ${files.length} files (${shown}${files.length > 3 ? ', ...' : ''})`;
    });
  const missing = new Map<string, number>();
  for (let id = 0; id < program.functionCount; id++) {
    const unit = program.unitOf[id] as number;
    for (const name of headOf(program, id).calls) {
      if (resolve(program, unit, name).ids.length === 0) missing.set(name, (missing.get(name) ?? 0) + 1);
    }
  }
  if (missing.size > 0) {
    const most = [...missing].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST);
    notes.push(
      `${missing.size} called functions are not in the sources given and are taken to do nothing; most often ` +
        most.map(([name, count]) => `${name} (${count})`).join(', '),
    );
  }
  return notes;
}
