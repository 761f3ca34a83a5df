import type { DuckDBConnection } from '@duckdb/node-api';
import type { LockGraph } from '../../model/lock-graph.js';
import { select } from '../rows.js';
import { storedWhere } from '../where.js';

/** How many classes lead to a class is not stored: only the layout of /proc/lockdep shows it. */
const UNKNOWN_REACH = { forward: 0, backward: 0 };

/** The lock graph of an input as it was stored, without the reach of its classes; undefined where the input had none. */
export async function readGraphOf(connection: DuckDBConnection, input: number): Promise<LockGraph | undefined> {
  const classes = await select(
    connection,
    `SELECT f.position, f.key, f.usage, f.acquisitions, c.* FROM lv.class_facts f JOIN lv.classes c USING (class_id)
    WHERE f.input_id = $input ORDER BY f.position`,
    { input },
  );
  if (classes.length === 0) return undefined;
  const positions = new Map(classes.map((row) => [Number(row.class_id), Number(row.position)]));
  const dependencies = await select(
    connection,
    'SELECT * FROM lv.dependencies WHERE input_id = $input ORDER BY position',
    { input },
  );
  return {
    classes: classes.map((row) => ({
      id: Number(row.position),
      name: String(row.name),
      stableName: String(row.stable_name),
      key: row.key === null || row.key === undefined ? null : String(row.key),
      subclass: Number(row.subclass),
      usage: String(row.usage),
      waitOuter: Number(row.wait_outer),
      waitInner: Number(row.wait_inner),
      acquisitions: Number(row.acquisitions),
      reach: UNKNOWN_REACH,
    })),
    dependencies: dependencies.map((row) => ({
      from: positions.get(Number(row.from_id)) ?? -1,
      to: positions.get(Number(row.to_id)) ?? -1,
      kinds: String(row.kinds).split(' '),
      count: Number(row.count),
      direct: row.direct === true,
      closesCycle: row.closes_cycle === true,
      held: storedWhere(row.held),
      taken: storedWhere(row.taken),
    })),
  };
}
