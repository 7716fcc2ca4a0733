import type { Pool } from 'pg';
import type { SeriesKey } from '../../../core/src/metrics/sample';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { CREATED_MICROS, isMarkGone, oneWhileThere, type SeriesMark } from './series-mark';
import { storableJson, storableText } from './storable-text';
import { dataErrorReason } from './write-lines';

/** A series' row, or why PostgreSQL refuses to have it. */
export type SeriesIdAnswer = number | { readonly refused: string };

interface WantedSeries {
  readonly key: string;
  readonly series: SeriesKey;
}

const DEFAULT_CACHE_SIZE = 50_000;
/** A series that loses the race to insert is seen at the next look. */
const MAX_LOOKS = 5;

// The second part sees the table as it was before the statement, the first returns what the statement added: in the order of its
// key, so that two who add the same series wait for each other instead of locking each other out.
const FIND_OR_ADD = `
  WITH wanted AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json)
      AS wanted (position integer, metric_name text, service_name text, tags jsonb)
  ),
  added AS (
    INSERT INTO series (project_id, metric_name, service_name, tags)
    SELECT DISTINCT $1::uuid, metric_name, service_name, tags FROM wanted ORDER BY metric_name, service_name, tags
    ON CONFLICT DO NOTHING
    RETURNING id, created_at, metric_name, service_name, tags
  ),
  found AS (
    SELECT position, id, created_at FROM wanted JOIN added USING (metric_name, service_name, tags)
    UNION ALL
    SELECT position, id, created_at FROM wanted JOIN series USING (metric_name, service_name, tags)
    WHERE series.project_id = $1
  )
  SELECT position, id, ${CREATED_MICROS} AS created_micros FROM found`;
/** What is remembered must hold where more is found: one row could not vouch for ids of two states of the catalog. */
const FIND_OR_ADD_WHILE_THERE = `${FIND_OR_ADD} WHERE (${oneWhileThere('$3::bigint', '$4::bigint')}) = 1`;

interface FoundRow {
  readonly position: number;
  readonly id: number;
  readonly created_micros: number;
}

/** Finds the rows of series and adds the missing ones. Remembers the ids of the series used last, which hold while the mark's row is there. */
export class SeriesIds {
  private readonly known = new Map<string, number>();
  private newest: SeriesMark | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly cacheSize = DEFAULT_CACHE_SIZE,
  ) {}

  /** Of the highest id that was ever found; undefined before the first. */
  get mark(): SeriesMark | undefined {
    return this.newest;
  }

  /** The same text for the same series, in whatever order its tags come; another one for any other. */
  keyOf(scope: ProjectScope, series: SeriesKey): string {
    const names = Object.keys(series.tags);
    let key = scope.projectId + lengthFirst(series.metricName) + lengthFirst(series.serviceName);
    for (const name of names.length > 1 ? names.sort() : names)
      key += lengthFirst(name) + lengthFirst(series.tags[name] ?? '');
    return key;
  }

  /**
   * An answer for every key given. Errors: those of the driver that do not speak of the data; one that isMarkGone knows where what is
   * remembered holds no longer.
   */
  async resolve(
    scope: ProjectScope,
    wanted: ReadonlyMap<string, SeriesKey>,
  ): Promise<ReadonlyMap<string, SeriesIdAnswer>> {
    const answers = new Map<string, SeriesIdAnswer>();
    const unknown: WantedSeries[] = [];
    for (const [key, series] of wanted) {
      const id = this.recall(key);
      if (id === undefined) unknown.push({ key, series });
      else answers.set(key, id);
    }
    if (unknown.length > 0) await this.findOrAdd(scope, unknown, answers);
    return answers;
  }

  private async findOrAdd(
    scope: ProjectScope,
    wanted: readonly WantedSeries[],
    answers: Map<string, SeriesIdAnswer>,
  ): Promise<void> {
    let missing = wanted;
    for (let look = 0; look < MAX_LOOKS && missing.length > 0; look++) {
      try {
        await this.look(scope, missing, answers);
      } catch (error) {
        if (isMarkGone(error)) throw error;
        await this.divide(scope, missing, dataErrorReason(error), answers);
      }
      missing = missing.filter(({ key }) => !answers.has(key));
    }
    if (missing.length > 0) throw new Error('a series could neither be added nor found');
  }

  private async look(
    scope: ProjectScope,
    wanted: readonly WantedSeries[],
    answers: Map<string, SeriesIdAnswer>,
  ): Promise<void> {
    const rows = wanted.map(({ series }, position) => ({
      position,
      metric_name: storableText(series.metricName),
      service_name: storableText(series.serviceName),
      tags: series.tags,
    }));
    const { newest } = this;
    const values = [scope.projectId, storableJson(rows)];
    const found = await (newest === undefined
      ? this.pool.query<FoundRow>(FIND_OR_ADD, values)
      : this.pool.query<FoundRow>(FIND_OR_ADD_WHILE_THERE, [...values, newest.id, newest.createdMicros]));
    for (const { position, id, created_micros: createdMicros } of found.rows) {
      if (id > (this.newest?.id ?? 0)) this.newest = { id, createdMicros };
      const key = wanted[position]?.key;
      if (key === undefined) continue;
      answers.set(key, id);
      this.remember(key, id);
    }
  }

  /** One series that PostgreSQL refuses (tags too long for the index) must not keep its neighbours out. */
  private async divide(
    scope: ProjectScope,
    wanted: readonly WantedSeries[],
    reason: string,
    answers: Map<string, SeriesIdAnswer>,
  ): Promise<void> {
    const [only] = wanted;
    if (wanted.length === 1 && only !== undefined) {
      answers.set(only.key, { refused: reason });
      return;
    }
    const middle = Math.ceil(wanted.length / 2);
    await this.findOrAdd(scope, wanted.slice(0, middle), answers);
    await this.findOrAdd(scope, wanted.slice(middle), answers);
  }

  private recall(key: string): number | undefined {
    const id = this.known.get(key);
    if (id !== undefined) this.remember(key, id);
    return id;
  }

  /** A Map keeps the order of insertion: the first key is the one not used for longest. */
  private remember(key: string, id: number): void {
    this.known.delete(key);
    this.known.set(key, id);
    if (this.known.size <= this.cacheSize) return;
    for (const oldest of this.known.keys()) {
      this.known.delete(oldest);
      return;
    }
  }
}

/** Texts written so one after the other can be told apart, whatever is in them. */
function lengthFirst(text: string): string {
  return `${text.length}:${text}`;
}
