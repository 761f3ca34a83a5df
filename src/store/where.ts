import { z } from 'zod';
import type { Where } from '../model/finding.js';
import type { Plain } from './rows.js';

/** A place in its JSON form. */
export const whereSchema = z.object({
  file: z.string().exactOptional(),
  line: z.number().exactOptional(),
  function: z.string().exactOptional(),
  task: z.string().exactOptional(),
  cpu: z.number().exactOptional(),
  time: z.number().exactOptional(),
});

/** A place that was stored as JSON. */
export function storedWhere(json: Plain | undefined): Where {
  return whereSchema.parse(JSON.parse(String(json ?? '{}')));
}
