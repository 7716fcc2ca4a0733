import type { Fingerprint, LogId } from '../../../core/src/common/ids';
import type { Page } from '../../../core/src/common/page';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { EncodedBatch, WriteOutcome } from '../../../core/src/ingest/write-outcome';
import { isLogId } from '../../../core/src/logs/log-id';
import type {
  FingerprintCount,
  FingerprintVolume,
  LogContext,
  LogCountAnswer,
  LogCountRequest,
  LogFilter,
  LogGroupCount,
  LogGroupField,
  LogQuery,
  VolumeBucket,
} from '../../../core/src/logs/log-query';
import type { LogRecord } from '../../../core/src/logs/log-record';
import { LogStore } from '../../../core/src/logs/log-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import {
  always,
  type DroppedDay,
  type GoOn,
  type OnDropped,
  type ReadLimits,
} from '../../../core/src/projects/retention';
import type { MinuteServiceEdge, ServiceEdgeLimits } from '../../../core/src/services/service-edge';
import type { Logger } from '../../../observability/src/app-logger';
import { toBulkBody } from './bulk-body';
import { deleteLogsBefore, oldestLog } from './delete-logs';
import { dropAgedIndices } from './drop-aged-indices';
import { timesOfLogId, documentIdPrefix } from './document-id';
import { notOpenSearch } from './engine-error';
import { LogIndexNames } from './index-names';
import { answerLogCounts, planLogCounts, readServiceCounts } from './log-counts';
import { type LogHit, toLogRecord } from './log-documents';
import { readMinuteEdges } from './log-edges';
import { isBroad, logFilterQuery } from './log-filter-query';
import { readFingerprintCounts, withoutFingerprints } from './log-fingerprints';
import { LogIndices } from './log-indices';
import { idOfCursor } from './log-order';
import {
  fingerprintPortions,
  fingerprintVolumeSearch,
  type FingerprintVolumeAnswer,
  toFingerprintVolume,
} from './log-volume';
import type { OpenSearchConnection } from './opensearch-connection';
import { readBlocks } from './read-blocks';
import { readFewLogs } from './read-few-logs';
import { readLogPage } from './read-log-page';
import { readLogVolume } from './read-log-volume';
import { readNeighbours } from './read-neighbours';
import { type Buckets, type CountedKey, searchIndices, searchMany } from './search-indices';
import { toStoredRange } from './stored-range';
import { whenShardsAreThere } from './when-shards-are-there';
import { writeDocuments } from './write-documents';

export interface OpenSearchLogStoreOptions {
  /** What the names of its indices, and that of its template, begin with. */
  readonly indexPrefix: string;
  readonly log: Logger;
}

const NOT_FOUND = 404;
/** Groups that an index may hand over, so that the largest of all are among them. */
const GROUPS_PER_INDEX = 10_000;

/**
 * Log records in OpenSearch: an index a day (index-names.ts), each record a document under an id that follows from its own,
 * so that writing it again changes nothing. Records can be searched for within the refresh interval of a second.
 */
export class OpenSearchLogStore extends LogStore {
  private readonly indices: LogIndices;
  private readonly names: LogIndexNames;

  constructor(
    private readonly connection: OpenSearchConnection,
    { indexPrefix, log }: OpenSearchLogStoreOptions,
  ) {
    super();
    this.names = new LogIndexNames(indexPrefix);
    this.indices = new LogIndices(connection, this.names, log);
  }

  /** Indices are made when their first record comes; from the template, which is checked here. */
  override async ensurePartitions(_nowMs: number): Promise<void> {
    await this.indices.ensureTemplate();
  }

  /** OpenSearch refreshes and merges by itself. */
  override settle(_nowMs: number): Promise<void> {
    return Promise.resolve();
  }

  /** Errors: OpsError `unavailable`, in words that say what to do, where the indices take no records. */
  check(): Promise<void> {
    return this.indices.check();
  }

  /** How many things keep records out of the indices now, for metrics. Errors: OpsError `unavailable`. */
  async countBlocks(): Promise<number> {
    return (await readBlocks(this.connection, this.names)).length;
  }

  /** Every line is stored under the scope's project, whatever project it names. */
  override async write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome> {
    const body = toBulkBody(batch, scope.projectId, this.names);
    await this.indices.ensureIndices(body.indexNames);
    const { written, rejected } = await writeDocuments(this.connection, body).catch((error: unknown) => {
      this.indices.forget(...body.indexNames);
      throw error;
    });
    // Not after a failure: the client may still be sending.
    body.release();
    const refused = [...body.rejected, ...rejected].sort((one, other) => one.index - other.index);
    return { written, duplicates: batch.recordCount - written - refused.length, rejected: refused };
  }

  override async search(scope: ProjectScope, query: LogQuery): Promise<Page<LogRecord>> {
    const sources = { connection: this.connection, indices: this.names.covering(query.range) };
    const after = idOfCursor(query.cursor);
    const denseRange = isBroad(query) ? toStoredRange(query.range) : undefined;
    const { hits, total, hasMore } =
      (await readFewLogs({ ...sources, scope }, query)) ??
      (await readLogPage(
        { ...sources, query: logFilterQuery(scope, query) },
        { ...query, after, denseRange },
      ));
    const items = hits.map(toLogRecord);
    const last = hasMore ? items.at(-1) : undefined;
    return { items, total, ...(last !== undefined && { nextCursor: last.id }) };
  }

  /** Reads the document itself, so that it is there as soon as it is written. */
  override async find(scope: ProjectScope, id: LogId): Promise<LogRecord | undefined> {
    const times = isLogId(id) ? timesOfLogId(Buffer.from(id), 0) : undefined;
    if (times === undefined) return undefined;
    const path = `/${this.names.of(times)}/_doc/${documentIdPrefix(scope.projectId)}${id}`;
    const { status, body } = await whenShardsAreThere(() =>
      this.connection.send({ method: 'GET', path, expected: [NOT_FOUND] }),
    );
    if (status === NOT_FOUND) return undefined;
    if (body['found'] !== true) throw notOpenSearch();
    return toLogRecord(body as unknown as LogHit);
  }

  override async context(
    scope: ProjectScope,
    id: LogId,
    counts: { readonly before: number; readonly after: number },
  ): Promise<LogContext | undefined> {
    const record = await this.find(scope, id);
    if (record === undefined) return undefined;
    const { before, after } = await readNeighbours(
      { connection: this.connection, names: this.names, scope },
      record,
      counts,
    );
    return { before: [...before].reverse(), record, after };
  }

  override volume(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
  ): Promise<readonly VolumeBucket[]> {
    return readLogVolume({ connection: this.connection, names: this.names, scope }, filter, bucketSeconds);
  }

  override async countBy(
    scope: ProjectScope,
    filter: LogFilter,
    field: LogGroupField,
    limit: number,
  ): Promise<readonly LogGroupCount[]> {
    const { aggregations } = await searchIndices<{
      readonly aggregations?: { readonly groups: Buckets<CountedKey> };
    }>(this.connection, {
      indices: this.names.covering(filter.range),
      body: {
        size: 0,
        track_total_hits: false,
        query: logFilterQuery(scope, filter),
        aggs: {
          groups: { terms: { field, size: limit, shard_size: Math.max(limit, GROUPS_PER_INDEX) } },
        },
      },
    });
    return (aggregations?.groups.buckets ?? []).map(({ key, doc_count }) => ({ key, count: doc_count }));
  }

  override countFingerprints(
    scope: ProjectScope,
    filter: LogFilter,
    limit: number,
    known: readonly Fingerprint[] = [],
  ): Promise<readonly FingerprintCount[]> {
    const selection = {
      connection: this.connection,
      indices: this.names.covering(filter.range),
      query: withoutFingerprints(logFilterQuery(scope, filter), known),
    };
    return readFingerprintCounts(selection, limit);
  }

  override async fingerprintVolume(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
    fingerprints: readonly Fingerprint[],
  ): Promise<readonly FingerprintVolume[]> {
    const searches = fingerprintPortions(fingerprints, filter.range, bucketSeconds).map((portion) => ({
      indices: this.names.covering(filter.range),
      body: fingerprintVolumeSearch(logFilterQuery(scope, filter), bucketSeconds, portion),
    }));
    return toFingerprintVolume(await searchMany<FingerprintVolumeAnswer>(this.connection, searches));
  }

  override async countMany(
    scope: ProjectScope,
    requests: readonly LogCountRequest[],
  ): Promise<readonly LogCountAnswer[]> {
    const plan = planLogCounts(requests);
    const selections = plan.questions.map((filter) => ({
      connection: this.connection,
      indices: this.names.covering(filter.range),
      query: logFilterQuery(scope, filter),
    }));
    return answerLogCounts(plan, await readServiceCounts(selections));
  }

  override countEdges(
    scope: ProjectScope,
    range: TimeRange,
    limits: ServiceEdgeLimits,
  ): Promise<readonly MinuteServiceEdge[]> {
    return readMinuteEdges({ connection: this.connection, names: this.names, scope, limits }, range);
  }

  override oldest(scope: ProjectScope): Promise<number | undefined> {
    return oldestLog({ connection: this.connection, indices: this.indices, scope });
  }

  override deleteBefore(scope: ProjectScope, beforeMs: number, goOn: GoOn = always): Promise<number> {
    return deleteLogsBefore({ connection: this.connection, indices: this.indices, scope }, beforeMs, goOn);
  }

  override dropDays(readLimits: ReadLimits, onDropped?: OnDropped): Promise<readonly DroppedDay[]> {
    return dropAgedIndices(this.connection, this.indices, readLimits, onDropped);
  }
}
