/**
 * How long each canned question takes over 100 million dependencies with context: `npm run bench:store [-- MILLIONS]`.
 *
 * The store is made by the real schema and filled by SQL, deterministically, with what 17,000 recordings like a boot of Linux would
 * leave: 5,777 pairs of locks with context an input. It is made once, in .lockvet-cache, and takes some gigabytes.
 */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { openDatabase } from '../../src/store/open.js';
import { Inquiry, QUESTIONS } from '../../src/store/questions/ask.js';

const PAIRS_AN_INPUT = 5_777;
const CLASSES = 5_000;
const SITES = 20_000;
/** Classes of one input. */
const MET = 700;
const FOLDER = '.lockvet-cache';
const RUNS = 5;

const millions = Number(process.argv[2] ?? 100);
const inputs = Math.ceil((millions * 1e6) / PAIRS_AN_INPUT);
const file = `${FOLDER}/store-${millions}m.db`;

/** A number below `below` that looks random, made of an expression. */
const pick = (expression: string, below: number): string => `((hash(${expression}) >> 24) % ${below})::INTEGER`;
/** A pair of classes that inputs have in common: some of 200,000, as kernels differ. */
const PAIR = '(i * 31 + r * 7919) % 200000';
// Hashes of single numbers: those of several values depend on each other.
const FROM = pick(`(${PAIR}) * 2`, CLASSES);
const TO = pick(`(${PAIR}) * 2 + 1`, CLASSES);

const FILL = [
  `INSERT INTO lv.runs SELECT i + 1, 'lint', TIMESTAMP '2030-01-01' + to_minutes(i), '0.1.0', hex(hash(i // 3)), 'strict' FROM range(${inputs}) t(i)`,
  `INSERT INTO lv.inputs SELECT i + 1, i + 1, 0, 'boot-' || (i % 20) || '.dat', 'trace.dat', 'clean', '6.1.0', 8502233, ${MET}, 2143, 2541, 0, 0, 'ns'
    FROM range(${inputs}) t(i)`,
  `INSERT INTO lv.classes SELECT c + 1, '&class' || c || '->lock', '&class' || c || '->lock', 0, CASE WHEN c % 50 = 0 THEN 1 ELSE 2 + c % 3 END,
    2 + c % 3 FROM range(${CLASSES}) t(c)`,
  `INSERT INTO lv.sites SELECT s + 1, 'function_' || s FROM range(${SITES}) t(s)`,
  `INSERT INTO lv.class_facts SELECT i + 1, c, ${pick("c, i % 7, 'class'", CLASSES)} + 1, NULL,
    substr('.-+?', 1 + ${pick("c, 'h'", 4)}, 1) || '.' || substr('.-+?', 1 + ${pick("c, 's'", 4)}, 1) || '.', 1000
    FROM range(${inputs}) t(i), range(${MET}) u(c)`,
  `INSERT INTO lv.usage_totals SELECT class_id, usage, count(DISTINCT input_id), max(input_id) FROM lv.class_facts GROUP BY ALL`,
  `INSERT INTO lv.held_contexts SELECT i + 1, 1 + ${FROM}, 1 + ${TO}, [24, 48, 16, 26, 25][1 + ${pick(`${PAIR}, r % 3, 'context'`, 5)}],
    ${pick(`${PAIR}, 'dependency'`, 3)}, 1 + ${pick("i, r, 'count'", 1000)}
    FROM range(${inputs}) t(i), range(${PAIRS_AN_INPUT}) u(r)`,
  `INSERT INTO lv.held_pairs SELECT from_id, to_id, context, dependency, sum(count)::BIGINT, count(DISTINCT input_id), min(input_id), max(input_id)
    FROM lv.held_contexts GROUP BY ALL`,
  `INSERT INTO lv.acquisitions SELECT i + 1, 1 + ${pick("r, 'class'", CLASSES)}, 1 + ${pick("r, i % 5, 'site'", SITES)}, 48, 10
    FROM range(${inputs}) t(i), range(2270) u(r)`,
  `INSERT INTO lv.allocations SELECT i + 1, 1 + ${pick("r, 'held'", CLASSES)}, 1 + ${pick("r, 'event'", 6)}, 1 + ${pick("r, i % 5, 'site'", SITES)},
    r % 2 = 0, 1 + ${pick("r, 'gfp'", 12)}, 0, 48, 10 FROM range(${inputs}) t(i), range(2072) u(r)`,
  `INSERT INTO lv.lock_times SELECT i + 1, ${pick("c, i % 7, 'class'", CLASSES)} + 1, c % 7 = 0, 1000, CASE WHEN c % 10 = 0 THEN c ELSE 0 END,
    1000, 1e6, 10, 900, 5000, 1e5, '{"function":"f+0x1/0x2"}', CASE WHEN c % 10 = 0 THEN c END, 1e4, 10, 90, 500, 1e3, '{}'
    FROM range(${inputs}) t(i), range(761) u(c)`,
  `INSERT INTO lv.findings SELECT i * 20 + f + 1, i + 1, i + 1, f, substr(md5((f * 13 + i // 100)::VARCHAR), 1, 20), 'lock-order-cycle', 'error', 'certain',
    'possible circular locking dependency detected', ['&class' || f || '->lock', '&class' || (f + 1) || '->lock'], 'boot.dat', f, 'function_1+0x2/0x3',
    'init-1', 0, 1.5, 1, CASE WHEN f % 3 = 0 THEN 'known' ELSE 'new' END, '', NULL, NULL, NULL, NULL, NULL
    FROM range(${inputs}) t(i), range(20) u(f) WHERE hash(i, f) % 10 > 0`,
];

async function fill(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const building = `${file}.building`;
  rmSync(building, { force: true });
  const { connection, close } = await openDatabase(building, {
    access: 'write',
    waitSeconds: 0,
    settings: { memory_limit: '8GB', preserve_insertion_order: 'true' },
  });
  for (const sql of FILL) {
    const start = performance.now();
    await connection.run(sql);
    const table = /INTO lv\.(\w+)/.exec(sql)?.[1];
    console.error(`${table}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  close();
  const { renameSync } = await import('node:fs');
  renameSync(building, file);
}

const NOTHING = { run: undefined, since: undefined, under: undefined, rule: undefined, lock: undefined };

if (!existsSync(file)) await fill();
const inquiry = await Inquiry.open(file, { waitSeconds: 0 });
const [row] = (await inquiry.sql('SELECT count(*), count(DISTINCT input) FROM held_contexts')).rows;
const [pairs] = (await inquiry.sql('SELECT count(*) FROM held_pairs')).rows;
const [first] = (await inquiry.sql('SELECT fingerprint FROM findings ORDER BY run LIMIT 1')).rows;
const size = statSync(file).size / 2 ** 30;
console.log(
  `${row?.[0]} dependencies with context of ${row?.[1]} inputs, ${pairs?.[0]} of them distinct; ${size.toFixed(1)} GiB\n`,
);
const [busy] = (
  await inquiry.sql(`SELECT name FROM lv.classes WHERE class_id =
    (SELECT min(class_id) FROM lv.acquisitions WHERE class_id IN (SELECT class_id FROM lv.allocations))`)
).rows;
const cls = String(busy?.[0]);
const last = inputs;
const asked: readonly (readonly [name: string, words: readonly string[], more?: Partial<typeof NOTHING> | object])[] = [
  ['held-under', ['raw_spinlock_t']],
  ['held-under', [cls]],
  ['held-under', ['raw_spinlock_t'], { run: last }],
  ['who-takes', [cls]],
  ['path', [cls, '&class4711->lock']],
  ['allocs', [], { under: cls }],
  ['allocs', [], { under: 'raw_spinlock_t', run: last }],
  ['contended', []],
  ['irq-unsafe', []],
  ['findings', []],
  ['findings', [], { rule: 'lock-order-cycle', lock: '&class3->lock' }],
  ['new', [], { since: last - 100 }],
  ['flaky', []],
  ['history', [String(first?.[0])]],
  ['runs', []],
];
console.log(`${'question'.padEnd(58)}${'rows'.padStart(8)}${'median s'.padStart(10)}${'worst s'.padStart(9)}`);
for (const [name, words, more] of asked) {
  const question = QUESTIONS.find((one) => one.name === name);
  if (question === undefined) throw new Error(name);
  const times: number[] = [];
  let rows = 0;
  for (let turn = 0; turn < RUNS; turn++) {
    const start = performance.now();
    rows = (await inquiry.ask(question, { ...NOTHING, words, ...more })).rows.length;
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  const options = Object.entries(more ?? {}).map(([option, value]) => `--${option} ${value}`);
  const line = [name, ...words, ...options].join(' ');
  const [median, worst] = [times[RUNS >> 1] ?? 0, times.at(-1) ?? 0];
  console.log(
    `${line.padEnd(58)}${String(rows).padStart(8)}${median.toFixed(2).padStart(10)}${worst.toFixed(2).padStart(9)}`,
  );
}
inquiry.close();
