import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The page's program as one script and one style sheet, which reports put into their HTML file. */
export default defineConfig({
  root: here('.'),
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: here('../../dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    rolldownOptions: {
      input: here('main.ts'),
      output: { format: 'es', entryFileNames: 'page.js', assetFileNames: 'page.[ext]', codeSplitting: false },
    },
  },
});
