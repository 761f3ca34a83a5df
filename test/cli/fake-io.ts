import type { Io } from '../../src/cli/io.js';

/** An Io that keeps what is written. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

export function fakeIo(parts: { env?: Io['env']; isTty?: boolean } = {}): FakeIo {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    isTty: parts.isTty ?? false,
    write: async (text: string) => {
      written[name] += text;
    },
  });
  return {
    stdout: output('out'),
    stderr: output('err'),
    env: parts.env ?? {},
    out: () => written.out,
    err: () => written.err,
  };
}
