import type { Validator } from '../lockdep/index.js';

/** What the validator had to leave open, in plain sentences. */
export function validatorNotes(validator: Validator): string[] {
  const { state, selftestEvents } = validator;
  const unknown = state.classes.unknownKinds.size;
  const notes: string[] = [];
  const say = (count: number, one: string, many: string): void => {
    if (count > 0) notes.push(count === 1 ? `1 ${one}` : `${count} ${many}`);
  };
  say(
    unknown,
    'lock of unknown kind: rules that need its wait type say nothing about it (see --catalog)',
    'locks of unknown kind: rules that need their wait types say nothing about them (see --catalog)',
  );
  say(
    state.lostReleases,
    'held lock whose release is missing from the recording: not judged',
    'held locks whose releases are missing from the recording: not judged',
  );
  say(
    state.unknownReleases,
    'release of a lock that was taken before the recording began',
    'releases of locks that were taken before the recording began',
  );
  say(
    state.unjudgedNestings,
    'nesting within one lock class not judged: the recording does not tell subclasses',
    'nestings within one lock class not judged: the recording does not tell subclasses',
  );
  say(
    selftestEvents,
    "event inside the kernel's locking selftest skipped",
    "events inside the kernel's locking selftest skipped",
  );
  return notes;
}
