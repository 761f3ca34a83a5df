import type { Command } from './command.js';
import { explain } from './explain.js';
import { lint } from './lint.js';
import { record } from './record.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [lint, record, explain];
