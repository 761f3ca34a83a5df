import type { Io } from '../../src/cli/io.js';

/** An Io that keeps what is written. */
export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

export function fakeIo(parts: { env?: Io['env']; isTty?: boolean; cwd?: string; today?: string } = {}): FakeIo {
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
    cwd: parts.cwd ?? process.cwd(),
    now: () => new Date(parts.today ?? '2030-01-01'),
    out: () => written.out,
    err: () => written.err,
  };
}
