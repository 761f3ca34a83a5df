#!/usr/bin/env node
import { report } from './failure.js';
import { Exit, type Io, outputOf } from './io.js';

const io: Io = {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
};

async function main(argv: readonly string[]): Promise<Exit> {
  try {
    if (argv.length === 1 && argv[0] === '--version') {
      // Asked by scripts and prompts: not worth loading the option parser.
      const { version } = await import('./version.js');
      await io.stdout.write(`${version()}\n`);
      return Exit.Clean;
    }
    const [{ runApp }, { commands }] = await Promise.all([import('./app.js'), import('./commands.js')]);
    return await runApp(argv, commands, io);
  } catch (error) {
    return report(error, io);
  }
}

// Explicit: an input that is still open (a pipe that another process holds) must not keep the process alive.
process.exit(await main(process.argv.slice(2)));
