import { check } from './check.js';
import type { Command } from './command.js';
import { explain } from './explain.js';
import { graph } from './graph.js';
import { init } from './init.js';
import { lint } from './lint.js';
import { query } from './query.js';
import { rcu } from './rcu.js';
import { record } from './record.js';
import { report } from './report.js';
import { run } from './run.js';
import { serve } from './serve.js';
import { stats } from './stats.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  lint,
  check,
  run,
  graph,
  stats,
  query,
  report,
  serve,
  rcu,
  record,
  explain,
  init,
];
