import type { Pool, PoolClient } from 'pg';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import type { LogPattern, PatternCatalogue, PatternFingerprint } from '../../../core/src/logs/log-pattern';
import { LogPatternStore } from '../../../core/src/logs/log-pattern-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';
import { storableJson, storableText } from './storable-text';
import { withTransaction } from './transaction';

interface HeadRow {
  readonly algorithm: string;
  readonly version: number;
  readonly miner_state: string;
  readonly since: Date;
  readonly clustered_to: Date;
}

/** Rows of one statement: some hundreds of bytes each. */
const ROWS_AT_ONCE = 2000;

export class PostgresLogPatternStore extends LogPatternStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override load(scope: ProjectScope): Promise<PatternCatalogue | undefined> {
    const values = [scope.projectId];
    return onEngine(() =>
      withTransaction(this.pool, async (client) => {
        // One instant for the three statements: a save in between would make them disagree.
        await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const { rows } = await client.query<HeadRow>(
          'SELECT * FROM log_pattern_catalogues WHERE project_id = $1',
          values,
        );
        const patterns = await client.query<{ pattern: LogPattern }>(
          'SELECT pattern FROM log_patterns WHERE project_id = $1 ORDER BY id',
          values,
        );
        const fingerprints = await client.query<{ entry: PatternFingerprint }>(
          'SELECT entry FROM log_pattern_fingerprints WHERE project_id = $1 ORDER BY fingerprint',
          values,
        );
        const [head] = rows;
        if (head === undefined) return undefined;
        return {
          algorithm: head.algorithm,
          version: head.version,
          minerState: head.miner_state,
          sinceMs: head.since.getTime(),
          clusteredToMs: head.clustered_to.getTime(),
          patterns: patterns.rows.map(({ pattern }) => pattern),
          fingerprints: fingerprints.rows.map(({ entry }) => entry),
        };
      }),
    );
  }

  override save(
    scope: ProjectScope,
    catalogue: PatternCatalogue,
    expectedToMs: number | undefined,
  ): Promise<boolean> {
    return underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      withTransaction(this.pool, async (client) => {
        if (!(await saveHead(client, scope, catalogue, expectedToMs))) return false;
        await replaceRows(
          client,
          scope,
          {
            table: 'log_patterns',
            key: 'id',
            insert: `INSERT INTO log_patterns AS kept (project_id, id, pattern)
              SELECT $1, row ->> 'id', row FROM jsonb_array_elements($2::jsonb) AS row
              ON CONFLICT (project_id, id) DO UPDATE SET pattern = excluded.pattern
              WHERE kept.pattern IS DISTINCT FROM excluded.pattern`,
          },
          catalogue.patterns.map((row) => ({ key: row.id, row })),
        );
        await replaceRows(
          client,
          scope,
          {
            table: 'log_pattern_fingerprints',
            key: 'fingerprint',
            insert: `INSERT INTO log_pattern_fingerprints AS kept (project_id, fingerprint, pattern_id, entry)
              SELECT $1, row ->> 'fingerprint', row ->> 'patternId', row FROM jsonb_array_elements($2::jsonb) AS row
              ON CONFLICT (project_id, fingerprint) DO UPDATE SET pattern_id = excluded.pattern_id, entry = excluded.entry
              WHERE kept.entry IS DISTINCT FROM excluded.entry`,
          },
          catalogue.fingerprints.map((row) => ({ key: row.fingerprint, row })),
        );
        return true;
      }),
    );
  }

  override async findByFingerprints(
    scope: ProjectScope,
    fingerprints: readonly Fingerprint[],
  ): Promise<ReadonlyMap<Fingerprint, LogPattern>> {
    if (fingerprints.length === 0) return new Map();
    const { rows } = await onEngine(() =>
      this.pool.query<{ fingerprints: readonly string[]; pattern: LogPattern }>(
        `SELECT members.fingerprints, log_patterns.pattern
         FROM (
           SELECT pattern_id, array_agg(fingerprint) AS fingerprints FROM log_pattern_fingerprints
           WHERE project_id = $1 AND fingerprint = ANY($2::text[]) GROUP BY pattern_id
         ) AS members
         JOIN log_patterns ON log_patterns.project_id = $1 AND log_patterns.id = members.pattern_id`,
        [scope.projectId, fingerprints.map(storableText)],
      ),
    );
    return new Map(
      rows.flatMap((row) => row.fingerprints.map((name) => [asId<Fingerprint>(name), row.pattern] as const)),
    );
  }
}

/** False where another save came first. The row stays locked until the end of the transaction. */
async function saveHead(
  client: PoolClient,
  scope: ProjectScope,
  catalogue: PatternCatalogue,
  expectedToMs: number | undefined,
): Promise<boolean> {
  const values = [
    scope.projectId,
    storableText(catalogue.algorithm),
    catalogue.version,
    catalogue.minerState,
    new Date(catalogue.sinceMs),
    new Date(catalogue.clusteredToMs),
  ];
  const { rowCount } =
    expectedToMs === undefined
      ? await client.query(
          `INSERT INTO log_pattern_catalogues (project_id, algorithm, version, miner_state, since, clustered_to)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id) DO NOTHING`,
          values,
        )
      : await client.query(
          `UPDATE log_pattern_catalogues
           SET algorithm = $2, version = $3, miner_state = $4, since = $5, clustered_to = $6
           WHERE project_id = $1 AND clustered_to = $7`,
          [...values, new Date(expectedToMs)],
        );
  return rowCount === 1;
}

interface KeyedTable {
  readonly table: 'log_patterns' | 'log_pattern_fingerprints';
  readonly key: 'id' | 'fingerprint';
  /** Adds or changes the rows of $2, a JSON array, for the project $1; rows that are the same are not written. */
  readonly insert: string;
}

async function replaceRows(
  client: PoolClient,
  scope: ProjectScope,
  { table, key, insert }: KeyedTable,
  rows: readonly { readonly key: string; readonly row: unknown }[],
): Promise<void> {
  await client.query(
    `DELETE FROM ${table} WHERE project_id = $1
       AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS kept (key) WHERE kept.key = ${table}.${key})`,
    [scope.projectId, rows.map((row) => storableText(row.key))],
  );
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE).map(({ row }) => row);
    await client.query(insert, [scope.projectId, storableJson(some)]);
  }
}
