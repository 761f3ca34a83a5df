import { checkRun, fingerprintOf } from './names.js';
import type { Question } from './question.js';

/** One row a finding, over the runs that it was in; the words are those of the last one. */
const FINDING_ROW = `f.fingerprint, arg_max(f.severity, f.finding_id) AS severity, arg_max(f.rule, f.finding_id) AS rule,
  arg_max(f.message, f.finding_id) AS message, arg_max(f.state, f.finding_id) AS state, count(DISTINCT f.run_id) AS runs,
  min(f.run_id) AS "first run", max(f.run_id) AS "last run"`;

export const findings: Question = {
  name: 'findings',
  words: '',
  summary: 'what was found, of a rule or about a lock',
  options: ['rule', 'lock', 'run'],
  async query(connection, { rule, lock, run }) {
    if (run !== undefined) await checkRun(connection, run);
    const conditions = [
      rule === undefined ? undefined : 'f.rule = $rule',
      lock === undefined ? undefined : 'list_contains(f.locks, $lock)',
      run === undefined ? undefined : 'f.run_id = $run',
    ].filter((condition) => condition !== undefined);
    return {
      sql: `SELECT ${FINDING_ROW} FROM lv.findings f WHERE ${conditions.join(' AND ') || 'true'}
        GROUP BY f.fingerprint ORDER BY "last run" DESC, severity, rule, f.fingerprint`,
      values: {
        ...(rule !== undefined && { rule }),
        ...(lock !== undefined && { lock }),
        ...(run !== undefined && { run }),
      },
    };
  },
};

export const fresh: Question = {
  name: 'new',
  words: '',
  summary: 'what was found after a run for the first time',
  options: ['since!'],
  async query(connection, { since = 0 }) {
    await checkRun(connection, since);
    return {
      sql: `SELECT ${FINDING_ROW} FROM lv.findings f
        GROUP BY f.fingerprint HAVING min(f.run_id) > $since ORDER BY "first run", severity, rule, f.fingerprint`,
      values: { since },
    };
  },
};

/** Inputs of one path, counted in the order of runs. */
const TURNS = `turns AS (
  SELECT input_id, run_id, path, row_number() OVER (PARTITION BY path ORDER BY input_id) AS turn FROM lv.inputs)`;

export const flaky: Question = {
  name: 'flaky',
  words: '',
  summary: 'what was found in an input, then not, then again; or both at one revision',
  options: [],
  async query() {
    return {
      sql: `WITH ${TURNS},
        seen AS (
          SELECT DISTINCT f.fingerprint, t.path, t.turn, t.input_id, f.run_id FROM lv.findings f JOIN turns t USING (input_id)),
        spans AS (
          SELECT fingerprint, path, count(*) AS found, max(turn) - min(turn) + 1 - count(*) AS missed FROM seen GROUP BY ALL),
        revisions AS (
          SELECT t.path, r.git_revision, count(*) AS judged FROM turns t JOIN lv.runs r USING (run_id)
          WHERE r.git_revision IS NOT NULL GROUP BY ALL),
        mixed AS (
          SELECT s.fingerprint, s.path, count(*) AS found, any_value(v.judged) AS judged
          FROM seen s JOIN lv.runs r USING (run_id) JOIN revisions v ON v.path = s.path AND v.git_revision = r.git_revision
          GROUP BY s.fingerprint, s.path, v.git_revision HAVING count(*) < any_value(v.judged)),
        torn AS (SELECT fingerprint, path, count(*) AS revisions FROM mixed GROUP BY ALL)
        SELECT p.fingerprint, any_value(f.rule) AS rule, any_value(f.message) AS message, p.path AS input, p.found AS "runs with it",
          p.missed AS "runs without it in between", coalesce(t.revisions, 0) AS "revisions with and without it"
        FROM spans p LEFT JOIN torn t ON t.fingerprint = p.fingerprint AND t.path = p.path
          JOIN (SELECT fingerprint, any_value(rule) AS rule, any_value(message) AS message FROM lv.findings GROUP BY fingerprint) f
            ON f.fingerprint = p.fingerprint
        WHERE p.missed > 0 OR t.revisions > 0
        GROUP BY p.fingerprint, p.path, p.found, p.missed, t.revisions
        ORDER BY "runs without it in between" DESC, p.fingerprint, input`,
    };
  },
};

export const history: Question = {
  name: 'history',
  words: 'FINGERPRINT',
  summary: 'how a finding stood from run to run: new, known, suppressed, gone',
  options: [],
  names: 'fingerprint',
  async query(connection, { words: [given = ''] }) {
    const fingerprint = await fingerprintOf(connection, given);
    return {
      sql: `WITH ${TURNS},
        found AS (
          SELECT f.input_id, any_value(f.state) AS state, sum(f.count)::BIGINT AS count, any_value(f.reason) AS reason
          FROM lv.findings f WHERE f.fingerprint = $fingerprint GROUP BY f.input_id),
        since AS (SELECT t.path, min(t.turn) AS turn FROM found f JOIN turns t USING (input_id) GROUP BY t.path),
        stands AS (
          SELECT t.path, t.turn, t.run_id, coalesce(f.state, 'gone') AS state, f.count, f.reason,
            CASE WHEN lag(coalesce(f.state, 'gone')) OVER (PARTITION BY t.path ORDER BY t.turn) IS DISTINCT FROM coalesce(f.state, 'gone')
              THEN 1 ELSE 0 END AS changes
          FROM turns t JOIN since s ON s.path = t.path AND t.turn >= s.turn LEFT JOIN found f ON f.input_id = t.input_id),
        spells AS (SELECT *, sum(changes) OVER (PARTITION BY path ORDER BY turn) AS spell FROM stands)
        SELECT path AS input, any_value(state) AS state, min(run_id) AS "from run", max(run_id) AS "to run", count(*) AS runs,
          arg_min(r.time, turn) AS since, arg_min(r.git_revision, turn) AS revision, max(count) AS occurrences,
          arg_max(reason, turn) AS reason
        FROM spells JOIN lv.runs r USING (run_id) GROUP BY path, spell ORDER BY "from run", input`,
      values: { fingerprint },
      notes: [fingerprint === given ? '' : `fingerprint ${fingerprint}`].filter((note) => note !== ''),
    };
  },
};

export const runs: Question = {
  name: 'runs',
  words: '',
  summary: 'the runs that are stored',
  options: [],
  async query() {
    return {
      sql: `SELECT r.run_id AS run, r.time, r.command, string_agg(DISTINCT i.path, ', ' ORDER BY i.path) AS inputs,
          string_agg(DISTINCT i.kernel, ', ' ORDER BY i.kernel) AS kernel, r.git_revision AS revision, r.policy,
          coalesce(any_value(f.new), 0) AS new, coalesce(any_value(f.known), 0) AS known, coalesce(any_value(f.suppressed), 0) AS suppressed
        FROM lv.runs r LEFT JOIN lv.inputs i USING (run_id) LEFT JOIN (
          SELECT run_id, count(*) FILTER (state = 'new') AS new, count(*) FILTER (state = 'known') AS known,
            count(*) FILTER (state = 'suppressed') AS suppressed FROM lv.findings GROUP BY run_id) f USING (run_id)
        GROUP BY r.run_id, r.time, r.command, r.git_revision, r.policy ORDER BY r.run_id DESC`,
    };
  },
};
