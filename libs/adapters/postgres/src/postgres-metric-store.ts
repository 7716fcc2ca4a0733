import type { Pool } from 'pg';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { EncodedBatch, RejectedLine, WriteOutcome } from '../../../core/src/ingest/write-outcome';
import type {
  MetricAnswer,
  MetricLine,
  MetricQuery,
  SeriesFilter,
  WindowAnswer,
  WindowRequest,
} from '../../../core/src/metrics/metric-query';
import { MetricStore } from '../../../core/src/metrics/metric-store.port';
import type { SeriesKey, Tags } from '../../../core/src/metrics/sample';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { DroppedDay, GoOn, OnDropped, ReadLimits } from '../../../core/src/projects/retention';
import { decodeCursor, toPage } from './cursor';
import { checkSampleJobs } from './check-sample-jobs';
import { type CutLines, cutSampleLines, textOfSeries } from './cut-sample-lines';
import { ensureDayPartitions } from './day-partitions';
import { deleteSamplesBefore, oldestSample } from './delete-samples';
import { type DroppableDays, dropDays } from './drop-days';
import { engineUnavailable, onEngine } from './engine-error';
import { forgetSeries } from './forget-series';
import {
  type LineRow,
  linesStatement,
  rolledUpLinesStatement,
  type LinesQuery,
  seriesConditions,
  toMetricAnswer,
} from './metric-lines';
import { answerWindows, planWindows, type WindowRow } from './metric-windows';
import { onLostConnection } from './on-lost-connection';
import { parseSampleLines, type SampleLine } from './parse-sample-lines';
import { RememberedSeries } from './remembered-series';
import { hypertableSampleDays, partitionedSampleDays } from './sample-days';
import { chooseRollup, isBehind, type RollupRange } from './sample-rollups';
import type { SampleColumns } from './sample-rows';
import { SampleWriter } from './sample-writer';
import { isMarkGone } from './series-mark';
import { SqlValues } from './sql-values';
import { isHypertable } from './timescale-samples';

export interface PostgresMetricStoreOptions {
  /** Of a project; no bound where it is absent. */
  readonly maxSeries?: number;
}

interface SeriesRow {
  readonly id: number;
  readonly metric_name: string;
  readonly service_name: string;
  readonly tags: Tags;
}

interface SeriesCount {
  readonly project_id: string;
  readonly count: number;
}

const MOST_SERIES = 'SELECT project_id, count FROM series_counts ORDER BY count DESC LIMIT 1';

/** A second time is enough unless the catalog is put back once more meanwhile. */
const MAX_TRIES = 3;

/**
 * Samples in PostgreSQL: a row a series, and (series, timestamp, value) in partitions by day; or, where the migration
 * found TimescaleDB, in a hypertable with rollups, which queries use that they can answer.
 */
export class PostgresMetricStore extends MetricStore {
  private readonly maxSeries: number;
  private series: RememberedSeries;
  private layout: Promise<boolean> | undefined;
  private readonly writer: SampleWriter;

  constructor(
    private readonly pool: Pool,
    { maxSeries }: PostgresMetricStoreOptions = {},
  ) {
    super();
    this.maxSeries = maxSeries ?? Number.MAX_SAFE_INTEGER;
    this.series = this.rememberAnew();
    this.writer = new SampleWriter(pool);
    onLostConnection(pool, () => this.forget(this.series));
  }

  override async ensurePartitions(nowMs: number): Promise<void> {
    this.layout = undefined;
    if (await this.hasHypertable()) return;
    await onEngine(() => ensureDayPartitions(this.pool, 'samples', nowMs));
  }

  /** Errors: OpsError `unavailable` that says which job of TimescaleDB does not do its work, and what to do. */
  async checkJobs(): Promise<void> {
    // What does not answer is reported as such by the check of the database.
    if (await this.hasHypertable().catch(() => false)) await checkSampleJobs(this.pool);
  }

  /** Every line is stored under the scope's project, whatever project it names. */
  override write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome> {
    return onEngine(async () => {
      for (let triesLeft = MAX_TRIES - 1; ; triesLeft--) {
        const { series } = this;
        try {
          return await this.writeWith(series, scope, batch);
        } catch (error) {
          this.forget(series);
          if (!isMarkGone(error) || triesLeft === 0) throw error;
        }
      }
    });
  }

  override async listSeries(
    scope: ProjectScope,
    filter: SeriesFilter,
    page: PageRequest,
  ): Promise<Page<SeriesKey>> {
    const values = new SqlValues();
    const conditions = seriesConditions(scope, filter, values);
    const filterValues = [...values.list];
    const after = decodeCursor(page.cursor, ['text', 'text', 'number']);
    const place =
      after === undefined
        ? ''
        : `AND (metric_name, service_name, id) > (${after.map((part) => values.add(part)).join(', ')})`;
    const [counted, found] = await onEngine(() =>
      Promise.all([
        this.pool.query<{ total: number }>(
          `SELECT count(*) AS total FROM series WHERE ${conditions}`,
          filterValues,
        ),
        this.pool.query<SeriesRow>(
          `SELECT id, metric_name, service_name, tags FROM series WHERE ${conditions} ${place}
           ORDER BY metric_name, service_name, id LIMIT ${values.add(page.limit + 1)}`,
          values.list,
        ),
      ]),
    );
    return toPage(found.rows, page, counted.rows[0]?.total ?? 0, toSeriesKey, (row) => [
      row.metric_name,
      row.service_name,
      row.id,
    ]);
  }

  override query(scope: ProjectScope, query: MetricQuery): Promise<MetricAnswer> {
    return this.lines(scope, query);
  }

  override async sweep(
    scope: ProjectScope,
    range: TimeRange,
    bucketSeconds: number,
    limit: number,
  ): Promise<readonly MetricLine[]> {
    const query: LinesQuery = { range, bucketSeconds, limit, aggregation: 'avg', groupBy: 'series' };
    return (await this.lines(scope, query)).lines;
  }

  override async aggregateWindows(
    scope: ProjectScope,
    requests: readonly WindowRequest[],
  ): Promise<readonly WindowAnswer[]> {
    if (requests.length === 0) return [];
    const plan = planWindows(requests);
    const { rows } = await onEngine(() =>
      this.pool.query<WindowRow>(plan.statement, [scope.projectId, ...plan.values]),
    );
    return answerWindows(plan, rows);
  }

  override async oldest(scope: ProjectScope, beforeMs?: number): Promise<number | undefined> {
    return oldestSample(this.pool, await this.days(), scope, beforeMs);
  }

  override async deleteBefore(scope: ProjectScope, beforeMs: number, goOn?: GoOn): Promise<number> {
    return deleteSamplesBefore(this.pool, await this.days(), scope, beforeMs, goOn);
  }

  override async dropDays(readLimits: ReadLimits, onDropped?: OnDropped): Promise<readonly DroppedDay[]> {
    return dropDays(this.pool, await this.days(), readLimits, onDropped);
  }

  override forgetSeries(scope: ProjectScope, madeBeforeMs: number, goOn?: GoOn): Promise<number> {
    return forgetSeries(this.pool, scope, madeBeforeMs, goOn);
  }

  /** Of the project that has most; undefined where that is not known. */
  async mostSeries(): Promise<number | undefined> {
    const answer = await this.pool.query<SeriesCount>(MOST_SERIES).catch(() => undefined);
    return answer && (answer.rows[0]?.count ?? 0);
  }

  /** Errors: OpsError `unavailable` where a project has as many series as it may, that says what to do. */
  async checkSeries(): Promise<void> {
    // What does not answer is reported as such by the check of the database.
    const answer = await this.pool.query<SeriesCount>(MOST_SERIES).catch(() => undefined);
    const most = answer?.rows[0];
    if (most === undefined || most.count < this.maxSeries) return;
    throw engineUnavailable(
      `project ${most.project_id} has ${most.count} series, METRIC_MAX_SERIES is ${this.maxSeries}: samples of its other ones are set aside. Take what differs with each sample out of its tags, and set its metric_days so that old series go; or raise METRIC_MAX_SERIES. Then opspilot dead-letters replay --queue metrics.ingest`,
    );
  }

  private async days(): Promise<DroppableDays> {
    return (await this.hasHypertable()) ? hypertableSampleDays : partitionedSampleDays;
  }

  private async lines(scope: ProjectScope, query: LinesQuery): Promise<MetricAnswer> {
    const values = new SqlValues();
    const rollup = await this.usableRollup(query);
    const statement =
      rollup === undefined
        ? linesStatement(scope, query, values)
        : rolledUpLinesStatement(scope, query, rollup, values);
    const { rows } = await onEngine(() => this.pool.query<LineRow>(statement, values.list));
    return toMetricAnswer(rows, query);
  }

  protected async usableRollup(query: LinesQuery): Promise<RollupRange | undefined> {
    const rollup = chooseRollup(query);
    if (rollup === undefined || !(await this.hasHypertable())) return undefined;
    return (await onEngine(() => isBehind(this.pool, rollup))) ? undefined : rollup;
  }

  /** Remembered until the writer asks again: a migration may lay out the samples anew while they are none. */
  private hasHypertable(): Promise<boolean> {
    this.layout ??= onEngine(() => isHypertable(this.pool)).catch((error: unknown) => {
      this.layout = undefined;
      throw error;
    });
    return this.layout;
  }

  private async writeWith(
    series: RememberedSeries,
    scope: ProjectScope,
    batch: EncodedBatch,
  ): Promise<WriteOutcome> {
    const { columns, others } = cutSampleLines(batch.ndjson, scope.projectId, series.known);
    const rejected = others.length === 0 ? [] : await this.parse(series, scope, others, columns);
    const samples = columns.atMs.length;
    if (samples === 0) return { written: 0, duplicates: 0, rejected };
    const { mark } = series.ids;
    if (mark === undefined) throw new Error('series are known of which none was ever found');
    const written = await this.writer.write(scope, columns, mark);
    return { written, duplicates: samples - written, rejected };
  }

  /** Unless another write has done so meanwhile, which may have begun to remember again. */
  private forget(series: RememberedSeries): void {
    if (this.series === series) this.series = this.rememberAnew();
  }

  private rememberAnew(): RememberedSeries {
    return new RememberedSeries(this.pool, this.maxSeries);
  }

  /** Adds the samples of these lines to the columns; tells which lines it refuses, in their order. */
  private async parse(
    series: RememberedSeries,
    scope: ProjectScope,
    lines: CutLines['others'],
    columns: SampleColumns,
  ): Promise<readonly RejectedLine[]> {
    const { samples, rejected } = parseSampleLines(lines.map(({ line }) => line));
    const refused = await this.place(series, scope, samples, lines, columns);
    return [...rejected, ...refused]
      .sort((a, b) => a.index - b.index)
      .map(({ index, reason }) => ({ index: lines[index]?.index ?? index, reason }));
  }

  /** Gives each sample the row of its series. A series is committed before its samples refer to it. */
  private async place(
    { ids, known }: RememberedSeries,
    scope: ProjectScope,
    samples: readonly SampleLine[],
    lines: CutLines['others'],
    columns: SampleColumns,
  ): Promise<readonly RejectedLine[]> {
    const keys = samples.map(({ series }) => ids.keyOf(scope, series));
    const wanted = new Map<string, SeriesKey>();
    samples.forEach(({ series }, position) => wanted.set(keys[position] ?? '', series));
    const answers = await ids.resolve(scope, wanted);
    for (const [key, series] of wanted) {
      const id = answers.get(key);
      if (typeof id === 'number') known.add(scope.projectId, textOfSeries(series), id);
    }
    const refused: RejectedLine[] = [];
    samples.forEach(({ index, atMs, value }, position) => {
      const answer = answers.get(keys[position] ?? '');
      if (typeof answer === 'number') {
        columns.seriesIds.push(answer);
        columns.atMs.push(atMs);
        columns.values.push(value);
        columns.lines.push(lines[index]?.index ?? index);
      } else refused.push({ index, reason: answer?.refused ?? 'its series is not known' });
    });
    return refused;
  }
}

function toSeriesKey(row: SeriesRow): SeriesKey {
  return { metricName: row.metric_name, serviceName: row.service_name, tags: row.tags };
}
