import { InputError } from '../model/report.js';
import { printable } from '../report/escape.js';
import { Exit, type Io } from './io.js';
import { UsageError } from './usage.js';

/**
 * Says on standard error, in one line, why the command could not be carried out. Bad input speaks for itself
 * (`FILE:LINE: what is wrong`); what nobody expected is a bug of lockvet and says so, with its stack for LOCKVET_DEBUG.
 */
export async function report(error: unknown, io: Io): Promise<Exit> {
  if (error instanceof InputError) {
    await io.stderr.write(`${printable(error.message)}\n`);
  } else if (error instanceof UsageError) {
    await io.stderr.write(`lockvet: ${printable(error.message)}\n`);
  } else {
    const what = error instanceof Error ? error.message : String(error);
    const hint = 'this is a bug of lockvet; LOCKVET_DEBUG=1 shows where';
    await io.stderr.write(`lockvet: internal error: ${printable(what)} (${hint})\n`);
    if (io.env.LOCKVET_DEBUG && error instanceof Error) await io.stderr.write(`${error.stack ?? ''}\n`);
  }
  return Exit.Failed;
}
