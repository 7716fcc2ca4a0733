import type { Pool } from 'pg';
import { asId, type Fingerprint, type LogId } from '../../../core/src/common/ids';
import type { Page } from '../../../core/src/common/page';
import { bucketStarts } from '../../../core/src/common/time-buckets';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { EncodedBatch, WriteOutcome } from '../../../core/src/ingest/write-outcome';
import type { LogLevel } from '../../../core/src/logs/log-level';
import {
  type FingerprintCount,
  type FingerprintVolume,
  type LogContext,
  type LogCountAnswer,
  type LogCountRequest,
  type LogFilter,
  type LogGroupCount,
  type LogGroupField,
  type LogQuery,
  type VolumeBucket,
} from '../../../core/src/logs/log-query';
import type { LogRecord } from '../../../core/src/logs/log-record';
import { LogStore } from '../../../core/src/logs/log-store.port';
import { parseSearch } from '../../../core/src/logs/parse-search';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { DroppedDay, GoOn, OnDropped, ReadLimits } from '../../../core/src/projects/retention';
import type { MinuteServiceEdge, ServiceEdgeLimits } from '../../../core/src/services/service-edge';
import { type CountedBy, countedRecords, matchingRecords } from './counted-records';
import { toPage } from './cursor';
import { ensureDayPartitions, partitionsAround } from './day-partitions';
import { deleteBefore } from './delete-before';
import { dropDays } from './drop-days';
import { onEngine } from './engine-error';
import { countFingerprints } from './fingerprint-counts';
import { logDays } from './log-days';
import { findByWords } from './find-by-words';
import { findInOrder } from './find-in-order';
import { answerLogCounts, COUNT_MANY, countValues, type LogCountRow, planLogCounts } from './log-counts';
import { COUNT_EDGES, edgeValues, type LogEdgeRow, toMinuteEdge } from './log-edges';
import { beyond, ordering } from './log-place';
import {
  LOG_RECORD_COLUMNS,
  levelOfRank,
  type LogRecordRow,
  storedInstantOf,
  toLogRecord,
} from './log-record-rows';
import { DELETE_SOME_BEFORE, INSERT_RECORDS, NEVER_ANALYSED, SETTLE_WORDS } from './log-statements';
import { SqlValues } from './sql-values';
import { whenUnlocked } from './when-unlocked';
import { writeLines } from './write-lines';

/**
 * Some 2,000 records, after which autovacuum looks at a day too, within a minute. At full load so many come in a moment, and until the planner
 * has seen some of a day, it takes every range of it for empty and filters by word without the index.
 */
const UNKNOWN_BYTES = 1024 * 1024;

/**
 * Log records in PostgreSQL: a partition a day, and a text index over the words of the messages. Timestamps come back
 * with as few fractional digits as say them, not with as many as were sent.
 */
export class PostgresLogStore extends LogStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async ensurePartitions(nowMs: number): Promise<void> {
    await onEngine(() => ensureDayPartitions(this.pool, 'log_records', nowMs));
  }

  /** Every line is stored under the scope's project, whatever project it names. */
  override write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome> {
    return onEngine(() =>
      writeLines(batch, async (json) => {
        const insert = () => this.pool.query(INSERT_RECORDS, [scope.projectId, json]);
        // Records that come late for a day that is just being dropped wait for it, and it for them.
        return (await whenUnlocked(insert)).rowCount ?? 0;
      }),
    );
  }

  /** The default partition and the days around that instant: others get a few late records at most. */
  override async settle(nowMs: number): Promise<void> {
    const days = partitionsAround('log_records', nowMs).map(({ name }) => name);
    const partitions = ['log_records_default', ...days];
    await onEngine(async () => {
      await this.pool.query(SETTLE_WORDS, [partitions]);
      const unknown = await this.pool.query<{ name: string }>(NEVER_ANALYSED, [partitions, UNKNOWN_BYTES]);
      for (const { name } of unknown.rows) await this.pool.query(`ANALYZE (SKIP_LOCKED) ${name}`);
    });
  }

  override async search(scope: ProjectScope, query: LogQuery): Promise<Page<LogRecord>> {
    const { rows, total } = await onEngine(() =>
      parseSearch(query.search ?? '').length > 0
        ? findByWords(this.pool, scope, query)
        : findInOrder(this.pool, scope, query),
    );
    return toPage(
      rows,
      query,
      total,
      (row) => toLogRecord(scope, row),
      (row) => [row.id],
    );
  }

  override async find(scope: ProjectScope, id: LogId): Promise<LogRecord | undefined> {
    const instant = storedInstantOf(id);
    if (instant === undefined) return undefined;
    const { rows } = await onEngine(() =>
      this.pool.query<LogRecordRow>(
        `SELECT ${LOG_RECORD_COLUMNS} FROM log_records WHERE project_id = $1 AND timestamp = $2 AND id = $3`,
        [scope.projectId, instant, id],
      ),
    );
    return rows[0] === undefined ? undefined : toLogRecord(scope, rows[0]);
  }

  override async context(
    scope: ProjectScope,
    id: LogId,
    counts: { readonly before: number; readonly after: number },
  ): Promise<LogContext | undefined> {
    const record = await this.find(scope, id);
    if (record === undefined) return undefined;
    const [before, after] = await Promise.all([
      this.neighbours(scope, record, false, counts.before),
      this.neighbours(scope, record, true, counts.after),
    ]);
    return { before: [...before].reverse(), record, after };
  }

  override async volume(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
  ): Promise<readonly VolumeBucket[]> {
    const values = new SqlValues();
    const width = `${values.add(bucketSeconds)} * interval '1 second'`;
    const source = bucketSource(scope, filter, bucketSeconds, values, 'service and level');
    const { rows } = await onEngine(() =>
      this.pool.query<{ start: Date; level: number; count: number }>(
        `SELECT date_bin(${width}, at, 'epoch'::timestamptz) AS start, level, sum(count)::bigint AS count
         FROM (${source}) AS counted GROUP BY 1, 2 HAVING sum(count) > 0`,
        values.list,
      ),
    );
    const byStart = new Map<number, Partial<Record<LogLevel, number>>>();
    for (const row of rows) {
      const startMs = row.start.getTime();
      byStart.set(startMs, { ...byStart.get(startMs), [levelOfRank(row.level)]: row.count });
    }
    return bucketStarts(filter.range, bucketSeconds).map((startMs) => {
      const byLevel = byStart.get(startMs) ?? {};
      return { startMs, count: Object.values(byLevel).reduce((sum, count) => sum + count, 0), byLevel };
    });
  }

  override async countBy(
    scope: ProjectScope,
    filter: LogFilter,
    field: LogGroupField,
    limit: number,
  ): Promise<readonly LogGroupCount[]> {
    const values = new SqlValues();
    const by = field === 'fingerprint' ? 'fingerprint, service and level' : 'service and level';
    const source = countedRecords(scope, filter, values, by);
    const { rows } = await onEngine(() =>
      this.pool.query<{ key: string | number; count: number }>(
        `SELECT ${field} AS key, sum(count)::bigint AS count FROM (${source}) AS counted
         GROUP BY 1 HAVING sum(count) > 0 ORDER BY 2 DESC, 1 LIMIT ${values.add(limit)}`,
        values.list,
      ),
    );
    return rows.map(({ key, count }) => ({
      key: typeof key === 'number' ? levelOfRank(key) : key,
      count,
    }));
  }

  override countFingerprints(
    scope: ProjectScope,
    filter: LogFilter,
    limit: number,
    known: readonly Fingerprint[] = [],
  ): Promise<readonly FingerprintCount[]> {
    return onEngine(() => countFingerprints(this.pool, scope, filter, limit, known));
  }

  override async fingerprintVolume(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
    fingerprints: readonly Fingerprint[],
  ): Promise<readonly FingerprintVolume[]> {
    const values = new SqlValues();
    const width = `${values.add(bucketSeconds)} * interval '1 second'`;
    const source = bucketSource(scope, filter, bucketSeconds, values, 'fingerprint, service and level');
    const { rows } = await onEngine(() =>
      this.pool.query<{ fingerprint: string; start: Date; count: number }>(
        `SELECT fingerprint, date_bin(${width}, at, 'epoch'::timestamptz) AS start, sum(count)::bigint AS count
         FROM (${source}) AS counted WHERE fingerprint = ANY(${values.add(fingerprints)}::text[])
         GROUP BY 1, 2 HAVING sum(count) > 0 ORDER BY 1, 2`,
        values.list,
      ),
    );
    return rows.map(({ fingerprint, start, count }) => ({
      fingerprint: asId<Fingerprint>(fingerprint),
      startMs: start.getTime(),
      count,
    }));
  }

  override async countMany(
    scope: ProjectScope,
    requests: readonly LogCountRequest[],
  ): Promise<readonly LogCountAnswer[]> {
    if (requests.length === 0) return [];
    const plan = planLogCounts(requests);
    const { rows } = await onEngine(() =>
      this.pool.query<LogCountRow>(COUNT_MANY, [...countValues(scope, plan)]),
    );
    return answerLogCounts(plan, rows);
  }

  override async countEdges(
    scope: ProjectScope,
    range: TimeRange,
    limits: ServiceEdgeLimits,
  ): Promise<readonly MinuteServiceEdge[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<LogEdgeRow>(COUNT_EDGES, [...edgeValues(scope, range, limits)]),
    );
    return rows.map(toMinuteEdge);
  }

  override async oldest({ projectId }: ProjectScope): Promise<number | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<{ timestamp: Date }>(
        'SELECT timestamp FROM log_records WHERE project_id = $1 ORDER BY timestamp LIMIT 1',
        [projectId],
      ),
    );
    return rows[0]?.timestamp.getTime();
  }

  override deleteBefore(scope: ProjectScope, beforeMs: number, goOn?: GoOn): Promise<number> {
    return deleteBefore(this.pool, DELETE_SOME_BEFORE, scope, beforeMs, goOn);
  }

  override dropDays(readLimits: ReadLimits, onDropped?: OnDropped): Promise<readonly DroppedDay[]> {
    return dropDays(this.pool, logDays, readLimits, onDropped);
  }

  /** The records of the same service next to this one, the nearest first. */
  private async neighbours(
    scope: ProjectScope,
    record: LogRecord,
    ascending: boolean,
    count: number,
  ): Promise<readonly LogRecord[]> {
    const values = new SqlValues();
    const place = { id: record.id, instant: storedInstantOf(record.id) ?? record.timestamp };
    const { rows } = await onEngine(() =>
      this.pool.query<LogRecordRow>(
        `SELECT ${LOG_RECORD_COLUMNS} FROM log_records
         WHERE project_id = ${values.add(scope.projectId)} AND service_name = ${values.add(record.serviceName)}
           AND ${beyond(place, ascending, values)}
         ORDER BY ${ordering(ascending)} LIMIT ${values.add(count)}`,
        values.list,
      ),
    );
    return rows.map((row) => toLogRecord(scope, row));
  }
}

/** What to count in buckets: minutes fit into those that are whole minutes wide. */
function bucketSource(
  scope: ProjectScope,
  filter: LogFilter,
  bucketSeconds: number,
  values: SqlValues,
  by: CountedBy,
): string {
  const records = bucketSeconds % 60 === 0 ? countedRecords : matchingRecords;
  return records(scope, filter, values, by);
}
