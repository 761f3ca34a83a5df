/** Questions, how they are asked and what they tell: checked against the store's own list, which must not be loaded at every start. */
export const QUESTION_HELP = [
  ['held-under', 'CLASS|KIND', 'locks that were taken while such a lock was held, e.g. raw_spinlock_t'],
  ['who-takes', 'CLASS|KIND', 'functions that took such a lock, and in which context'],
  ['path', 'A B', 'a shortest way from one lock class to another along dependencies'],
  ['allocs', '--under CLASS|KIND', 'allocations and frees while such a lock was held'],
  ['contended', '', 'locks that were waited for, most often first'],
  [
    'irq-unsafe',
    '',
    'spinning locks held with interrupts or softirqs on, and how many irq-safe locks they were taken under',
  ],
  ['findings', '[--rule RULE] [--lock CLASS]', 'what was found, of a rule or about a lock'],
  ['new', '--since RUN', 'what was found after a run for the first time'],
  ['flaky', '', 'what was found in an input, then not, then again; or both at one revision'],
  ['history', 'FINGERPRINT', 'how a finding stood from run to run: new, known, suppressed, gone'],
  ['runs', '', 'the runs that are stored'],
] as const;

export const QUESTION_NAMES: readonly string[] = QUESTION_HELP.map(([name]) => name);

/** What `lockvet query` prints by itself. */
export function questionHelp(): string {
  const rows = [
    ...QUESTION_HELP,
    ['sql', '"SELECT ..."', 'any query over the views of docs/store.md; it can only read'],
  ] as const;
  const asked = rows.map(([name, words]) => `${name} ${words}`.trimEnd());
  const width = Math.max(...asked.map((text) => text.length)) + 2;
  return `${rows.map(([, , does], at) => `lockvet query ${(asked[at] ?? '').padEnd(width)}${does}`).join('\n')}\n`;
}
