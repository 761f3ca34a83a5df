import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/report/escape.js';
import { renderJson } from '../../src/report/json.js';
import { renderText } from '../../src/report/text.js';
import { sampleFinding, sampleRun } from './sample.js';

const nasty = '\u001b[31mred\u009b2J\r\u0007\b\u202Eevil\u2028\n"\\';
const hostile = sampleFinding({
  rule: nasty,
  message: nasty,
  locks: [nasty],
  where: { function: nasty, task: nasty, file: nasty, line: 1 },
  evidence: [{ what: nasty, where: { function: nasty, task: nasty, file: nasty } }],
  fingerprint: nasty,
  advice: nasty,
  detail: {
    wanted: { name: nasty, wait: nasty, usage: nasty, read: true, trylock: true, where: { task: nasty } },
    held: [{ name: nasty, wait: nasty, usage: nasty, read: true, trylock: true, where: { task: nasty } }],
    context: [nasty],
    scenario: { cpus: [nasty], rows: [[nasty]] },
  },
});
const run = sampleRun([hostile], { input: nasty, notes: [nasty] });
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202a-\u202e]/;

describe('names from inputs that would steer a terminal', () => {
  it('are escaped in the text report, and stay on their line', () => {
    const text = renderText([run], { colour: false, quiet: false });
    expect(text).not.toMatch(unsafe);
    const tame = renderText([sampleRun([sampleFinding()])], { colour: false, quiet: false });
    // Same sections: an escaped newline adds no line but those that the scenario and the notes have of their own.
    expect(text.split('\n').filter((line) => line.startsWith('\u001b'))).toEqual([]);
    expect(text.split('\n')[0]).toContain('\\x1b[31mred');
    expect(tame).not.toMatch(unsafe);
  });

  it('are escaped in the JSON report, which still says the same', () => {
    const json = renderJson([run], '1.0.0');
    expect(json).not.toMatch(unsafe);
    expect(JSON.parse(json).runs[0].findings[0].message).toBe(nasty);
  });

  it('never come through printable(), whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(unsafe);
        expect(printable(text)).not.toContain('\n');
      }),
    );
  });

  it('leave ordinary names alone', () => {
    expect(printable('&sb->s_type->i_mutex_key#2/1 (größe)')).toBe('&sb->s_type->i_mutex_key#2/1 (größe)');
  });
});
