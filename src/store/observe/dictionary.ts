import type { DuckDBConnection } from '@duckdb/node-api';
import type { LockClass } from '../../model/lock-graph.js';
import { Rows, select } from '../rows.js';

/** The store's numbers for lock classes, by {@link LockClass.id}. Classes of other inputs are the same by name and wait types. */
export async function classIds(
  connection: DuckDBConnection,
  classes: readonly LockClass[],
): Promise<Map<number, number>> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE met_classes
    (id INTEGER, name VARCHAR, stable_name VARCHAR, subclass INTEGER, wait_outer TINYINT, wait_inner TINYINT)`);
  const rows = await Rows.into(connection, 'met_classes', ['int', 'text', 'text', 'int', 'tiny', 'tiny'], 'main');
  for (const { id, name, stableName, subclass, waitOuter, waitInner } of classes) {
    rows.add([id, name, stableName, subclass, waitOuter, waitInner]);
  }
  rows.close();
  await connection.run(`INSERT INTO lv.classes
    SELECT (SELECT coalesce(max(class_id), 0) FROM lv.classes) + row_number() OVER (ORDER BY id), name, stable_name, subclass,
      wait_outer, wait_inner
    FROM met_classes m ANTI JOIN lv.classes c ON ${SAME_CLASS}`);
  return idsOf(
    connection,
    `SELECT m.id AS met, c.class_id AS known FROM met_classes m JOIN lv.classes c ON ${SAME_CLASS}`,
  );
}

const SAME_CLASS = 'c.name = m.name AND c.wait_outer = m.wait_outer AND c.wait_inner = m.wait_inner';

/** The store's numbers for call sites, names of events and gfp masks. */
export async function siteIds(connection: DuckDBConnection, sites: ReadonlySet<string>): Promise<Map<string, number>> {
  await connection.run('CREATE OR REPLACE TEMP TABLE met_sites (id INTEGER, site VARCHAR)');
  const rows = await Rows.into(connection, 'met_sites', ['int', 'text'], 'main');
  const list = [...sites];
  for (const [id, site] of list.entries()) rows.add([id, site]);
  rows.close();
  await connection.run(`INSERT INTO lv.sites
    SELECT (SELECT coalesce(max(site_id), 0) FROM lv.sites) + row_number() OVER (ORDER BY id), site
    FROM met_sites m ANTI JOIN lv.sites s ON s.site = m.site`);
  const ids = await idsOf(
    connection,
    'SELECT m.id AS met, s.site_id AS known FROM met_sites m JOIN lv.sites s ON s.site = m.site',
  );
  return new Map(list.map((site, id) => [site, ids.get(id) ?? 0]));
}

async function idsOf(connection: DuckDBConnection, sql: string): Promise<Map<number, number>> {
  const rows = await select(connection, sql);
  return new Map(rows.map(({ met, known }) => [Number(met), Number(known)]));
}
