import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { failsGate } from '../../src/cli/deliver.js';
import { outputOf, wantsColour } from '../../src/cli/io.js';
import { suggestion } from '../../src/cli/usage.js';
import { sampleFinding } from '../report/sample.js';

describe('colour', () => {
  const tty = { isTty: true, write: async () => {} };
  const pipe = { isTty: false, write: async () => {} };
  it.each([
    { output: tty, env: {}, colour: true },
    { output: pipe, env: {}, colour: false },
    { output: tty, env: { NO_COLOR: '1' }, colour: false },
    { output: tty, env: { NO_COLOR: '' }, colour: true },
    { output: pipe, env: { FORCE_COLOR: '1' }, colour: true },
    { output: pipe, env: { FORCE_COLOR: '' }, colour: true },
    { output: tty, env: { FORCE_COLOR: '0' }, colour: false },
    { output: tty, env: { FORCE_COLOR: 'false' }, colour: false },
    { output: tty, env: { NO_COLOR: '1', FORCE_COLOR: '1' }, colour: false },
    { output: tty, env: { TERM: 'dumb' }, colour: false },
  ])('terminal $output.isTty with $env: $colour', ({ output, env, colour }) => {
    expect(wantsColour(output, env)).toBe(colour);
  });
});

describe('an output', () => {
  const failing = (code: string) =>
    outputOf(
      new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
      }),
    );

  it('takes a reader that went away for the end, not for an error', async () => {
    const output = failing('EPIPE');
    await expect(output.write('a')).resolves.toBeUndefined();
    await expect(output.write('b')).resolves.toBeUndefined();
  });

  it('rejects where writing fails otherwise', async () => {
    await expect(failing('ENOSPC').write('a')).rejects.toThrow('ENOSPC');
  });
});

describe('--fail-on', () => {
  const severities = ['note', 'warning', 'error'] as const;
  it.each([
    { failOn: 'error', fails: [false, false, true] },
    { failOn: 'warning', fails: [false, true, true] },
    { failOn: 'note', fails: [true, true, true] },
    { failOn: 'never', fails: [false, false, false] },
  ] as const)('$failOn', ({ failOn, fails }) => {
    expect(severities.map((severity) => failsGate([sampleFinding({ severity })], failOn))).toEqual(fails);
    expect(failsGate([], failOn)).toBe(false);
  });
});

describe('suggestions', () => {
  it.each([
    { given: 'fomat', best: 'format' },
    { given: 'ofrmat', best: 'format' },
    { given: 'form', best: 'format' },
    { given: 'output', best: 'output' },
    { given: 'x', best: '' },
    { given: 'entirely-else', best: '' },
  ])('$given: $best', ({ given, best }) => {
    expect(suggestion(given, ['format', 'output', 'quiet'])).toBe(best === '' ? '' : `; did you mean ${best}?`);
  });
});
