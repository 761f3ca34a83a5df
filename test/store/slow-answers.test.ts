import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Inquiry, QUESTIONS } from '../../src/store/index.js';
import { openDatabase } from '../../src/store/open.js';

const INPUTS = 60;
const NOTHING = { words: [], run: undefined, since: undefined, under: undefined, rule: undefined, lock: undefined };
const pick = (expression: string, below: number): string => `((hash(${expression}) >> 24) % ${below})::INTEGER`;

/** Runs of one to three inputs of four paths at five revisions or none, with findings that come and go. */
const FILL = [
  `INSERT INTO lv.runs SELECT i + 1, 'lint', TIMESTAMP '2030-01-01' + to_minutes(i), '0.1.0',
    CASE WHEN ${pick("i, 'none'", 4)} > 0 THEN 'revision ' || (i // 5) END, 'strict' FROM range(30) t(i)`,
  `INSERT INTO lv.inputs SELECT i + 1, i // 2 + 1, i % 2, 'boot-' || ${pick("i, 'path'", 4)}, 'trace.dat', 'clean',
    CASE WHEN ${pick("i, 'kernel'", 3)} > 0 THEN '6.' || ${pick("i, 'k'", 3)} END, 1, 1, 1, 1, 1, 1, 'ns' FROM range(${INPUTS}) t(i)`,
  `INSERT INTO lv.findings SELECT i * 9 + f + 1, i + 1, i // 2 + 1, f, 'fingerprint ' || f, 'rule ' || f, 'error', 'certain', 'message ' || f,
    ['a'], NULL, NULL, NULL, NULL, NULL, NULL, 1, ['new', 'known', 'suppressed'][1 + ${pick("i, f, 'state'", 3)}], NULL, NULL, NULL, NULL, NULL, NULL
    FROM range(${INPUTS}) t(i), range(9) u(f) WHERE ${pick('i, f', 9)} >= f`,
];

/** The same questions, asked row by row. */
const SLOW: Readonly<Record<string, string>> = {
  runs: `SELECT r.run_id AS run, r.time, r.command,
      (SELECT string_agg(DISTINCT path, ', ' ORDER BY path) FROM lv.inputs i WHERE i.run_id = r.run_id) AS inputs,
      (SELECT string_agg(DISTINCT kernel, ', ' ORDER BY kernel) FROM lv.inputs i WHERE i.run_id = r.run_id) AS kernel,
      r.git_revision AS revision, r.policy,
      (SELECT count(*) FROM lv.findings f WHERE f.run_id = r.run_id AND state = 'new') AS new,
      (SELECT count(*) FROM lv.findings f WHERE f.run_id = r.run_id AND state = 'known') AS known,
      (SELECT count(*) FROM lv.findings f WHERE f.run_id = r.run_id AND state = 'suppressed') AS suppressed
    FROM lv.runs r ORDER BY r.run_id DESC`,
  flaky: `WITH seen AS (SELECT DISTINCT f.fingerprint, f.rule, f.message, i.path, i.input_id, r.git_revision
        FROM lv.findings f JOIN lv.inputs i USING (input_id) JOIN lv.runs r ON r.run_id = i.run_id),
      asked AS (SELECT fingerprint, rule, message, path, count(*) AS found,
          (SELECT count(*) FROM lv.inputs i WHERE i.path = s.path AND i.input_id BETWEEN min(s.input_id) AND max(s.input_id)) - count(*) AS missed,
          (SELECT count(*) FROM (SELECT DISTINCT git_revision FROM lv.runs WHERE git_revision IS NOT NULL) v
            WHERE EXISTS (FROM seen o WHERE o.fingerprint = s.fingerprint AND o.path = s.path AND o.git_revision = v.git_revision)
            AND EXISTS (FROM lv.inputs i JOIN lv.runs r USING (run_id) WHERE i.path = s.path AND r.git_revision = v.git_revision
              AND NOT EXISTS (FROM seen o WHERE o.fingerprint = s.fingerprint AND o.input_id = i.input_id))) AS torn
        FROM seen s GROUP BY fingerprint, rule, message, path)
    SELECT fingerprint, rule, message, path AS input, found AS "runs with it", missed AS "runs without it in between",
      torn AS "revisions with and without it"
    FROM asked WHERE missed > 0 OR torn > 0 ORDER BY missed DESC, fingerprint, input`,
};

let folder = '';
let inquiry: Inquiry;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockvet-slow-'));
  const file = path.join(folder, 'lockvet.db');
  const { connection, close } = await openDatabase(file, { access: 'write', waitSeconds: 0 });
  for (const sql of FILL) await connection.run(sql);
  close();
  inquiry = await Inquiry.open(file, { waitSeconds: 0 });
});
afterAll(() => {
  inquiry.close();
  rmSync(folder, { recursive: true });
});

describe('a question over thousands of runs', () => {
  it.each(Object.keys(SLOW))('is answered as if it were asked row by row: %s', async (name) => {
    const question = QUESTIONS.find((one) => one.name === name);
    if (question === undefined) throw new Error(name);
    const fast = await inquiry.ask(question, NOTHING);
    const slow = await inquiry.sql(SLOW[name] ?? '');
    expect(fast.columns).toEqual(slow.columns);
    expect(fast.rows).toEqual(slow.rows);
    expect(fast.rows.length).toBeGreaterThan(8);
  });
});
