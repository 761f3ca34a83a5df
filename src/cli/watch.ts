import { realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Finding } from '../model/finding.js';
import { InputError, type Run } from '../model/report.js';
import { deliver, sourceReader } from './deliver.js';
import { report } from './failure.js';
import { Exit, type Io, wantsColour } from './io.js';
import type { ReportSettings } from './options.js';

/** Milliseconds without a further change before sources are judged anew: editors write a file in several steps. */
const SETTLED = 100;

/**
 * Judges sources, and again whenever one of them changes, until Ctrl-C or SIGTERM. The first report is as without watching; those
 * after it say what is new and what is gone. Files that `--output` names hold the latest report in full. What is wrong with a source
 * is said and ends nothing. Throws InputError for a path that is not there, and where the first judgement fails for what is no source.
 * @param judge one judgement of the sources as they are now
 */
export async function watchSources(
  paths: readonly string[],
  judge: () => Promise<Run>,
  settings: ReportSettings,
  io: Io,
): Promise<Exit> {
  const [{ watch }, { isCFile, isTypescriptFile, SKIPPED, sourceFiles }] = await Promise.all([
    import('chokidar'),
    import('../static/files.js'),
  ]);
  sourceFiles(paths);
  const isSource = (file: string): boolean => isCFile(file) || isTypescriptFile(file);
  const places = placesOf(paths, io.cwd);
  // Before the first judgement, so that no change during it is missed.
  const watcher = watch([...places.roots], {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (file, stats) => isOutside(places, SKIPPED, isSource, path.resolve(file), stats),
  });
  const bell = new Bell();
  watcher.on('all', (event) => {
    if (event === 'add' || event === 'change' || event === 'unlink') bell.ring();
  });
  watcher.on('error', (error) => void report(new InputError(paths.join(' '), undefined, `not watched: ${error}`), io));
  const stop = (): void => bell.end();
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    await Promise.race([new Promise((resolve) => watcher.once('ready', () => resolve(undefined))), bell.ended]);
    const follower = new Follower(settings, io);
    let isFirst = true;
    while (await bell.rung()) {
      try {
        const run = await Promise.race([judge(), bell.ended]);
        if (run === undefined) break;
        await follower.show(run);
      } catch (error) {
        if (isFirst && !(error instanceof InputError && isSource(error.file))) throw error;
        await report(error, io);
      }
      if (isFirst && !settings.quiet) await io.stderr.write('watching; Ctrl-C ends\n');
      isFirst = false;
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    bell.end();
    await watcher.close();
  }
  return Exit.Clean;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What is watched, by real paths. */
interface Places {
  readonly folders: readonly string[];
  readonly files: ReadonlySet<string>;
  /** The folders, and those that the files are in: a file that is written anew is another one, its folder stays. */
  readonly roots: ReadonlySet<string>;
}

function placesOf(paths: readonly string[], cwd: string): Places {
  const real = paths.map((given) => realpathSync(path.resolve(cwd, given)));
  const folders = real.filter((place) => statSync(place).isDirectory());
  const files = real.filter((place) => !folders.includes(place));
  return { folders, files: new Set(files), roots: new Set([...folders, ...files.map((file) => path.dirname(file))]) };
}

/** `stats` are not always there: what cannot be told yet is asked again. */
function isOutside(
  { folders, files, roots }: Places,
  skipped: ReadonlySet<string>,
  isSource: (file: string) => boolean,
  place: string,
  stats: Stats | undefined,
): boolean {
  if (files.has(place) || roots.has(place)) return false;
  if (!folders.some((folder) => place.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep))) return true;
  return skipped.has(path.basename(place)) || (stats !== undefined && !stats.isDirectory() && !isSource(place));
}

/** Rings once for changes that come close together, and for all that come while nobody listens; rung from the start. */
class Bell {
  readonly ended: Promise<undefined>;
  #isRung = true;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #end: () => void = () => {};
  #wake: () => void = () => {};

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = () => resolve(undefined);
    });
  }

  ring(): void {
    clearTimeout(this.#timer);
    if (this.#isEnded) return;
    this.#timer = setTimeout(() => {
      this.#isRung = true;
      this.#wake();
    }, SETTLED);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#isEnded = true;
    this.#end();
    this.#wake();
  }

  /** Resolves to true when it rang, to false when it will not any more. */
  async rung(): Promise<boolean> {
    if (!this.#isRung && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isRung = false;
    return !this.#isEnded;
  }
}

/** Shows one judgement in full and, of each after it, how it differs from the one before. */
class Follower {
  readonly #settings: ReportSettings;
  readonly #io: Io;
  #last: Run | undefined;

  constructor(settings: ReportSettings, io: Io) {
    this.#settings = settings;
    this.#io = io;
  }

  /** Throws InputError for files and a store that cannot be written. */
  async show(judged: Run): Promise<void> {
    const { applyGate } = await import('../gate/index.js');
    const [run = judged] = applyGate([judged], this.#settings.gate, sourceReader(this.#io.cwd)).runs;
    const before = this.#last;
    this.#last = run;
    if (before === undefined) {
      await deliver([judged], this.#settings, this.#io);
      return;
    }
    const { stdout } = this.#io;
    await stdout.write(await changeText(before, run, this.#settings.quiet, wantsColour(stdout, this.#io.env)));
    // The rest of a delivery: files and the store.
    await deliver([judged], this.#settings, { ...this.#io, stdout: { isTty: false, write: async () => {} } });
  }
}

/** What is new in full, what is gone in a line each, notes that were not there before, and a summary line. */
async function changeText(before: Run, now: Run, quiet: boolean, colour: boolean): Promise<string> {
  const [{ renderText }, { counted, paintFor, printable }] = await Promise.all([
    import('../report/text.js'),
    import('../report/index.js'),
  ]);
  const paint = paintFor(colour);
  const news = missingFrom(before.findings, now.findings);
  const gone = missingFrom(now.findings, before.findings);
  const blocks: string[] = [];
  if (news.length > 0) blocks.push(renderText([{ ...now, findings: news }], { colour, quiet: true }));
  const lines = gone.map(({ where, message, rule }) => {
    const place = [where.file ?? now.input, where.line].filter((part) => part !== undefined).join(':');
    return `${paint.good('gone:')} ${printable(`${place}: ${message} [${rule}]`)}\n`;
  });
  if (!quiet) {
    const left = now.findings.length === 0 ? paint.good('clean') : `${counted(now.findings.length, 'finding')} in all`;
    lines.push(`${printable(now.input)}: ${news.length} new, ${gone.length} gone; ${left}\n`);
    const notes = now.notes.filter((note) => !before.notes.includes(note));
    for (const note of notes) lines.push(`  ${paint.dim('-')} ${printable(note)}\n`);
  }
  if (lines.length > 0) blocks.push(lines.join(''));
  return blocks.length === 0 ? '' : `\n${blocks.join('\n')}`;
}

/** The findings whose fingerprints `others` do not have. */
function missingFrom(others: readonly Finding[], findings: readonly Finding[]): Finding[] {
  const known = new Set(others.map(({ fingerprint }) => fingerprint));
  return findings.filter(({ fingerprint }) => !known.has(fingerprint));
}
