import { z } from 'zod';

const severity = z.enum(['error', 'warning', 'note']);
const path = z.string().min(1, 'is empty');

/** Commands whose inputs and baselines a configuration can name. */
export const CONFIGURED_COMMANDS = ['lint', 'check', 'run', 'explore'] as const;

const paths = z.array(path).optional();

/** lockvet.config.{ts,js,json}. Paths are relative to the file's folder. What the command line says wins. */
export const configurationSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where this schema is, for editors.'),
    inputs: z
      .strictObject({ lint: paths, check: paths, run: paths, explore: paths })
      .optional()
      .describe('What a command judges when it is called without inputs.'),
    policy: z.string().min(1, 'is empty').optional().describe('Which exceptions rules grant; see lockvet explain.'),
    rules: z.array(path).optional().describe('Folders with more rules.'),
    severities: z
      .record(
        z.string(),
        z.union(
          [
            severity,
            z.literal('off'),
            z.strictObject({ severity: z.union([severity, z.literal('off')]), reason: z.string().optional() }),
          ],
          'is neither error, warning, note or off nor { severity, reason }',
        ),
      )
      .optional()
      .describe('Severity by rule. What is off is counted as suppressed; say why in `reason`.'),
    catalog: path.optional().describe('File that tells the kinds of locks by name.'),
    baseline: z
      .union(
        [
          path,
          z.strictObject({
            lint: path.optional(),
            check: path.optional(),
            run: path.optional(),
            explore: path.optional(),
          }),
        ],
        'is neither a path nor an object of paths by command',
      )
      .optional()
      .describe('File of known findings; by command where each has its own.'),
    failOn: z
      .enum(['error', 'warning', 'note', 'never'])
      .optional()
      .describe('From which severity on new findings make the exit code 1.'),
    store: path.optional().describe('Database that findings are kept in.'),
  })
  .describe('Configuration of lockvet.');

/** What a configuration file exports. */
export type Configuration = z.input<typeof configurationSchema>;

/** The JSON schema of {@link configurationSchema}, as text: what schema/lockvet.config.schema.json must be. */
export function configurationJsonSchema(): string {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input', target: 'draft-07' });
  return `${JSON.stringify({ ...schema, title: 'lockvet.config.json' }, null, 2)}\n`;
}
