/** Writes the published schema of configuration files: `npm run schema`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { configurationJsonSchema } from '../src/gate/config-schema.js';

const folder = new URL('../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('lockvet.config.schema.json', folder), configurationJsonSchema());
