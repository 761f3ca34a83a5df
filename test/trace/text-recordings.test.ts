import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pieces } from '../../src/trace/input/feed.js';
import { Input } from '../../src/trace/input.js';
import { parse } from './text-helpers.js';
import { referenceEvents } from './text-reference.js';

const SELFTEST = 'fixtures/selftest';
const CASES = 'fixtures/cases';

async function content(path: string): Promise<Buffer> {
  const input = await Input.open(path);
  const all: Buffer[] = [];
  const feed = input.content();
  for await (const piece of pieces(feed, 1 << 20)) all.push(piece);
  await feed.close();
  return Buffer.concat(all);
}

function expectSame(text: Buffer): number {
  const { events, parser } = parse(text);
  expect(parser.unreadable).toBe(0);
  let count = 0;
  for (const expected of referenceEvents(text.toString('utf8'))) {
    const actual = events[count++];
    // Comparing as text first: expect() is slow for hundreds of thousands of events.
    if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
  }
  expect(events.length).toBe(count);
  return count;
}

describe('the recordings of the kernel selftest, against the reference reader', () => {
  const files = readdirSync(SELFTEST).filter((name) => name.endsWith('.trace.txt'));
  it('finds all of them', () => expect(files.length).toBe(94));
  it.each(files)('%s', (name) => {
    expect(expectSame(readFileSync(`${SELFTEST}/${name}`))).toBeGreaterThan(0);
  });
});

describe('the recorded cases, against the reference reader', () => {
  const files = readdirSync(CASES).filter((name) => name.endsWith('.trace.txt.xz'));
  it('finds all of them', () => expect(files.length).toBe(23));
  it.each(files)('%s', async (name) => {
    expect(expectSame(await content(`${CASES}/${name}`))).toBeGreaterThan(10_000);
  });
});
