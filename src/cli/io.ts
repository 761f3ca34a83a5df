import type { Writable } from 'node:stream';

/** The process as commands see it: tests pass their own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are relative to. */
  readonly cwd: string;
  /** The wall clock: nothing but what a user sees as a date may depend on it. */
  now(): Date;
}

/** A text stream and what is on the other end of it. */
export interface Output {
  readonly isTty: boolean;
  /** Resolves when the text is handed over, or when nobody reads any more (a closed pipe is no error). */
  write(text: string): Promise<void>;
}

/** Exit codes of the contract. */
export const Exit = {
  /** Nothing at or above `--fail-on`. */
  Clean: 0,
  /** Findings. */
  Findings: 1,
  /** The command itself could not be carried out. */
  Failed: 2,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/**
 * Wraps a process stream. A reader that goes away (`lockvet lint x | head`) closes the pipe: what is left is dropped
 * and the command ends with the exit code that it would have had. Other write errors reject.
 */
export function outputOf(stream: Writable & { isTTY?: boolean }): Output {
  // Without a listener an asynchronous EPIPE would be thrown as an uncaught exception; write()'s callback reports the rest.
  stream.on('error', () => {});
  return {
    isTty: stream.isTTY === true,
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
          if (error && !isClosedPipe(error)) reject(error);
          else resolve();
        });
      }),
  };
}

function isClosedPipe(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ECONNRESET';
}

/**
 * Whether to colour what goes to `output`. NO_COLOR (any value but the empty one) wins over FORCE_COLOR (anything but
 * `0` and `false`), which wins over what the stream is; a dumb terminal gets none.
 */
export function wantsColour(output: Output, env: Io['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return output.isTty && env.TERM !== 'dumb';
}
