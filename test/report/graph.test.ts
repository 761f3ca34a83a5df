import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseProcLockdep } from '../../bench/graph/proc-lockdep.js';
import type { LockGraph } from '../../src/model/lock-graph.js';
import { graphDot } from '../../src/report/graph-dot.js';
import { diffJson, graphJson, pathJson } from '../../src/report/graph-json.js';
import { graphLockdep } from '../../src/report/graph-lockdep.js';
import { fitsSvg, graphSvg } from '../../src/report/graph-svg.js';
import { diffText, pathText } from '../../src/report/graph-text.js';
import { sampleClass, sampleDependency, sampleGraph } from '../graph/sample.js';

const HOSTILE = 'a"]; evil [label="<script>alert(1)</script>\\N &lt; \u001b[2J\n\u202e%s';
const graph: LockGraph = {
  classes: [
    sampleClass(0, { name: '&zone->lock', usage: '-.+.', waitOuter: 1, reach: { forward: 2, backward: 1 } }),
    sampleClass(1, { name: 'lv_raw/1', subclass: 1, acquisitions: 123456789 }),
    sampleClass(2, { name: HOSTILE, key: null }),
  ],
  dependencies: [
    sampleDependency(0, 1, { kinds: ['EN', 'SR'], count: 7 }),
    sampleDependency(1, 2),
    sampleDependency(0, 2, { direct: false }),
    sampleDependency(2, 0, { closesCycle: true }),
  ],
};

const contract = z.strictObject({
  classes: z.array(
    z.strictObject({
      id: z.int(),
      name: z.string(),
      key: z
        .string()
        .regex(/^[0-9a-f]{16}$/)
        .nullable(),
      subclass: z.int(),
      usage: z.string().regex(/^[-.+?]{4}$/),
      wait: z.string().regex(/^\d:\d$/),
      acquisitions: z.int(),
    }),
  ),
  edges: z.array(
    z.strictObject({
      from: z.int(),
      to: z.int(),
      kinds: z.array(z.enum(['EN', 'ER', 'SN', 'SR'])).min(1),
      count: z.int().min(1),
    }),
  ),
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202a-\u202e]/;

describe('graph as JSON', () => {
  it('is the contract, with direct dependencies only', () => {
    const text = graphJson(graph);
    expect(text).not.toMatch(unsafe);
    const { classes, edges } = contract.parse(JSON.parse(text));
    expect(classes[0]).toMatchObject({ name: '&zone->lock', wait: '1:3', usage: '-.+.' });
    expect(classes[2]).toMatchObject({ name: HOSTILE, key: null });
    expect(edges.map(({ from, to, count }) => [from, to, count])).toEqual([
      [0, 1, 7],
      [1, 2, 1],
      [2, 0, 1],
    ]);
  });
});

describe('graph as /proc/lockdep', () => {
  it('is read back as what it was', () => {
    const text = graphLockdep(graph);
    expect(text).not.toMatch(unsafe);
    const [zone, raw, hostile] = parseProcLockdep(text);
    expect(zone).toEqual({
      key: 'ffffffff82000000',
      name: '&zone->lock',
      ops: 1,
      forward: 2,
      backward: 1,
      usage: '-.+.',
      after: ['ffffffff82000010'],
    });
    expect(raw).toMatchObject({ name: 'lv_raw/1', ops: 123456789, after: ['0000000000000000'] });
    // What closes a cycle is reported by lockdep, not kept.
    expect(hostile?.after).toEqual([]);
  });

  it('has the columns of the kernel', () => {
    expect(graphLockdep(sampleGraph(2, [[0, 1]]))).toBe(
      [
        'all lock classes:',
        'ffffffff82000000 OPS:       1 FD:    1 BD:    1 ....: lock0',
        ' -> [ffffffff82000010] lock1',
        '',
        'ffffffff82000010 OPS:       2 FD:    1 BD:    1 ....: lock1',
        '',
        '',
      ].join('\n'),
    );
  });
});

describe('graph as dot and svg', () => {
  it('keeps names from being anything but names', async () => {
    const dot = graphDot(graph);
    expect(dot).not.toMatch(unsafe);
    expect(dot.split('\n').filter((line) => / -> c/.test(line))).toHaveLength(4);
    const svg = await graphSvg(graph);
    expect(svg).not.toMatch(/<script/i);
    expect([...svg.matchAll(/class="node"/g)]).toHaveLength(3);
    expect([...svg.matchAll(/class="edge"/g)]).toHaveLength(4);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => plain(text));
    expect(texts).toContain('&zone->lock');
    expect(texts).toContain('a"]; evil [label="<script>alert(1)</script>\\N &lt; \\x1b[2J\\n\\u{202e}%s');
  });

  it('marks cycles and what is not direct', () => {
    const edges = graphDot(graph).split('\n');
    expect(edges.find((line) => line.includes('c2 -> c0'))).toContain('#cc0000');
    expect(edges.find((line) => line.includes('c0 -> c2'))).toContain('dashed');
  });

  it('is not drawn when it is too large', () => {
    expect(fitsSvg(sampleGraph(50, [[0, 1]]))).toBe(true);
    expect(fitsSvg(sampleGraph(5000, [[0, 1]]))).toBe(false);
  });
});

/** The text that XML stands for. */
function plain(xml: string): string {
  return xml
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('\u00a0', ' ')
    .replaceAll('&amp;', '&');
}

describe('paths and differences', () => {
  const [from = sampleClass(0), , to = sampleClass(2)] = graph.classes;
  const nameOf = (id: number) => graph.classes[id]?.name ?? '';

  it('tell where each dependency was first seen', () => {
    const held = { function: 'outer+0x1', file: 't.txt', line: 3, task: 'init-1', cpu: 0, time: 1.5 };
    const step = sampleDependency(0, 2, { count: 2, held, taken: { ...held, function: 'inner+0x2', line: 4 } });
    const path = { from, to: sampleClass(2, { name: 'b' }), steps: [step] };
    expect(pathText(path, (id) => (id === 2 ? 'b' : nameOf(id)))).toBe(
      [
        '1 dependency from &zone->lock to b',
        '',
        '  &zone->lock -> b  (EN, 2 times)',
        '    held:  outer+0x1, line 3, at 1.500000',
        '    taken: inner+0x2, init-1 on CPU 0, t.txt:4, at 1.500000',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(pathJson(path, nameOf)).path).toMatchObject([{ from: '&zone->lock', count: 2, held }]);
  });

  it('say that there is none', () => {
    const none = { from, to, steps: undefined };
    expect(pathText(none, nameOf)).toMatch(/^no path of dependencies leads from &zone->lock to /);
    expect(JSON.parse(pathJson(none, nameOf)).path).toBeNull();
  });

  it('show no control characters', () => {
    const change = { from: to, to: from, dependency: sampleDependency(2, 0), unknownEnds: ['from'] as const };
    const diff = { added: [change], vanished: [change], kept: 3 };
    expect(diffText(diff)).not.toMatch(unsafe);
    expect(diffText(diff)).toMatch(/1 new, 1 vanished, 3 in both\n$/);
    expect(JSON.parse(diffJson(diff))).toMatchObject({ new: [{ from: HOSTILE }], vanished: [{}], kept: 3 });
  });
});
