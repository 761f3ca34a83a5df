import type { DuckDBConnection } from '@duckdb/node-api';
import { select } from '../rows.js';
import { choose } from './names.js';
import type { Question } from './question.js';

/** Rows of one run: its inputs have numbers in a row, and rows lie in the order of inputs. */
function ofRun(run: number | undefined): string {
  if (run === undefined) return '';
  const inputs = (which: string): string => `(SELECT ${which}(input_id) FROM lv.inputs WHERE run_id = $run)`;
  return ` AND input_id BETWEEN ${inputs('min')} AND ${inputs('max')}`;
}

const runValue = (run: number | undefined) => (run === undefined ? {} : { run });

const RUN_OF = (input: string): string => `(SELECT run_id FROM lv.inputs i WHERE i.input_id = ${input})`;

const CONTEXTS = "string_agg(DISTINCT running(context), ', ' ORDER BY running(context))";

export const heldUnder: Question = {
  name: 'held-under',
  words: 'CLASS|KIND',
  summary: 'locks that were taken while such a lock was held, e.g. raw_spinlock_t',
  options: ['run'],
  names: 'class',
  async query(connection, { words: [given = ''], run }) {
    const { ids, value } = await choose(connection, given, 'held');
    const source =
      run === undefined
        ? `SELECT from_id, to_id, context, dependency, count, last_input FROM lv.held_pairs WHERE from_id IN (${ids})`
        : `SELECT from_id, to_id, context, dependency, count, input_id AS last_input FROM lv.held_contexts
          WHERE from_id IN (${ids})${ofRun(run)}`;
    return {
      // Numbers first: names are looked up for what is left.
      sql: `WITH under AS (${source}),
        summed AS (
          SELECT to_id, arg_max(from_id, count) AS holder, count(DISTINCT from_id) AS holders, sum(count)::BIGINT AS times,
            list(DISTINCT context) AS contexts, max(last_input) AS last_input
          FROM under GROUP BY to_id)
        SELECT t.name AS taken, lock_kind(t.wait_outer, t.wait_inner) AS kind, h.name AS "mostly under", s.holders, s.times,
          array_to_string(list_sort(list_distinct(list_transform(s.contexts, lambda one: running(one)))), ', ') AS "in",
          i.run_id AS "last run"
        FROM summed s JOIN lv.classes t ON t.class_id = s.to_id JOIN lv.classes h ON h.class_id = s.holder
          JOIN lv.inputs i ON i.input_id = s.last_input
        ORDER BY s.times DESC, taken`,
      values: { held: value, ...runValue(run) },
    };
  },
};

export const whoTakes: Question = {
  name: 'who-takes',
  words: 'CLASS|KIND',
  summary: 'functions that took such a lock, and in which context',
  options: ['run'],
  names: 'class',
  async query(connection, { words: [given = ''], run }) {
    const { ids, value } = await choose(connection, given, 'taken');
    return {
      sql: `SELECT coalesce(nullif(s.site, ''), '(unknown)') AS "function", c.name AS class, running(a.context) AS "in",
          hardirqs(a.context) AS interrupts, softirqs(a.context) AS softirqs, sum(a.count)::BIGINT AS times,
          count(DISTINCT a.input_id) AS inputs, ${RUN_OF('max(a.input_id)')} AS "last run"
        FROM lv.acquisitions a JOIN lv.classes c USING (class_id) JOIN lv.sites s USING (site_id)
        WHERE a.class_id IN (${ids})${ofRun(run)}
        GROUP BY ALL ORDER BY times DESC, "function", class, "in", interrupts, softirqs`,
      values: { taken: value, ...runValue(run) },
    };
  },
};

export const allocs: Question = {
  name: 'allocs',
  words: '',
  summary: 'allocations and frees while such a lock was held',
  options: ['under!', 'run'],
  async query(connection, { under = '', run }) {
    const { ids, value } = await choose(connection, under, 'held');
    return {
      sql: `SELECT e.site AS event, coalesce(nullif(s.site, ''), '(unknown)') AS "function", g.site AS gfp, a.alloc_order AS "order",
          c.name AS under, running(a.context) AS "in", hardirqs(a.context) AS interrupts, sum(a.count)::BIGINT AS times,
          count(DISTINCT a.input_id) AS inputs, ${RUN_OF('max(a.input_id)')} AS "last run"
        FROM lv.allocations a JOIN lv.classes c USING (class_id) JOIN lv.sites s USING (site_id)
          JOIN lv.sites e ON e.site_id = a.event_id LEFT JOIN lv.sites g ON g.site_id = a.gfp_id
        WHERE a.class_id IN (${ids})${ofRun(run)}
        GROUP BY ALL ORDER BY times DESC, event, "function", gfp, "order", under, "in", interrupts`,
      values: { held: value, ...runValue(run) },
    };
  },
};

export const contended: Question = {
  name: 'contended',
  words: '',
  summary: 'locks that were waited for, most often first',
  options: ['run'],
  async query(_connection, { run }) {
    return {
      sql: `WITH times AS (
          SELECT class_id, shared, i.unit, sum(t.contentions)::BIGINT AS contended, sum(t.acquisitions)::BIGINT AS acquired,
            sum(wait_total) AS wait_total, max(wait_max) AS wait_max, max(hold_max) AS hold_max, arg_max(hold_longest, hold_max) AS longest,
            count(*) AS inputs
          FROM lv.lock_times t JOIN lv.inputs i USING (input_id)
          WHERE t.contentions > 0${ofRun(run).replace('input_id', 't.input_id')} GROUP BY ALL)
        SELECT c.name AS class, CASE WHEN shared THEN 'shared' ELSE 'exclusive' END AS access, contended, acquired,
          round(100 * contended / acquired, 2) AS percent, wait_total, wait_max, hold_max, unit,
          longest ->> '$.function' AS "longest held from", inputs
        FROM times JOIN lv.classes c USING (class_id) ORDER BY contended DESC, class, access`,
      values: runValue(run),
      notes: ['only recordings with lock_contended events tell of contention'],
    };
  },
};

/** Usage characters of lockdep by position: hardirq, hardirq read, softirq, softirq read. */
const state = (first: number): string => {
  const used = (characters: string): string =>
    [first, first + 1].map((at) => `bool_or(contains('${characters}', substr(f.usage, ${at}, 1)))`).join(' OR ');
  return `CASE WHEN (${used('?')}) OR ((${used('-')}) AND (${used('+')})) THEN 'both' WHEN ${used('+')} THEN 'unsafe'
    WHEN ${used('-')} THEN 'safe' ELSE 'never' END`;
};

export const irqUnsafe: Question = {
  name: 'irq-unsafe',
  words: '',
  summary:
    'spinning locks that were held with interrupts or softirqs on, and how many irq-safe locks they were taken under',
  options: ['run'],
  async query(_connection, { run }) {
    const usages =
      run === undefined
        ? 'SELECT class_id, usage, last_input AS input_id FROM lv.usage_totals'
        : `SELECT class_id, usage, input_id FROM lv.class_facts WHERE true${ofRun(run)}`;
    return {
      sql: `WITH used AS (
          SELECT class_id, ${state(1)} AS hardirq, ${state(3)} AS softirq, max(f.input_id) AS last_input
          FROM (${usages}) f GROUP BY class_id),
        named AS (
          SELECT u.*, c.name, lock_kind(c.wait_outer, c.wait_inner) AS kind FROM used u JOIN lv.classes c USING (class_id)),
        taken AS (
          SELECT p.to_id, count(DISTINCT p.from_id) FILTER (s.hardirq IN ('safe', 'both')) AS hardirq_safe,
            count(DISTINCT p.from_id) FILTER (s.softirq IN ('safe', 'both')) AS softirq_safe
          FROM lv.held_pairs p JOIN named s ON s.class_id = p.from_id WHERE p.dependency < 2 GROUP BY p.to_id)
        SELECT n.name AS class, n.kind, n.hardirq, n.softirq, coalesce(t.hardirq_safe, 0) AS "under hardirq-safe",
          coalesce(t.softirq_safe, 0) AS "under softirq-safe", ${RUN_OF('n.last_input')} AS "last run"
        FROM named n LEFT JOIN taken t ON t.to_id = n.class_id
        WHERE n.kind IN ('raw_spinlock_t', 'spinlock_t') AND (n.hardirq IN ('unsafe', 'both') OR n.softirq IN ('unsafe', 'both'))
        ORDER BY (n.hardirq = 'both') DESC, (n.softirq = 'both') DESC,
          CASE WHEN n.hardirq = 'unsafe' THEN "under hardirq-safe" ELSE 0 END DESC,
          CASE WHEN n.softirq = 'unsafe' THEN "under softirq-safe" ELSE 0 END DESC, class`,
      values: runValue(run),
    };
  },
};

export const path: Question = {
  name: 'path',
  words: 'A B',
  summary: 'a shortest way from one lock class to another along dependencies',
  options: [],
  names: 'class',
  async query(connection, { words: [from = '', to = ''] }) {
    const start = await numbers(connection, from);
    const goal = new Set(await numbers(connection, to));
    const steps = await shortest(connection, start, goal);
    if (steps.length === 0) {
      const note = start.some((id) => goal.has(id))
        ? `${from} and ${to} are one class`
        : `no way from ${from} to ${to} is known`;
      return { sql: `${PATH_ROW} WHERE false GROUP BY a.name, b.name`, notes: [note] };
    }
    const list = steps.map(([held, taken], at) => `(${at}, ${held}, ${taken})`).join(', ');
    return {
      sql: `${PATH_ROW} JOIN (VALUES ${list}) AS w(step, from_id, to_id) ON w.from_id = p.from_id AND w.to_id = p.to_id
        WHERE p.dependency < 2 GROUP BY w.step, a.name, b.name ORDER BY w.step`,
    };
  },
};

const PATH_ROW = `SELECT a.name AS held, b.name AS taken, min(dependency_word(p.dependency)) AS dependency,
    sum(p.count)::BIGINT AS times, ${CONTEXTS} AS "in", ${RUN_OF('min(p.first_input)')} AS "first run",
    ${RUN_OF('max(p.last_input)')} AS "last run"
  FROM lv.held_pairs p JOIN lv.classes a ON a.class_id = p.from_id JOIN lv.classes b ON b.class_id = p.to_id`;

async function numbers(connection: DuckDBConnection, given: string): Promise<number[]> {
  const { ids, value } = await choose(connection, given, 'name');
  return (await select(connection, `${ids} ORDER BY class_id`, { name: value })).map((row) => Number(row.class_id));
}

/** Breadth first, a query a level: only the dependencies of the rim are read. */
async function shortest(
  connection: DuckDBConnection,
  start: readonly number[],
  goal: ReadonlySet<number>,
): Promise<(readonly [from: number, to: number])[]> {
  const before = new Map<number, number>(start.map((id) => [id, 0]));
  let rim = start;
  while (rim.length > 0 && !start.some((id) => goal.has(id))) {
    const rows = await select(
      connection,
      `SELECT DISTINCT from_id, to_id FROM lv.held_pairs
      WHERE dependency < 2 AND from_id IN (${rim.join(', ')}) ORDER BY from_id, to_id`,
    );
    const next: number[] = [];
    for (const row of rows) {
      const to = Number(row.to_id);
      if (before.has(to)) continue;
      before.set(to, Number(row.from_id));
      if (goal.has(to)) return wayTo(to, before);
      next.push(to);
    }
    rim = next;
  }
  return [];
}

function wayTo(goal: number, before: ReadonlyMap<number, number>): (readonly [number, number])[] {
  const steps: (readonly [number, number])[] = [];
  for (let to = goal, from = before.get(to) ?? 0; from !== 0; to = from, from = before.get(to) ?? 0)
    steps.push([from, to]);
  return steps.reverse();
}
