/**
 * Version 2: what inputs showed of locks. Rows of one input lie together, so a question about a run reads little; what is asked over
 * all runs is kept added up in lv.held_pairs.
 *
 * dependency: 0 a direct one, 1 one over locks taken by trylock, 2 none of its own: the lock was held further out, or one of the two was
 * taken in a way on which nothing depends.
 */
export const SECOND = `
CREATE TABLE lv.classes (
  class_id INTEGER NOT NULL,
  name VARCHAR NOT NULL,
  stable_name VARCHAR NOT NULL,
  subclass INTEGER NOT NULL,
  wait_outer TINYINT NOT NULL,
  wait_inner TINYINT NOT NULL
);
CREATE TABLE lv.sites (site_id INTEGER NOT NULL, site VARCHAR NOT NULL);
CREATE TABLE lv.class_facts (
  input_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  key VARCHAR,
  usage VARCHAR NOT NULL,
  acquisitions BIGINT NOT NULL
);
CREATE TABLE lv.dependencies (
  input_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  from_id INTEGER NOT NULL,
  to_id INTEGER NOT NULL,
  kinds VARCHAR NOT NULL,
  count BIGINT NOT NULL,
  direct BOOLEAN NOT NULL,
  closes_cycle BOOLEAN NOT NULL,
  held VARCHAR NOT NULL,
  taken VARCHAR NOT NULL
);
CREATE TABLE lv.chains (
  input_id INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  read TINYINT NOT NULL,
  trylock BOOLEAN NOT NULL,
  checked BOOLEAN NOT NULL,
  hits BIGINT NOT NULL
);
CREATE TABLE lv.held_contexts (
  input_id INTEGER NOT NULL,
  from_id INTEGER NOT NULL,
  to_id INTEGER NOT NULL,
  context TINYINT NOT NULL,
  dependency TINYINT NOT NULL,
  count BIGINT NOT NULL
);
CREATE TABLE lv.held_pairs (
  from_id INTEGER NOT NULL,
  to_id INTEGER NOT NULL,
  context TINYINT NOT NULL,
  dependency TINYINT NOT NULL,
  count BIGINT NOT NULL,
  inputs INTEGER NOT NULL,
  first_input INTEGER NOT NULL,
  last_input INTEGER NOT NULL
);
CREATE TABLE lv.acquisitions (
  input_id INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  site_id INTEGER NOT NULL,
  context TINYINT NOT NULL,
  count BIGINT NOT NULL
);
CREATE TABLE lv.allocations (
  input_id INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  event_id INTEGER NOT NULL,
  site_id INTEGER NOT NULL,
  is_free BOOLEAN NOT NULL,
  gfp_id INTEGER,
  alloc_order TINYINT,
  context TINYINT NOT NULL,
  count BIGINT NOT NULL
);
CREATE TABLE lv.lock_times (
  input_id INTEGER NOT NULL,
  class_id INTEGER NOT NULL,
  shared BOOLEAN NOT NULL,
  acquisitions BIGINT NOT NULL,
  contentions BIGINT NOT NULL,
  hold_count BIGINT, hold_total DOUBLE, hold_min DOUBLE, hold_median DOUBLE, hold_p99 DOUBLE, hold_max DOUBLE, hold_longest VARCHAR,
  wait_count BIGINT, wait_total DOUBLE, wait_min DOUBLE, wait_median DOUBLE, wait_p99 DOUBLE, wait_max DOUBLE, wait_longest VARCHAR
);
CREATE MACRO lock_kind(wait_outer, wait_inner) AS
  CASE WHEN wait_outer = 1 AND wait_inner > 1 THEN 'rcu_read_lock'
    WHEN wait_inner = 1 THEN 'lockless' WHEN wait_inner = 2 THEN 'raw_spinlock_t' WHEN wait_inner = 3 THEN 'spinlock_t'
    WHEN wait_inner = 4 THEN 'sleeping lock' ELSE 'unknown' END;
CREATE MACRO running(context) AS
  CASE WHEN context & 4 != 0 THEN 'nmi' WHEN context & 2 != 0 THEN 'hardirq' WHEN context & 1 != 0 THEN 'softirq' ELSE 'task' END;
CREATE MACRO hardirqs(context) AS
  CASE WHEN context & 16 = 0 THEN 'unknown' WHEN context & 8 != 0 THEN 'off' ELSE 'on' END;
CREATE MACRO softirqs(context) AS CASE WHEN context & 32 != 0 THEN 'on' ELSE 'off or unknown' END;
CREATE MACRO dependency_word(dependency) AS
  CASE dependency WHEN 0 THEN 'direct' WHEN 1 THEN 'over trylock' ELSE 'none' END;
CREATE VIEW classes AS
  SELECT class_id AS class, name, stable_name, subclass, wait_outer, wait_inner, lock_kind(wait_outer, wait_inner) AS kind FROM lv.classes;
CREATE VIEW class_usage AS
  SELECT i.run_id AS run, i.input_id AS input, c.name AS class, lock_kind(c.wait_outer, c.wait_inner) AS kind, f.usage, f.key, f.acquisitions
  FROM lv.class_facts f JOIN lv.classes c USING (class_id) JOIN lv.inputs i USING (input_id);
CREATE VIEW dependencies AS
  SELECT i.run_id AS run, i.input_id AS input, a.name AS "from", b.name AS "to", string_split(d.kinds, ' ') AS kinds, d.count, d.direct,
    d.closes_cycle, d.held ->> '$.function' AS held_at, d.taken ->> '$.function' AS taken_at
  FROM lv.dependencies d JOIN lv.classes a ON a.class_id = d.from_id JOIN lv.classes b ON b.class_id = d.to_id
    JOIN lv.inputs i USING (input_id);
CREATE VIEW chains AS
  SELECT i.run_id AS run, i.input_id AS input, h.chain, h.parent, c.name AS class, h.depth,
    CASE h.read WHEN 0 THEN 'exclusive' WHEN 1 THEN 'shared' ELSE 'shared, recursive' END AS access, h.trylock, h.checked, h.hits
  FROM lv.chains h JOIN lv.classes c USING (class_id) JOIN lv.inputs i USING (input_id);
CREATE VIEW held_contexts AS
  SELECT i.run_id AS run, i.input_id AS input, a.name AS held, lock_kind(a.wait_outer, a.wait_inner) AS held_kind, b.name AS taken,
    lock_kind(b.wait_outer, b.wait_inner) AS taken_kind, dependency_word(h.dependency) AS dependency, running(h.context) AS running,
    hardirqs(h.context) AS hardirqs, softirqs(h.context) AS softirqs, h.count
  FROM lv.held_contexts h JOIN lv.classes a ON a.class_id = h.from_id JOIN lv.classes b ON b.class_id = h.to_id
    JOIN lv.inputs i USING (input_id);
CREATE VIEW held_pairs AS
  SELECT a.name AS held, lock_kind(a.wait_outer, a.wait_inner) AS held_kind, b.name AS taken,
    lock_kind(b.wait_outer, b.wait_inner) AS taken_kind, dependency_word(h.dependency) AS dependency, running(h.context) AS running,
    hardirqs(h.context) AS hardirqs, softirqs(h.context) AS softirqs, h.count, h.inputs, f.run_id AS first_run, l.run_id AS last_run
  FROM lv.held_pairs h JOIN lv.classes a ON a.class_id = h.from_id JOIN lv.classes b ON b.class_id = h.to_id
    JOIN lv.inputs f ON f.input_id = h.first_input JOIN lv.inputs l ON l.input_id = h.last_input;
CREATE VIEW acquisitions AS
  SELECT i.run_id AS run, i.input_id AS input, c.name AS class, s.site AS "function", running(a.context) AS running, hardirqs(a.context) AS hardirqs,
    softirqs(a.context) AS softirqs, a.count
  FROM lv.acquisitions a JOIN lv.classes c USING (class_id) JOIN lv.sites s USING (site_id) JOIN lv.inputs i USING (input_id);
CREATE VIEW allocations AS
  SELECT i.run_id AS run, i.input_id AS input, c.name AS held, e.site AS event, s.site AS "function", CASE WHEN a.is_free THEN 'free' ELSE 'alloc' END AS what,
    g.site AS gfp, a.alloc_order, running(a.context) AS running, hardirqs(a.context) AS hardirqs, softirqs(a.context) AS softirqs, a.count
  FROM lv.allocations a JOIN lv.classes c USING (class_id) JOIN lv.sites s USING (site_id)
    JOIN lv.sites e ON e.site_id = a.event_id LEFT JOIN lv.sites g ON g.site_id = a.gfp_id JOIN lv.inputs i USING (input_id);
CREATE VIEW lock_times AS
  SELECT i.run_id AS run, i.input_id AS input, c.name AS class, CASE WHEN t.shared THEN 'shared' ELSE 'exclusive' END AS access, i.unit,
    t.acquisitions, t.contentions, hold_count, hold_total, hold_min, hold_median, hold_p99, hold_max, hold_longest ->> '$.function' AS hold_longest_at,
    wait_count, wait_total, wait_min, wait_median, wait_p99, wait_max, wait_longest ->> '$.function' AS wait_longest_at
  FROM lv.lock_times t JOIN lv.classes c USING (class_id) JOIN lv.inputs i USING (input_id);
`;
