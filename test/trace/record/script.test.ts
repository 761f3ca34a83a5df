import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_GROUPS,
  EVENT_GROUPS,
  type EventGroup,
  type RecordSettings,
  recordScript,
} from '../../../src/trace/record/index.js';
import { FakeTracefs, type Outcome, RECORDED } from './fake-tracefs.js';

const SETTINGS: RecordSettings = {
  output: 'trace.txt',
  duration: undefined,
  command: ['true'],
  bufferKb: 512,
  read: 'stream',
  groups: DEFAULT_GROUPS,
  stockEvents: false,
  dryRun: false,
};
const scriptOf = (changes: Partial<RecordSettings> = {}): string => recordScript({ ...SETTINGS, ...changes });
const available = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;
const SHELLS = [['sh'], ['dash'], ['busybox', 'sh'], ['bash', '--posix']].filter(([program]) => available(program));

/** Events in the order in which they were switched on and off. */
function switched(outcome: Outcome): { on: string[]; off: string[] } {
  const of = (value: string): string[] =>
    outcome.writes
      .map((write) => new RegExp(`^${value} .*events/(\\S+)/enable$`).exec(write)?.[1])
      .filter((event) => event !== undefined);
  return { on: of('1'), off: of('0') };
}

const recorded = (fake: FakeTracefs, name = 'trace.txt'): string => readFileSync(path.join(fake.work, name), 'utf8');

describe('the script is plain shell', () => {
  test.skipIf(!available('shellcheck'))('shellcheck finds nothing (skipped where shellcheck is not installed)', () => {
    const allGroups = Object.keys(EVENT_GROUPS) as EventGroup[];
    for (const script of [
      scriptOf(),
      scriptOf({ command: [], duration: 10, read: 'end', stockEvents: true, groups: allGroups }),
      scriptOf({ command: [], dryRun: true, output: "it's; $(reboot) `reboot` \\" }),
    ]) {
      const { status, stdout } = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: script, encoding: 'utf8' });
      expect(stdout).toBe('');
      expect(status).toBe(0);
    }
  });

  test.each(SHELLS)('%s runs it', (...shell) => {
    const fake = new FakeTracefs();
    const outcome = fake.run(scriptOf(), [], shell);
    expect(outcome.status).toBe(0);
    expect(recorded(fake)).toBe(RECORDED);
    expect(fake.instances).toEqual([]);
    expect(fake.snapshot().tracing_on).toBe('1\n');
  });
});

describe('switching on and off', () => {
  test('everything else first, then releases, then acquisitions; off in the reverse order', () => {
    const fake = new FakeTracefs();
    const outcome = fake.run(scriptOf());
    const { on, off } = switched(outcome);
    expect(on.slice(-2)).toEqual(['lockvet/release', 'lockvet/acquire']);
    expect(on).toContain('preemptirq/irq_enable');
    expect(on).toContain('kmem/kfree');
    expect(on).not.toContain('kmem/mm_page_alloc');
    expect(on).not.toContain('lock/lock_acquire');
    expect(off).toEqual([...on].reverse());
    const instance = 'instances/lockvet/tracing_on';
    const on1 = outcome.writes.indexOf(`1 ${instance}`);
    expect(outcome.writes.indexOf(`0 ${instance}`)).toBeLessThan(
      outcome.writes.findIndex((write) => write.startsWith('1 ')),
    );
    expect(on1).toBeGreaterThan(
      outcome.writes.findLastIndex((write) => write.startsWith('1 ') && write.includes('/events/')),
    );
    expect(outcome.writes.indexOf(`0 ${instance}`, on1)).toBeLessThan(
      outcome.writes.findIndex((write, at) => at > on1 && write.includes('/events/')),
    );
    expect(
      outcome.writes.filter((write) => write.includes('dynamic_events')).map((write) => write.split(' ')[0]),
    ).toEqual(['e:lockvet/release', 'e:lockvet/acquire', '-:lockvet/acquire', '-:lockvet/release']);
    expect(fake.read('buffer_size_kb', true)).toBe('512\n');
    expect(fake.read('trace_clock', true)).toBe('global\n');
    expect(fake.read('set_event_notrace_pid', true)).toMatch(/^\d+\n$/);
  });

  test('the probes are the documented ones', () => {
    const fake = new FakeTracefs();
    fake.run(scriptOf());
    expect(fake.read('dynamic_events').split('\n')[1]).toBe(
      'e:lockvet/acquire lock/lock_acquire flags=$flags:u32 map=$lockdep_addr:x64 key=+0($lockdep_addr):x64 name=+0(+24($lockdep_addr)):string outer=+32($lockdep_addr):u8 inner=+33($lockdep_addr):u8 type=+34($lockdep_addr):u8',
    );
  });

  test.each<[string, (fake: FakeTracefs) => void, Partial<RecordSettings>]>([
    ['the kernel has no dynamic events', (fake) => rmSync(path.join(fake.tracing, 'dynamic_events')), {}],
    ['the kernel refuses the probes', (fake) => fake.block(path.join(fake.tracing, 'dynamic_events')), {}],
    ['the user wants it', () => {}, { stockEvents: true }],
    [
      'the events are extended ones',
      (fake) =>
        fake.addEvent(
          fake.tracing,
          'lock/lock_acquire',
          'field:int flags;\nfield:void * lockdep_addr;\nfield:u64 key;\n',
        ),
      {},
    ],
    [
      'somebody else has probes of the name',
      (fake) => writeFileSync(path.join(fake.tracing, 'dynamic_events'), 'e:lockvet/acquire lock/lock_acquire\n'),
      {},
    ],
  ])('stock events are used where %s', (_why, prepare, changes) => {
    const fake = new FakeTracefs();
    prepare(fake);
    const before = existsSync(path.join(fake.tracing, 'dynamic_events')) ? fake.snapshot().dynamic_events : undefined;
    const outcome = fake.run(scriptOf(changes));
    expect(outcome.status).toBe(0);
    const { on } = switched(outcome);
    expect(on.slice(-2)).toEqual(['lock/lock_release', 'lock/lock_acquire']);
    expect(fake.snapshot().dynamic_events).toBe(before);
  });

  test('a probe without its event is taken back', () => {
    const fake = new FakeTracefs(false);
    const outcome = fake.run(scriptOf());
    expect(outcome.status).toBe(0);
    expect(switched(outcome).on.slice(-2)).toEqual(['lock/lock_release', 'lock/lock_acquire']);
    expect(fake.read('dynamic_events').trim().split('\n').at(-1)).toBe('-:lockvet/release');
  });

  test('only the groups that were asked for', () => {
    const fake = new FakeTracefs();
    const { on } = switched(fake.run(scriptOf({ groups: ['sched'] })));
    expect(on.filter((event) => !event.startsWith('lock'))).toEqual(['sched/sched_switch']);
  });
});

describe('whatever happens, it cleans up', () => {
  test('an event that cannot be switched on', () => {
    const fake = new FakeTracefs();
    fake.block(path.join(fake.skeleton, 'events/lock/lock_acquire/enable'));
    const outcome = fake.run(scriptOf({ stockEvents: true }));
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('could not switch lock/lock_acquire on');
    expect(fake.instances).toEqual([]);
    const { on, off } = switched(outcome);
    expect(off).toEqual([...on].reverse());
    expect(fake.read('events/irq/softirq_entry/enable', true)).toBe('0\n');
  });

  test('an output that cannot be written', () => {
    const fake = new FakeTracefs();
    const outcome = fake.run(scriptOf({ output: 'no/such/folder/trace.txt' }));
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('cannot write no/such/folder/trace.txt');
    expect(fake.instances).toEqual([]);
  });

  test.each<[NodeJS.Signals, number]>([
    ['SIGINT', 0],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s while it records: the recording is kept', async (signal, status) => {
    const fake = new FakeTracefs();
    const started = path.join(fake.tracing, 'instances/lockvet/tracing_on');
    const outcome = await fake.signal(
      scriptOf({ command: [] }),
      signal,
      () =>
        existsSync(started) &&
        readFileSync(started, 'utf8') === '1\n' &&
        existsSync(path.join(fake.work, 'trace.txt')) &&
        recorded(fake) !== '',
    );
    expect(outcome.status).toBe(status);
    expect(recorded(fake)).toBe(RECORDED);
    expect(fake.instances).toEqual([]);
    expect(fake.read('events/lockvet/acquire/enable', true)).toBe('0\n');
    expect(fake.read('dynamic_events')).toContain('-:lockvet/release');
  });

  test('a signal while a command runs is handed on to the command', async () => {
    const fake = new FakeTracefs();
    const flag = path.join(fake.work, 'running');
    const script = scriptOf({ command: ['sh', '-c', 'trap "exit 7" TERM; : > running; while :; do sleep 0.1; done'] });
    const outcome = await fake.signal(script, 'SIGINT', () => existsSync(flag));
    expect(outcome.status).toBe(7);
    expect(fake.instances).toEqual([]);
  });

  test('a pipe that nothing ever came through does not hold it up', () => {
    const fake = new FakeTracefs();
    rmSync(path.join(fake.skeleton, 'trace_pipe'));
    expect(spawnSync('mkfifo', [path.join(fake.skeleton, 'trace_pipe')]).status).toBe(0);
    const outcome = fake.run(scriptOf());
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('nothing was recorded');
    expect(fake.instances).toEqual([]);
  });

  test('an instance that it did not make is left alone', () => {
    const fake = new FakeTracefs();
    mkdirSync(path.join(fake.tracing, 'instances/lockvet'));
    const before = fake.snapshot();
    const outcome = fake.run(scriptOf());
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('another recording');
    expect(fake.snapshot()).toEqual(before);
    expect(fake.instances).toEqual(['lockvet']);
  });

  test('without instances the main buffer is given back as it was', () => {
    const fake = new FakeTracefs();
    rmSync(path.join(fake.tracing, 'instances'), { recursive: true });
    writeFileSync(path.join(fake.tracing, 'events/sched/sched_switch/enable'), '1\n');
    const before = fake.snapshot();
    const outcome = fake.run(scriptOf({ stockEvents: true, read: 'end' }));
    expect(outcome.status).toBe(0);
    expect(recorded(fake)).toContain('lock_acquire');
    expect(fake.snapshot()).toEqual({ ...before, buffer_size_kb: '7\n' });
  });
});

describe('what it is given', () => {
  const HOSTILE = [
    "it's",
    '$(touch pwned)',
    '`touch pwned`',
    '; touch pwned #',
    '"',
    '\\',
    'a\nb',
    '*',
    '',
    '-n',
    '$HOME',
    '~',
  ];

  test('a command gets its arguments unchanged, and its status is handed on', () => {
    const fake = new FakeTracefs();
    const script = scriptOf({ command: ['sh', '-c', 'printf "<%s>" "$@"; exit 5', 'arg0', ...HOSTILE] });
    const outcome = fake.run(script);
    expect(outcome.stdout).toBe(HOSTILE.map((word) => `<${word}>`).join(''));
    expect(outcome.status).toBe(5);
    expect(existsSync(path.join(fake.work, 'pwned'))).toBe(false);
  });

  test.each(["it's $(touch pwned)", '; touch pwned', '-n', '--', 'a b\nc'])('the output may be called %j', (name) => {
    const fake = new FakeTracefs();
    expect(fake.run(scriptOf({ output: name })).status).toBe(0);
    expect(recorded(fake, name)).toBe(RECORDED);
    expect(statSync(path.join(fake.work, name)).mode & 0o077).toBe(0);
    expect(existsSync(path.join(fake.work, 'pwned'))).toBe(false);
  });

  test('a command given to the script takes the place of the one in it, and reads the same input', () => {
    const fake = new FakeTracefs();
    const outcome = fake.run(scriptOf({ command: ['false'] }), ['--', 'cat'], ['sh'], 'typed by the user');
    expect(outcome.stdout).toBe('typed by the user');
    expect(outcome.status).toBe(0);
  });

  test('it may come through a pipe', () => {
    const fake = new FakeTracefs();
    const { status, stdout } = spawnSync('sh', [], {
      input: scriptOf({ command: ['sh', '-c', 'cat; echo done'] }),
      cwd: fake.work,
      env: fake.env,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toBe('done\n');
  });

  test('a time', () => {
    const fake = new FakeTracefs();
    const begun = Date.now();
    expect(fake.run(scriptOf({ command: [], duration: 1, read: 'end' })).status).toBe(0);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1000);
    expect(recorded(fake)).toBe(`# tracer: nop\n${RECORDED}`);
  });

  test('a wrong option, or a kernel without lock events, is told in one line', () => {
    const fake = new FakeTracefs();
    expect(fake.run(scriptOf(), ['--frobnicate']).status).toBe(2);
    rmSync(path.join(fake.tracing, 'events/lock'), { recursive: true });
    const outcome = fake.run(scriptOf());
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain('CONFIG_PROVE_LOCKING');
    expect(fake.instances).toEqual([]);
  });
});

describe('a dry run', () => {
  test.each([
    ['built in', scriptOf({ dryRun: true }), []],
    ['asked for', scriptOf(), ['--dry-run']],
  ])('%s, changes nothing and tells everything', (_how, script, args) => {
    const fake = new FakeTracefs();
    const before = fake.snapshot();
    const { status, stdout } = fake.run(script, args);
    expect(status).toBe(0);
    expect(fake.snapshot()).toEqual(before);
    expect(existsSync(path.join(fake.work, 'trace.txt'))).toBe(false);
    const plan = stdout.replaceAll(`${fake.tracing}/`, '').split('\n');
    expect(plan).toContain('would run: mkdir instances/lockvet');
    const at = (line: string): number => plan.findIndex((step) => step.startsWith(line));
    expect(at('would append e:lockvet/acquire ')).toBeGreaterThan(0);
    expect(at('would write 1 to instances/lockvet/events/lockvet/release/enable')).toBeLessThan(
      at('would write 1 to instances/lockvet/events/lockvet/acquire/enable'),
    );
    expect(plan).toContain('would run: true');
    expect(plan).toContain('would write 0 to instances/lockvet/events/lockvet/acquire/enable');
    expect(plan).toContain('would append -:lockvet/acquire to dynamic_events');
    expect(plan).toContain('would run: rmdir instances/lockvet');
  });
});
