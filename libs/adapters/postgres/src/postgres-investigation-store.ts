import type { Pool } from 'pg';
import { OpsError } from '../../../core/src/common/errors';
import {
  asId,
  type EvidenceId,
  type IncidentId,
  type InvestigationId,
  type ProjectId,
} from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { Evidence } from '../../../core/src/investigation/evidence';
import type { Investigation } from '../../../core/src/investigation/investigation';
import { InvestigationStore } from '../../../core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { decodeCursor, toPage } from './cursor';
import { onEngine } from './engine-error';
import { type EvidenceRow, toEvidence, toEvidenceInput } from './evidence-rows';
import { underParent } from './missing-parent';
import { storableJson, storableText } from './storable-text';

/** Written from an Investigation only. */
interface InvestigationRow {
  readonly project_id: string;
  readonly id: string;
  readonly incident_id: string;
  readonly status: Investigation['status'];
  readonly requested_by: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly scope: Investigation['scope'] | null;
  readonly report: Investigation['report'] | null;
  readonly failure: string | null;
}

export class PostgresInvestigationStore extends InvestigationStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async create(scope: ProjectScope, investigation: Investigation): Promise<void> {
    await underParent('OPS_INCIDENT_NOT_FOUND', 'incident', () =>
      this.pool.query(
        `INSERT INTO investigations (project_id, id, status, requested_by, finished_at, scope, report, failure,
           incident_id, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (project_id, id) DO NOTHING`,
        [...toValues(scope, investigation), investigation.incidentId, new Date(investigation.startedAtMs)],
      ),
    );
  }

  override async update(scope: ProjectScope, investigation: Investigation): Promise<void> {
    const { rowCount } = await onEngine(() =>
      this.pool.query(
        `UPDATE investigations SET status = $3, requested_by = $4, finished_at = $5, scope = $6, report = $7, failure = $8
          WHERE project_id = $1 AND id = $2`,
        toValues(scope, investigation),
      ),
    );
    if (rowCount !== 1) {
      const message = 'there is no such investigation in this project';
      throw new OpsError('not_found', 'OPS_INVESTIGATION_NOT_FOUND', message);
    }
  }

  override async find(scope: ProjectScope, id: InvestigationId): Promise<Investigation | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<InvestigationRow>('SELECT * FROM investigations WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        id,
      ]),
    );
    return rows.map(toInvestigation)[0];
  }

  override async listByIncident(
    scope: ProjectScope,
    incidentId: IncidentId,
    page: PageRequest,
  ): Promise<Page<Investigation>> {
    const before = decodeCursor(page.cursor, ['instant', 'text']);
    const { rows } = await onEngine(() =>
      this.pool.query<InvestigationRow>(
        `SELECT * FROM investigations
          WHERE project_id = $1 AND incident_id = $2 AND (started_at, id) < ($3, $4)
          ORDER BY started_at DESC, id DESC LIMIT $5`,
        [
          scope.projectId,
          incidentId,
          before ? new Date(before[0]) : 'infinity',
          before?.[1] ?? '',
          page.limit + 1,
        ],
      ),
    );
    const counted = await onEngine(() =>
      this.pool.query<{ total: number }>(
        'SELECT count(*) AS total FROM investigations WHERE project_id = $1 AND incident_id = $2',
        [scope.projectId, incidentId],
      ),
    );
    return toPage(rows, page, counted.rows[0]?.total ?? 0, toInvestigation, (row) => [
      row.started_at.getTime(),
      row.id,
    ]);
  }

  override async listRunning(scope: ProjectScope, page: PageRequest): Promise<Page<Investigation>> {
    const after = decodeCursor(page.cursor, ['instant', 'text']);
    const { rows } = await onEngine(() =>
      this.pool.query<InvestigationRow>(
        `SELECT * FROM investigations
          WHERE project_id = $1 AND status = 'running' AND (started_at, id) > ($2, $3)
          ORDER BY started_at, id LIMIT $4`,
        [scope.projectId, after ? new Date(after[0]) : '-infinity', after?.[1] ?? '', page.limit + 1],
      ),
    );
    const counted = await onEngine(() =>
      this.pool.query<{ total: number }>(
        `SELECT count(*) AS total FROM investigations WHERE project_id = $1 AND status = 'running'`,
        [scope.projectId],
      ),
    );
    return toPage(rows, page, counted.rows[0]?.total ?? 0, toInvestigation, (row) => [
      row.started_at.getTime(),
      row.id,
    ]);
  }

  override async addEvidence(scope: ProjectScope, evidence: readonly Evidence[]): Promise<void> {
    if (evidence.length === 0) return;
    await underParent('OPS_INVESTIGATION_NOT_FOUND', 'investigation', () =>
      this.pool.query(
        `INSERT INTO evidence (project_id, id, investigation_id, label, kind, service_name, summary, query, result,
           observed_at)
         SELECT $1, id, investigation_id, label, kind, service_name, summary, query,
                coalesce(result, 'null'), observed_at
           FROM jsonb_to_recordset($2::jsonb)
             AS e (id text, investigation_id text, label text, kind text, service_name text, summary text, query text,
                   result jsonb, observed_at timestamptz)
          ORDER BY id
         ON CONFLICT (project_id, id) DO NOTHING`,
        [scope.projectId, storableJson(evidence.map(toEvidenceInput))],
      ),
    );
  }

  override async listEvidence(scope: ProjectScope, id: InvestigationId): Promise<readonly Evidence[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<EvidenceRow>(
        // E2 comes before E10.
        `SELECT * FROM evidence WHERE project_id = $1 AND investigation_id = $2 ORDER BY length(label), label, id`,
        [scope.projectId, id],
      ),
    );
    return rows.map(toEvidence);
  }

  override async findEvidence(scope: ProjectScope, id: EvidenceId): Promise<Evidence | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<EvidenceRow>('SELECT * FROM evidence WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        id,
      ]),
    );
    return rows.map(toEvidence)[0];
  }
}

/** project_id, id, and what an update may change, in the order of both statements above. */
function toValues(scope: ProjectScope, investigation: Investigation): unknown[] {
  return [
    scope.projectId,
    investigation.id,
    investigation.status,
    storableText(investigation.requestedBy),
    investigation.finishedAtMs === undefined ? null : new Date(investigation.finishedAtMs),
    investigation.scope === undefined ? null : storableJson(investigation.scope),
    investigation.report === undefined ? null : storableJson(investigation.report),
    investigation.failure === undefined ? null : storableText(investigation.failure),
  ];
}

function toInvestigation(row: InvestigationRow): Investigation {
  return {
    id: asId<InvestigationId>(row.id),
    projectId: asId<ProjectId>(row.project_id),
    incidentId: asId<IncidentId>(row.incident_id),
    status: row.status,
    requestedBy: row.requested_by,
    startedAtMs: row.started_at.getTime(),
    ...(row.finished_at !== null && { finishedAtMs: row.finished_at.getTime() }),
    ...(row.scope && { scope: row.scope }),
    ...(row.report && { report: row.report }),
    ...(row.failure !== null && { failure: row.failure }),
  };
}
