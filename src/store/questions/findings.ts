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
      sql: `WITH turns AS (
          SELECT i.input_id, i.path, dense_rank() OVER (ORDER BY i.path) AS place, r.git_revision,
            row_number() OVER (PARTITION BY i.path ORDER BY i.input_id) AS turn
          FROM lv.inputs i JOIN lv.runs r USING (run_id)),
        revisions AS (
          SELECT place, git_revision, row_number() OVER () AS revision, count(*) AS judged FROM turns GROUP BY ALL),
        numbered AS (
          SELECT t.input_id, t.place, t.turn, v.revision
          FROM turns t JOIN revisions v ON v.place = t.place AND v.git_revision IS NOT DISTINCT FROM t.git_revision),
        seen AS (
          SELECT f.fingerprint, n.place, n.revision, count(*) AS found, min(n.turn) AS first, max(n.turn) AS last
          FROM (SELECT DISTINCT fingerprint, input_id FROM lv.findings) f JOIN numbered n USING (input_id) GROUP BY ALL),
        spans AS (
          SELECT s.fingerprint, s.place, sum(s.found)::BIGINT AS found,
            max(s.last) - min(s.first) + 1 - sum(s.found)::BIGINT AS missed,
            count(*) FILTER (v.git_revision IS NOT NULL AND s.found < v.judged) AS torn
          FROM seen s JOIN revisions v USING (revision) GROUP BY s.fingerprint, s.place)
        SELECT p.fingerprint, f.rule, f.message, t.path AS input, p.found AS "runs with it",
          p.missed AS "runs without it in between", p.torn AS "revisions with and without it"
        FROM spans p JOIN (SELECT DISTINCT place, path FROM turns) t USING (place)
          JOIN (SELECT fingerprint, arg_max(rule, finding_id) AS rule, arg_max(message, finding_id) AS message
            FROM lv.findings GROUP BY fingerprint) f USING (fingerprint)
        WHERE p.missed > 0 OR p.torn > 0
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
      // Lists are sorted by function: aggregates that sort take ten times as long over thousands of runs.
      sql: `WITH met AS (
          SELECT run_id, array_to_string(list_sort(list_distinct(list(path))), ', ') AS inputs,
            nullif(array_to_string(list_sort(list_distinct(list(kernel))), ', '), '') AS kernel
          FROM lv.inputs GROUP BY run_id),
        stood AS (
          SELECT run_id, count(*) FILTER (state = 'new') AS new, count(*) FILTER (state = 'known') AS known,
            count(*) FILTER (state = 'suppressed') AS suppressed
          FROM lv.findings GROUP BY run_id)
        SELECT r.run_id AS run, r.time, r.command, m.inputs, m.kernel, r.git_revision AS revision, r.policy,
          coalesce(s.new, 0) AS new, coalesce(s.known, 0) AS known, coalesce(s.suppressed, 0) AS suppressed
        FROM lv.runs r LEFT JOIN met m USING (run_id) LEFT JOIN stood s USING (run_id) ORDER BY r.run_id DESC`,
    };
  },
};
