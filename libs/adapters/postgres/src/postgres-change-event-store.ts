import type { Pool } from 'pg';
import { asId, type ChangeEventId, type ProjectId } from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import { type TimeRange, toIso } from '../../../core/src/common/time-range';
import type { ChangeEvent, ChangeEventKind } from '../../../core/src/ingest/change-event';
import { ChangeEventStore } from '../../../core/src/ingest/change-event-store.port';
import type { EncodedBatch, WriteOutcome } from '../../../core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { decodeCursor, toPage } from './cursor';
import { deleteBefore, deletingSome } from './delete-before';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { SqlValues } from './sql-values';
import { storableText } from './storable-text';
import { writeLines } from './write-lines';

interface ChangeEventRow {
  readonly id: string;
  readonly project_id: string;
  readonly timestamp: Date;
  readonly kind: ChangeEventKind;
  readonly service_name: string;
  readonly title: string;
  readonly version: string | null;
  readonly link: string | null;
  readonly context: ChangeEvent['context'];
}

// In the order of the key, so that two who write the same events wait for each other instead of locking each other out.
const INSERT_EVENTS = `
  INSERT INTO change_events (project_id, id, timestamp, kind, service_name, title, version, link, context)
  SELECT $1, line.id, line.timestamp, line.kind, line.service_name, line.title, line.version, line.link,
    coalesce(line.context, '{}')
  FROM json_to_recordset($2::json) AS line (
    id text, timestamp timestamptz, kind text, service_name text, title text, version text, link text, context jsonb
  )
  ORDER BY line.id COLLATE "C"
  ON CONFLICT DO NOTHING`;

const DELETE_SOME = deletingSome('change_events', 'timestamp');

export class PostgresChangeEventStore extends ChangeEventStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  /** Every line is stored under the scope's project, whatever project it names. */
  override write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome> {
    return onEngine(() =>
      writeLines(batch, async (json) => {
        const { rowCount } = await this.pool.query(INSERT_EVENTS, [scope.projectId, json]);
        return rowCount ?? 0;
      }),
    );
  }

  override async list(
    scope: ProjectScope,
    filter: { readonly range: TimeRange; readonly serviceName?: string },
    page: PageRequest,
  ): Promise<Page<ChangeEvent>> {
    const values = new SqlValues();
    const service =
      filter.serviceName === undefined
        ? ''
        : `AND service_name = ${values.add(storableText(filter.serviceName))}`;
    const conditions = `project_id = ${values.add(scope.projectId)} ${service}
      AND timestamp >= ${values.add(instantValue(filter.range.fromMs))}
      AND timestamp < ${values.add(instantValue(filter.range.toMs))}`;
    const filterValues = [...values.list];
    const after = decodeCursor(page.cursor, ['instant', 'text']);
    const place =
      after === undefined
        ? ''
        : `AND (timestamp, id) < (${values.add(instantValue(after[0]))}::timestamptz, ${values.add(after[1])})`;
    const [counted, found] = await onEngine(() =>
      Promise.all([
        this.pool.query<{ total: number }>(
          `SELECT count(*) AS total FROM change_events WHERE ${conditions}`,
          filterValues,
        ),
        this.pool.query<ChangeEventRow>(
          `SELECT * FROM change_events WHERE ${conditions} ${place}
           ORDER BY timestamp DESC, id DESC LIMIT ${values.add(page.limit + 1)}`,
          values.list,
        ),
      ]),
    );
    return toPage(found.rows, page, counted.rows[0]?.total ?? 0, toChangeEvent, (row) => [
      row.timestamp.getTime(),
      row.id,
    ]);
  }

  override deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number> {
    return deleteBefore(this.pool, DELETE_SOME, scope, beforeMs);
  }
}

function toChangeEvent(row: ChangeEventRow): ChangeEvent {
  return {
    id: asId<ChangeEventId>(row.id),
    projectId: asId<ProjectId>(row.project_id),
    kind: row.kind,
    serviceName: row.service_name,
    title: row.title,
    timestamp: toIso(row.timestamp.getTime()),
    ...(row.version !== null && { version: row.version }),
    ...(row.link !== null && { link: row.link }),
    context: row.context,
  };
}
