import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of the built command: they run dist/cli/main.js as a subprocess, so they build first. */
const BUILT = 'test/cli/**/*.built.test.ts';

export default defineConfig({
  // Scenarios import the simulator by its public name.
  resolve: { alias: { 'lockvet/sim': fileURLToPath(new URL('src/sim/index.ts', import.meta.url)) } },
  test: {
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [BUILT] } },
      { extends: true, test: { name: 'built', include: [BUILT], globalSetup: 'test/cli/build.ts' } },
    ],
  },
});
