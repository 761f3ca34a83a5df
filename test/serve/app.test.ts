import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Changes, pageApp } from '../../src/serve/index.js';

let folder = '';
let file = '';
let changes: Changes;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-serve-'));
  file = path.join(folder, 'store.db');
  writeFileSync(file, 'one');
  changes = new Changes(file, 10);
});
afterAll(() => {
  changes.close();
  rmSync(folder, { recursive: true });
});

const HOST = '127.0.0.1:8177';
const TOKEN = 'a-token';
const app = () =>
  pageApp({
    token: TOKEN,
    hosts: new Set([HOST]),
    changes,
    page: async (run) => {
      if (run === 13) throw new Error('store.db: is in use');
      return run === undefined || run < 3 ? `page of ${run ?? 'the latest'}` : undefined;
    },
    problemOf: (error) => (error instanceof Error ? error.message : ''),
  });
const get = (url: string, init: RequestInit = {}) => app().request(url, { headers: { host: HOST }, ...init });
const answer = async (url: string, init?: RequestInit) => {
  const response = await get(url, init);
  return [response.status, await response.text()];
};

describe('the server of the page', () => {
  it('shows the latest run, and others by their number', async () => {
    expect(await answer(`/${TOKEN}/`)).toEqual([200, 'page of the latest']);
    expect(await answer(`/${TOKEN}/2`)).toEqual([200, 'page of 2']);
    expect(await answer(`/${TOKEN}/3`)).toEqual([404, 'there is no such run\n']);
    expect(await answer(`/${TOKEN}/13`)).toEqual([503, 'store.db: is in use\n']);
  });

  it.each([
    '/',
    '/events',
    '/a-tokem/',
    '/a-tokem/events',
    '/a-toke/',
    '/a-token2/1',
    '//',
    '/a-token/x',
    '/a-token/1/2',
    '/A-TOKEN/',
  ])('has nothing at %s', async (url) => {
    expect(await answer(url)).toEqual([404, 'not found\n']);
  });

  it('is nothing to who came by another name', async () => {
    for (const host of ['evil.example', 'evil.example:8177', '127.0.0.1', '127.0.0.1:80', ''])
      expect(await answer(`/${TOKEN}/`, { headers: { host } })).toEqual([404, 'not found\n']);
  });

  it('only reads', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await get(`/${TOKEN}/`, { method })).status).toBe(405);
    expect((await get(`/${TOKEN}/`, { method: 'HEAD' })).status).toBe(200);
  });

  it('lets nobody keep, frame or refer to it', async () => {
    const { headers } = await get(`/${TOKEN}/`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('tells those who listen that the store is another', async () => {
    const response = await get(`/${TOKEN}/events`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body?.getReader();
    // Two looks at least: what is there when it begins is no change.
    await new Promise((resolve) => setTimeout(resolve, 100));
    appendFileSync(file, 'two');
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toMatch(/^event: changed\n/);
    await reader?.cancel();
  });

  it('tells at once who has missed a change', async () => {
    const reader = (await get(`/${TOKEN}/events?seen=${changes.count - 1}`)).body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toMatch(/^event: changed\n/);
    await reader?.cancel();
  });
});

describe('changes of a file', () => {
  it('are not told where there are none, nor after the end', async () => {
    const own = new Changes(file, 5);
    expect(await own.next(60)).toBe(false);
    const waiting = own.next(60_000);
    own.close();
    expect(await waiting).toBe(false);
  });

  it('are told when it goes and comes', async () => {
    const other = path.join(folder, 'other.db');
    const own = new Changes(other, 5);
    await own.next(60);
    writeFileSync(other, 'x');
    expect(await own.next(10_000)).toBe(true);
    rmSync(other);
    expect(await own.next(10_000)).toBe(true);
    own.close();
  });
});
