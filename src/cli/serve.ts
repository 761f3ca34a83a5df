import { type Command, flag, optional } from './command.js';
import { sourceReader } from './deliver.js';
import { Exit, type Io } from './io.js';
import { storeWait } from './options.js';
import { ruleDocs } from './rule-docs.js';
import { UsageError } from './usage.js';
import { version } from './version.js';

const text = { type: 'string', requiresArg: true } as const;
/** No other: what is stored is for who works on this machine. */
const ADDRESS = '127.0.0.1';
const TOKEN_BYTES = 24;

/** `lockvet serve`: the page over the store, for this machine alone. */
export const serve: Command = {
  name: 'serve',
  positionals: '',
  summary: 'show stored runs as a page on this machine, renewed as runs are stored',
  options: {
    store: { ...text, describe: 'database of runs (default: that of the configuration)' },
    'store-wait': { ...text, describe: 'seconds to wait for a store that another process writes (default 10)' },
    port: { ...text, describe: 'port to listen on (default: any that is free)' },
    rules: { ...text, describe: 'folder with more rules; may be repeated' },
    config: { ...text, describe: 'configuration file (default: lockvet.config.{ts,js,json}, here or above)' },
    'no-config': { type: 'boolean', describe: 'read no configuration file' },
  },
  examples: [
    ['lockvet serve --store lockvet.db', 'print an address that shows the latest run, until Ctrl-C'],
    ['lockvet serve --store lockvet.db --port 8177', 'listen on this port'],
  ],
  async run(args, io) {
    const port = portOf(optional(args, 'port'));
    const store =
      optional(args, 'store') ?? (flag(args, 'no-config') ? undefined : await configured(io, optional(args, 'config')));
    if (store === undefined) throw new UsageError('serve: --store FILE is missing, and no configuration names a store');
    const folders = args.options.rules;
    const rules = await ruleDocs({ ruleFolders: folders === undefined ? [] : [folders].flat().map(String) });
    const [{ Changes, pageApp, StoredPages }, { Store }, { randomBytes }] = await Promise.all([
      import('../serve/index.js'),
      import('../store/index.js'),
      import('node:crypto'),
    ]);
    // What is wrong with the store is said before anything is served.
    (await Store.open(store, { access: 'read', waitSeconds: storeWait(args) })).close();
    const pages = new StoredPages({
      store,
      waitSeconds: storeWait(args),
      version: version(),
      rules,
      read: sourceReader(io.cwd),
    });
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const changes = new Changes(store);
    const hosts = new Set<string>();
    const app = pageApp({
      token,
      hosts,
      changes,
      page: (run, change) => pages.page(run, change),
      problemOf: messageOf,
    });
    const server = await listening(app.fetch, port);
    for (const name of [ADDRESS, 'localhost']) hosts.add(`${name}:${server.port}`);
    await io.stdout.write(`http://${ADDRESS}:${server.port}/${token}/\n`);
    await interrupted();
    changes.close();
    await server.close();
    return Exit.Clean;
  },
};

function portOf(given: string | undefined): number {
  if (given === undefined) return 0;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) throw new UsageError(`serve: --port: "${given}" is no port`);
  return port;
}

async function configured(io: Io, given: string | undefined): Promise<string | undefined> {
  const [{ configurationFor }, path] = await Promise.all([import('../gate/index.js'), import('node:path')]);
  const config = await configurationFor(io.cwd, given);
  const store = config?.value.store;
  return store === undefined || config === undefined ? undefined : path.resolve(config.folder, store);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Throws UsageError where the port cannot be had. */
async function listening(
  fetch: (request: Request) => Response | Promise<Response>,
  wanted: number,
): Promise<Listening> {
  const { createAdaptorServer } = await import('@hono/node-server');
  const server = createAdaptorServer({ fetch });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UsageError(
          `serve: port ${wanted} cannot be had: ${error.code === 'EADDRINUSE' ? 'it is in use' : error.message}`,
        ),
      );
    });
    server.listen(wanted, ADDRESS, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : wanted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Streams of events stay open for as long as someone looks.
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

/** Resolves at Ctrl-C, or when the process is asked to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
