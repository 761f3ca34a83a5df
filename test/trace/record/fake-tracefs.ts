import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Lines that the fake kernel has recorded. */
export const RECORDED = '   init-1       [000] d..2.     3.777421: lock_acquire: 0xffffffff8212f498 lv_raw\n';

const STOCK_FORMAT = 'field:unsigned int flags;\nfield:__data_loc char[] name;\nfield:void * lockdep_addr;\n';
const EVENTS = [
  'lock/lock_acquire',
  'lock/lock_release',
  'lock/lock_contended',
  'lock/lock_acquired',
  'irq/irq_handler_entry',
  'irq/irq_handler_exit',
  'irq/softirq_entry',
  'irq/softirq_exit',
  'preemptirq/irq_disable',
  'preemptirq/irq_enable',
  'sched/sched_switch',
  'kmem/kmalloc',
  'kmem/kfree',
];

/** What a script did and left behind. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
  /** `put` and `append` calls in the order in which they ran: `VALUE FILE`, the file below the tracing directory. */
  writes: string[];
}

/**
 * A folder that looks like tracefs to a script. Making an instance in it copies a skeleton, as the kernel would fill it;
 * a removed one is kept aside, to be looked at.
 */
export class FakeTracefs {
  readonly root = mkdtempSync(path.join(tmpdir(), 'lockvet-tracefs-'));
  readonly tracing = path.join(this.root, 'tracing');
  readonly skeleton = path.join(this.root, 'skeleton');
  readonly removed = path.join(this.root, 'removed');
  readonly work = path.join(this.root, 'work');
  readonly #bin = path.join(this.root, 'bin');

  constructor(probes = true) {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    for (const folder of [this.tracing, this.work, this.#bin]) mkdirSync(folder, { recursive: true });
    for (const [name, value] of Object.entries({
      tracing_on: '1\n',
      buffer_size_kb: '7 (expanded: 1408)\n',
      trace_clock: '[local] global counter\n',
      set_event_notrace_pid: '',
      trace_pipe: RECORDED,
      trace: `# tracer: nop\n${RECORDED}`,
    })) {
      writeFileSync(path.join(this.tracing, name), value);
    }
    for (const event of EVENTS) this.addEvent(this.tracing, event);
    cpSync(this.tracing, this.skeleton, { recursive: true });
    // In the kernel they appear when the probes are made.
    if (probes) for (const event of ['lockvet/acquire', 'lockvet/release']) this.addEvent(this.skeleton, event);
    mkdirSync(path.join(this.tracing, 'instances'));
    writeFileSync(path.join(this.tracing, 'dynamic_events'), '');
    this.#program(
      'mkdir',
      `case $1 in */instances/*) cp -r '${this.skeleton}' "$1" ;; *) exec /bin/mkdir "$@" ;; esac`,
    );
    this.#program('rmdir', `case $1 in */instances/*) mv "$1" '${this.removed}' ;; *) exec /bin/rmdir "$@" ;; esac`);
    this.#program('uname', 'echo x86_64');
  }

  addEvent(below: string, event: string, format = STOCK_FORMAT): void {
    const folder = path.join(below, 'events', event);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'enable'), '0\n');
    writeFileSync(path.join(folder, 'format'), format);
  }

  /** Makes a control file unwritable: root may write any file, but not a folder. */
  block(file: string): void {
    rmSync(file, { force: true });
    mkdirSync(file);
  }

  #program(name: string, body: string): void {
    const file = path.join(this.#bin, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }

  /** Environment of scripts that shall take this folder for tracefs. */
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      LOCKVET_TRACEFS: this.tracing,
      LOCKVET_DRAIN_SECONDS: '2',
      PATH: `${this.#bin}:${process.env.PATH}`,
      PS4: '+ ',
    };
  }

  /** Runs a script to its end. */
  run(script: string, args: readonly string[] = [], shell: readonly string[] = ['sh'], input = ''): Outcome {
    const file = this.#script(script);
    const [program = 'sh', ...rest] = shell;
    const { status, stdout, stderr } = spawnSync(program, [...rest, '-x', file, ...args], {
      cwd: this.work,
      env: this.env,
      input,
      encoding: 'utf8',
      timeout: 20_000,
    });
    return this.#outcome(status, stdout, stderr);
  }

  /** Starts a script, sends it a signal as soon as `ready` says so, and waits for its end. */
  async signal(script: string, signal: NodeJS.Signals, ready: () => boolean): Promise<Outcome> {
    const child = spawn('sh', ['-x', this.#script(script)], { cwd: this.work, env: this.env });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      out.stdout += String(text);
    });
    child.stderr.on('data', (text) => {
      out.stderr += String(text);
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    for (let waited = 0; !ready() && waited < 200; waited++) await new Promise((resolve) => setTimeout(resolve, 25));
    child.kill(signal);
    return this.#outcome(await ended, out.stdout, out.stderr);
  }

  #script(text: string): string {
    const file = path.join(this.root, 'record.sh');
    writeFileSync(file, text);
    return file;
  }

  #outcome(status: number | null, stdout: string, stderr: string): Outcome {
    const writes = [...stderr.matchAll(/^\+ (?:put|append) (.*)$/gm)].map(([, call]) =>
      call.replaceAll("'", '').replaceAll(`${this.tracing}/`, ''),
    );
    return { status, stdout, stderr, writes };
  }

  /** Text of a file in the tracing directory or, with `removed`, in the instance that was removed. */
  read(name: string, removed = false): string {
    return readFileSync(path.join(removed ? this.removed : this.tracing, name), 'utf8');
  }

  get instances(): string[] {
    return existsSync(path.join(this.tracing, 'instances')) ? readdirSync(path.join(this.tracing, 'instances')) : [];
  }

  /** Every file below the tracing directory with what is in it. */
  snapshot(): Record<string, string> {
    const files = readdirSync(this.tracing, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return Object.fromEntries(
      files.map((entry) => {
        const file = path.join(entry.parentPath, entry.name);
        return [path.relative(this.tracing, file), readFileSync(file, 'utf8')];
      }),
    );
  }
}
