import { timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import type { Changes } from './changes.js';

/** What the server shows, and to whom. */
export interface PageServer {
  /** Who knows it may look: the first part of every path. */
  readonly token: string;
  /** Values of the Host header that are this server: a name that leads here from elsewhere (DNS rebinding) is none. */
  readonly hosts: ReadonlySet<string>;
  /** The page of a run, or of the latest, as of a change (which it hands to the events that it asks for); undefined where there is no such run. What it throws is told as a problem. */
  readonly page: (run: number | undefined, change: number) => Promise<string | undefined>;
  readonly changes: Changes;
  /** The words for what {@link page} threw. */
  readonly problemOf: (error: unknown) => string;
}

/** Time between signs of life on a stream of events, in milliseconds: a reader that went away is noticed by them. */
const BEAT = 15_000;

/**
 * The server of `lockvet serve`: the page of the latest run at `/TOKEN/`, of others at `/TOKEN/N`, and a stream of events that tells of
 * changes at `/TOKEN/events`. It only reads. Without the token there is nothing here.
 */
export function pageApp({ token, hosts, page, changes, problemOf }: PageServer): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      // The page has its own policy in it; nobody may put it into a frame.
      contentSecurityPolicy: { frameAncestors: ["'none'"] },
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
    }),
  );
  app.use(async (context, next) => {
    context.header('Cache-Control', 'no-store');
    if (!hosts.has(context.req.header('host') ?? '')) return context.text('not found\n', 404);
    if (!['GET', 'HEAD'].includes(context.req.method)) return context.text('this server only reads\n', 405);
    return next();
  });
  const isToken = (given: string): boolean => {
    const [a, b] = [Buffer.from(given), Buffer.from(token)];
    return a.length === b.length && timingSafeEqual(a, b);
  };
  app.use('/:token/*', async (context, next) => {
    return isToken(context.req.param('token')) ? next() : context.notFound();
  });
  app.get('/:token/events', (context) =>
    streamSSE(context, async (stream) => {
      let isOpen = true;
      stream.onAbort(() => {
        isOpen = false;
      });
      // What changed while the page was on its way is told at once.
      let seen = Number(context.req.query('seen') ?? changes.count);
      while (isOpen) {
        const change = seen !== changes.count || (await changes.next(BEAT));
        seen = changes.count;
        if (isOpen) await stream.writeSSE({ event: change ? 'changed' : 'beat', data: '' });
      }
    }),
  );
  app.get('/:token/:run{[0-9]{0,9}}', async (context) => {
    const run = context.req.param('run');
    const html = await page(run === '' ? undefined : Number(run), changes.count);
    return html === undefined ? context.text('there is no such run\n', 404) : context.html(html);
  });
  app.notFound((context) => context.text('not found\n', 404));
  app.onError((error, context) => context.text(`${problemOf(error)}\n`, 503));
  return app;
}
