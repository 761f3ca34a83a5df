/**
 * Version 1: what was judged and what was found. Tables live in the schema `lv`, which is nobody's business; users ask the views,
 * whose names and columns stay.
 */
export const FIRST = `
CREATE TABLE lv.runs (
  run_id INTEGER NOT NULL,
  command VARCHAR NOT NULL,
  time TIMESTAMP NOT NULL,
  lockvet_version VARCHAR NOT NULL,
  git_revision VARCHAR,
  policy VARCHAR
);
CREATE TABLE lv.inputs (
  input_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  path VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  verdict VARCHAR NOT NULL,
  kernel VARCHAR,
  events BIGINT NOT NULL,
  classes BIGINT NOT NULL,
  dependencies BIGINT NOT NULL,
  chains BIGINT NOT NULL,
  schedules BIGINT NOT NULL,
  functions BIGINT NOT NULL,
  unit VARCHAR
);
CREATE TABLE lv.notes (input_id INTEGER NOT NULL, position INTEGER NOT NULL, note VARCHAR NOT NULL);
CREATE TABLE lv.findings (
  finding_id BIGINT NOT NULL,
  input_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  fingerprint VARCHAR NOT NULL,
  rule VARCHAR NOT NULL,
  severity VARCHAR NOT NULL,
  confidence VARCHAR NOT NULL,
  message VARCHAR NOT NULL,
  locks VARCHAR[] NOT NULL,
  file VARCHAR,
  line BIGINT,
  "function" VARCHAR,
  task VARCHAR,
  cpu INTEGER,
  time DOUBLE,
  count BIGINT NOT NULL,
  state VARCHAR NOT NULL,
  reason VARCHAR,
  expires VARCHAR,
  suppressed_by VARCHAR,
  suppressed_at VARCHAR,
  advice VARCHAR,
  detail VARCHAR
);
CREATE TABLE lv.evidence (
  finding_id BIGINT NOT NULL,
  position INTEGER NOT NULL,
  what VARCHAR NOT NULL,
  file VARCHAR,
  line BIGINT,
  "function" VARCHAR,
  task VARCHAR,
  cpu INTEGER,
  time DOUBLE
);
CREATE VIEW runs AS
  SELECT run_id AS run, command, time, lockvet_version, git_revision, policy FROM lv.runs;
CREATE VIEW inputs AS
  SELECT i.run_id AS run, i.input_id AS input, path, kind, verdict, kernel, r.git_revision, r.time AS judged,
    events, classes, dependencies, chains, schedules, functions
  FROM lv.inputs i JOIN lv.runs r USING (run_id);
CREATE VIEW findings AS
  SELECT f.run_id AS run, f.input_id AS input, f.finding_id AS finding, i.path AS input_path, fingerprint, rule, severity, confidence,
    state, message, locks, file, line, "function", task, cpu, f.time, count, reason, expires, suppressed_by, suppressed_at, advice
  FROM lv.findings f JOIN lv.inputs i USING (input_id);
CREATE VIEW evidence AS
  SELECT finding_id AS finding, position AS step, what, file, line, "function", task, cpu, time FROM lv.evidence;
`;
