import type { Evidence } from '../../model/finding.js';
import type { Leave } from '../walk/lock-state.js';

/** What lets locks out before a task ends with them: each return, and the branch that leads there. */
export function leavingEvidence(left: readonly Leave[]): Evidence[] {
  return left.flatMap(({ file, function: name, line, how, name: lock, branch }) => {
    const at = { file, function: name };
    const who = name === '' ? 'the callback' : `${name}()`;
    const gone = { what: `${who} ${how} with ${lock} held`, where: { ...at, ...(line !== 0 && { line }) } };
    if (branch === undefined) return [gone];
    return [{ what: `${branch.text}: ${branch.truth}`, where: { ...at, line: branch.line } }, gone];
  });
}
