import { mapLayout } from '../../../src/graph/layout.js';
import type { LockGraph } from '../../../src/model/lock-graph.js';
import { MAP_SIZE, packGraph, pageData } from '../../../src/report/page/index.js';
import { sampleFinding, sampleRun } from '../sample.js';

/** Names that try to be more than names. */
export const NASTY = [
  '</script><script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned = 2">',
  '"><svg onload=window.pwned=3>',
  "'; window.pwned = 4; //",
  'javascript:window.pwned=5',
  '<!-- <script>',
  '\u001b[31mred\u001b[0m\u0007',
  '\u202Eevil\u2066\u2069\u200b',
  '__proto__',
  'constructor',
  `long${'x'.repeat(3000)}`,
  'ünï\u{1f512}\ud800\u0000\u2028',
  '%00&amp;&lt;script&gt;',
  'a\nb\tc',
];

/** A page of which every text is one of {@link NASTY}. */
export function hostilePage() {
  const findings = NASTY.map((nasty, i) =>
    sampleFinding({
      rule: i % 2 === 0 ? nasty : 'lock-order-cycle',
      message: nasty,
      locks: [nasty, NASTY[(i + 1) % NASTY.length] ?? ''],
      where: { function: nasty, task: nasty, file: nasty, line: 2, cpu: i, time: i },
      evidence: [{ what: nasty, where: { function: nasty, task: nasty, file: nasty, line: 2, time: i - 0.5 } }],
      fingerprint: `${nasty}.${i}`,
      advice: nasty,
      detail: {
        wanted: { name: nasty, wait: nasty, usage: nasty, read: true, trylock: true, where: { task: nasty } },
        held: [
          { name: nasty, wait: nasty, usage: nasty, read: true, trylock: true, where: { task: nasty, time: i - 1 } },
        ],
        context: [nasty],
        scenario: {
          cpus: [nasty, nasty],
          rows: [
            [`lock(${nasty});`, ''],
            ['', nasty],
          ],
        },
      },
      ...(i % 3 === 0 && { known: { reason: nasty, expires: nasty } }),
    }),
  );
  const runs = [sampleRun(findings, { input: NASTY[0] ?? '', kind: 'c', notes: [...NASTY] })];
  const graph = graphOf(
    NASTY,
    NASTY.map((_, i) => [i, (i + 1) % NASTY.length]),
  );
  return pageData({
    version: NASTY[1] ?? '',
    runs,
    gate: { summary: { hasBaseline: true, new: 1, known: 1, fixed: 0, suppressed: 0 }, notes: [...NASTY] },
    rules: [],
    graphs: [packGraph(graph, mapLayout(graph, MAP_SIZE), 0)],
    read: (file) => `first\n${file}\nthird`,
  });
}

/** A graph of classes with these names, and of dependencies between them by index. */
export function graphOf(names: readonly string[], pairs: readonly (readonly [number, number])[]): LockGraph {
  return {
    classes: names.map((name, id) => ({
      id,
      name,
      stableName: name,
      key: null,
      subclass: 0,
      usage: '-.+.',
      waitOuter: 1 + (id % 4),
      waitInner: 1 + (id % 4),
      acquisitions: id * 3,
      reach: { forward: 1, backward: 1 },
    })),
    dependencies: pairs.map(([from, to], i) => ({
      from,
      to,
      kinds: ['EN'],
      count: i + 1,
      direct: i % 5 !== 4,
      closesCycle: from > to,
      held: { function: names[from] ?? '', line: i, time: i / 8 },
      taken: { function: names[to] ?? '', task: names[from] ?? '', cpu: 1, line: i + 1, file: names[to] ?? '' },
    })),
  };
}
