import type { Pool } from 'pg';
import type { SeriesKey } from '../../../core/src/metrics/sample';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { isTrue } from './is-true';
import {
  CREATED_MICROS,
  FORGOTTEN_MICROS,
  isMarkGone,
  MarkGone,
  oneWhileThere,
  type SeriesMark,
} from './series-mark';
import { storableJson, storableText } from './storable-text';
import { dataErrorReason } from './write-lines';

/** A series' row, or why there is none. */
export type SeriesIdAnswer = number | { readonly refused: string };

interface WantedSeries {
  readonly key: string;
  readonly series: SeriesKey;
}

export interface SeriesIdsOptions {
  /** Of a project. What several processes add in the same moment may pass it. */
  readonly maxSeries: number;
  readonly cacheSize?: number;
}

const DEFAULT_CACHE_SIZE = 50_000;
/** A series that loses the race to insert is seen at the next look. */
const MAX_LOOKS = 5;

const SERIES_COUNT = 'coalesce((SELECT count FROM series_counts WHERE project_id = $1::uuid), 0)';
// The last part sees the table as it was before the statement, the second returns what the statement added: in the order of its
// key, so that two who add the same series wait for each other instead of locking each other out.
const FIND_OR_ADD = `
  WITH wanted AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json)
      AS wanted (position integer, metric_name text, service_name text, tags jsonb)
  ),
  missing AS (
    SELECT DISTINCT metric_name, service_name, tags FROM wanted
    WHERE NOT EXISTS (
      SELECT FROM series
      WHERE series.project_id = $1 AND series.metric_name = wanted.metric_name
        AND series.service_name = wanted.service_name AND series.tags = wanted.tags
    )
    ORDER BY metric_name, service_name, tags
    LIMIT greatest(0, $3::bigint - ${SERIES_COUNT})
  ),
  added AS (
    INSERT INTO series (project_id, metric_name, service_name, tags)
    SELECT $1::uuid, metric_name, service_name, tags FROM missing ORDER BY metric_name, service_name, tags
    ON CONFLICT DO NOTHING
    RETURNING id, created_at, metric_name, service_name, tags, is_being_forgotten
  ),
  found AS (
    SELECT position, id, created_at, is_being_forgotten FROM wanted JOIN added USING (metric_name, service_name, tags)
    UNION ALL
    SELECT position, id, created_at, is_being_forgotten FROM wanted JOIN series USING (metric_name, service_name, tags)
    WHERE series.project_id = $1
  )
  SELECT position, id, is_being_forgotten, ${CREATED_MICROS} AS created_micros, ${FORGOTTEN_MICROS} AS forgotten_micros
  FROM found`;
/** What is remembered must hold where more is found: one row could not vouch for ids of two states of the catalog. */
const FIND_OR_ADD_WHILE_THERE = `${FIND_OR_ADD} WHERE (${oneWhileThere('$4::bigint', '$5::bigint', '$6::bigint')}) = 1`;
/** From here on nobody deletes it before it is remembered no longer. A row that is gone meanwhile is looked for anew. */
const KEEP = 'UPDATE series SET is_being_forgotten = false WHERE id = ANY($1::bigint[]) RETURNING id';
const HAS_ROOM = `SELECT ${SERIES_COUNT} < $2::bigint AS has_room`;

interface FoundRow {
  readonly position: number;
  readonly id: number;
  readonly is_being_forgotten: boolean;
  readonly created_micros: number;
  readonly forgotten_micros: number;
}

/** Finds the rows of series and adds the missing ones, up to a bound. Remembers the ids of the series used last, which hold while the mark's row is there. */
export class SeriesIds {
  private readonly known = new Map<string, number>();
  private newest: SeriesMark | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly options: SeriesIdsOptions,
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
    let hasRoom = true;
    for (let look = 0; look < MAX_LOOKS; look++) {
      try {
        await this.look(scope, missing, answers);
      } catch (error) {
        if (isMarkGone(error)) throw error;
        await this.divide(scope, missing, dataErrorReason(error), answers);
      }
      missing = missing.filter(({ key }) => !answers.has(key));
      if (missing.length === 0) return;
      if (!hasRoom) {
        // What was not found by a look that began without room is not there.
        for (const { key } of missing) answers.set(key, { refused: this.isFull() });
        return;
      }
      hasRoom = await this.hasRoom(scope);
    }
    throw new Error('a series could neither be added nor found');
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
    const values = [scope.projectId, storableJson(rows), this.options.maxSeries];
    const found = await (newest === undefined
      ? this.pool.query<FoundRow>(FIND_OR_ADD, values)
      : this.pool.query<FoundRow>(FIND_OR_ADD_WHILE_THERE, [
          ...values,
          newest.id,
          newest.createdMicros,
          newest.forgottenMicros,
        ]));
    for (const row of await this.keep(found.rows)) {
      const { position, id, created_micros: createdMicros, forgotten_micros: forgottenMicros } = row;
      // Of two first looks at once, one may have been before series were forgotten.
      if (this.newest !== undefined && this.newest.forgottenMicros !== forgottenMicros) throw new MarkGone();
      if (id > (this.newest?.id ?? 0)) this.newest = { id, createdMicros, forgottenMicros };
      const key = wanted[position]?.key;
      if (key === undefined) continue;
      answers.set(key, id);
      this.remember(key, id);
    }
  }

  /** Those of them that stay. */
  private async keep(found: readonly FoundRow[]): Promise<readonly FoundRow[]> {
    const goingIds = found.flatMap(({ id, is_being_forgotten: isGoing }) => (isGoing ? [id] : []));
    if (goingIds.length === 0) return found;
    const { rows } = await this.pool.query<{ id: number }>(KEEP, [goingIds]);
    const kept = new Set(rows.map(({ id }) => id));
    return found.filter(({ id, is_being_forgotten: isGoing }) => !isGoing || kept.has(id));
  }

  private async hasRoom({ projectId }: ProjectScope): Promise<boolean> {
    const values = [projectId, this.options.maxSeries];
    return isTrue(this.pool, HAS_ROOM, values);
  }

  private isFull(): string {
    return `the project has ${this.options.maxSeries} series already, and this is a new one (METRIC_MAX_SERIES): take what differs with each sample, such as the id of a request, out of its tags`;
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
    if (this.known.size <= (this.options.cacheSize ?? DEFAULT_CACHE_SIZE)) return;
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
