import { describe, expect, it, vi } from 'vitest';
import { progressFor } from '../../src/cli/progress.js';
import { fakeIo } from './fake-io.js';

describe('the progress bar', () => {
  it.each([
    { isTty: false, wanted: true },
    { isTty: true, wanted: false },
  ])('is nothing where standard error is a terminal: $isTty, wanted: $wanted', ({ isTty, wanted }) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const progress = progressFor(fakeIo({ isTty }), wanted);
    progress.start('input', 1e9);
    progress.update(5e8);
    progress.stop();
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });

  it('may be stopped twice, and before it was started', () => {
    const progress = progressFor(fakeIo({ isTty: true }), true);
    progress.stop();
    progress.start('small', 10);
    progress.stop();
    progress.stop();
  });
});
