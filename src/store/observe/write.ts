import type { DuckDBConnection } from '@duckdb/node-api';
import { gfpText } from '../../model/gfp.js';
import type { ClassStats, Durations } from '../../model/lock-stats.js';
import type { Observation, ObservedAllocation } from '../../model/observation.js';
import { type Cell, type ColumnType, Rows } from '../rows.js';
import { classIds, siteIds } from './dictionary.js';
import { classesOf, heldPairs } from './pairs.js';

const DURATIONS: readonly ColumnType[] = ['big', 'double', 'double', 'double', 'double', 'double', 'text'];

/** Keeps what an input showed; part of the transaction of its run. */
export async function writeObservation(connection: DuckDBConnection, input: number, seen: Observation): Promise<void> {
  const classes = await classIds(connection, seen.graph.classes);
  const classId = (id: number): number => classes.get(id) ?? 0;
  const sites = await siteIds(connection, sitesOf(seen));
  const siteId = (site: string): number => sites.get(site) ?? 0;
  const fill = async (table: string, types: readonly ColumnType[], cells: Iterable<readonly Cell[]>): Promise<void> => {
    const rows = await Rows.into(connection, table, ['int', ...types]);
    for (const row of cells) rows.add([input, ...row]);
    rows.close();
  };
  const { graph, chains } = seen;
  await fill(
    'class_facts',
    ['int', 'int', 'text', 'text', 'big'],
    graph.classes.map(({ id, key, usage, acquisitions }, at) => [at, classId(id), key, usage, acquisitions]),
  );
  await fill(
    'dependencies',
    ['int', 'int', 'int', 'text', 'big', 'truth', 'truth', 'text', 'text'],
    graph.dependencies.map(({ from, to, kinds, count, direct, closesCycle, held, taken }, at) => [
      ...[at, classId(from), classId(to), kinds.join(' '), count, direct, closesCycle],
      ...[JSON.stringify(held), JSON.stringify(taken)],
    ]),
  );
  const depths: number[] = [0];
  for (const { parent } of chains) depths.push((depths[parent] ?? 0) + 1);
  await fill(
    'chains',
    ['int', 'int', 'int', 'int', 'tiny', 'truth', 'truth', 'big'],
    chains.map(({ parent, cls, read, trylock, checked, hits }, at) => [
      ...[at + 1, parent, classId(cls), depths[at + 1] ?? 1, read, trylock, checked, hits],
    ]),
  );
  await fill(
    'held_contexts',
    ['int', 'int', 'tiny', 'tiny', 'big'],
    heldPairs(seen).map(({ from, to, context, dependency, count }) => [
      ...[classId(from), classId(to), context, dependency, count],
    ]),
  );
  await fill('acquisitions', ['int', 'int', 'tiny', 'big'], acquisitionCells(seen, classId, siteId));
  await fill(
    'allocations',
    ['int', 'int', 'int', 'truth', 'int', 'tiny', 'tiny', 'big'],
    allocationCells(seen, classId, siteId),
  );
  const named = new Map(graph.classes.map(({ id, name }) => [name, id]));
  await fill(
    'lock_times',
    ['int', 'truth', 'big', 'big', ...DURATIONS, ...DURATIONS],
    seen.times.map((row) => timeCells(row, classId(named.get(row.name) ?? -1))),
  );
  await addUp(connection, input);
}

function sitesOf({ acquisitions, allocations }: Observation): Set<string> {
  const sites = new Set<string>();
  const masks = new Set<number>();
  for (const { site } of acquisitions) sites.add(site);
  for (const { site, event, gfp } of allocations) {
    sites.add(site);
    sites.add(event);
    if (gfp !== -1) masks.add(gfp);
  }
  for (const gfp of masks) sites.add(gfpText(gfp));
  return sites;
}

type Ids<T> = (value: T) => number;

/** Factors of keys made of several numbers: more sites and contexts than there can be. */
const SITES = 2 ** 24;
const CONTEXTS = 128;

function acquisitionCells(
  { chains, acquisitions }: Observation,
  classId: Ids<number>,
  siteId: Ids<string>,
): Iterable<readonly Cell[]> {
  const sums = new Map<number, [cls: number, site: number, context: number, count: number]>();
  for (const { chain, site: name, context, count } of acquisitions) {
    const cls = chains[chain - 1]?.cls ?? -1;
    const site = siteId(name);
    const key = (cls * SITES + site) * CONTEXTS + context;
    const known = sums.get(key);
    if (known === undefined) sums.set(key, [classId(cls), site, context, count]);
    else known[3] += count;
  }
  return sums.values();
}

/** A row for each lock that was held: "under which locks" is what is asked. */
function* allocationCells(
  { chains, allocations }: Observation,
  classId: Ids<number>,
  siteId: Ids<string>,
): Generator<readonly Cell[]> {
  const alike = new Map<string, { readonly first: ObservedAllocation; readonly counts: Map<number, number> }>();
  for (const allocation of allocations) {
    const { chain, event, site, isFree, gfp, order, context, count } = allocation;
    const key = `${event} ${site} ${isFree} ${gfp} ${order} ${context}`;
    let same = alike.get(key);
    if (same === undefined) {
      same = { first: allocation, counts: new Map() };
      alike.set(key, same);
    }
    for (const cls of classesOf(chains, chain)) same.counts.set(cls, (same.counts.get(cls) ?? 0) + count);
  }
  for (const { first, counts } of alike.values()) {
    const mask = first.gfp === -1 ? null : siteId(gfpText(first.gfp));
    const order = first.order === -1 ? null : first.order;
    const what = [siteId(first.event), siteId(first.site), first.isFree, mask, order, first.context];
    for (const [cls, count] of counts) yield [classId(cls), ...what, count];
  }
}

function timeCells({ access, acquisitions, contentions, hold, wait }: ClassStats, cls: number): Cell[] {
  return [cls, access === 'shared', acquisitions, contentions, ...durationCells(hold), ...durationCells(wait)];
}

function durationCells(durations: Durations | undefined): Cell[] {
  if (durations === undefined) return DURATIONS.map(() => null);
  const { count, total, min, median, p99, max, longest } = durations;
  return [count, total, min, median, p99, max, JSON.stringify(longest)];
}

/** Adds the input's pairs and usage states to those of all inputs. */
async function addUp(connection: DuckDBConnection, input: number): Promise<void> {
  const same = ['from_id', 'to_id', 'context', 'dependency'].map((column) => `p.${column} = n.${column}`).join(' AND ');
  await connection.run(
    `UPDATE lv.held_pairs p SET count = p.count + n.count, inputs = p.inputs + 1, last_input = n.input_id
    FROM lv.held_contexts n WHERE n.input_id = $input AND ${same}`,
    { input },
  );
  await connection.run(
    `INSERT INTO lv.held_pairs
    SELECT n.from_id, n.to_id, n.context, n.dependency, n.count, 1, n.input_id, n.input_id
    FROM lv.held_contexts n ANTI JOIN lv.held_pairs p ON ${same} WHERE n.input_id = $input`,
    { input },
  );
  await connection.run(
    `UPDATE lv.usage_totals t SET inputs = t.inputs + 1, last_input = n.input_id
    FROM lv.class_facts n WHERE n.input_id = $input AND t.class_id = n.class_id AND t.usage = n.usage`,
    { input },
  );
  await connection.run(
    `INSERT INTO lv.usage_totals
    SELECT DISTINCT n.class_id, n.usage, 1, n.input_id
    FROM lv.class_facts n ANTI JOIN lv.usage_totals t ON t.class_id = n.class_id AND t.usage = n.usage
    WHERE n.input_id = $input`,
    { input },
  );
}
