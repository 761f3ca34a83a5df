import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of the built command: they run dist/cli/main.js as a subprocess, so they build first. */
const BUILT = 'test/cli/**/*.built.test.ts';

function source(layer: string): string {
  return fileURLToPath(new URL(`src/${layer}/index.ts`, import.meta.url));
}

export default defineConfig({
  // Scenarios import the simulator and RCU by their public names.
  resolve: { alias: { 'lockvet/sim': source('sim'), 'lockvet/rcu': source('rcu') } },
  test: {
    // Tests mostly wait for the processes that they start; one worker less than cores would leave half of a small machine idle.
    maxWorkers: '100%',
    testTimeout: 180_000,
    // What a page or a process shows in its own time is waited for: a busy machine takes its time.
    expect: { poll: { timeout: 20_000 } },
    // Hooks start browsers, build, and check whole folders.
    hookTimeout: 180_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [BUILT] } },
      { extends: true, test: { name: 'built', include: [BUILT], globalSetup: 'test/cli/build.ts' } },
    ],
  },
});
