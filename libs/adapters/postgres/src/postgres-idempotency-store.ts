import type { Pool } from 'pg';
import { IdempotencyStore, type IdempotentRequest } from '../../../core/src/ingest/idempotency-store.port';
import { toIso } from '../../../core/src/common/time-range';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { GoOn } from '../../../core/src/projects/retention';
import { deleteInPortions } from './delete-before';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';

interface KeyRow {
  readonly request_hash: string;
  readonly received_at: Date;
  readonly response: string | null;
}

// The second part sees the table as it was before the statement: it finds nothing where the first part has just claimed.
const CLAIM = `
  WITH claimed AS (
    INSERT INTO idempotency_keys (project_id, key, request_hash, received_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
    RETURNING request_hash, received_at, response
  )
  SELECT * FROM claimed
  UNION ALL
  SELECT request_hash, received_at, response FROM idempotency_keys WHERE project_id = $1 AND key = $2`;
const COMPLETE = `UPDATE idempotency_keys SET response = $3 WHERE project_id = $1 AND key = $2`;
/** Of a busy day there are millions: all of them in one statement would take longer than it may, and none would ever go. */
const DELETE_SOME_BEFORE = `
  DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency_keys WHERE received_at < $1 ORDER BY received_at LIMIT $2
  ))`;
/** A claim that loses a race sees the winner at its second look; more looks are for keys deleted in between. */
const MAX_LOOKS = 5;

export class PostgresIdempotencyStore extends IdempotencyStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async claim(
    scope: ProjectScope,
    key: string,
    request: { readonly requestHash: string; readonly receivedAtMs: number },
  ): Promise<IdempotentRequest> {
    const values = [scope.projectId, key, request.requestHash, toIso(request.receivedAtMs)];
    for (let look = 0; look < MAX_LOOKS; look++) {
      const { rows } = await onEngine(() => this.pool.query<KeyRow>(CLAIM, values));
      if (rows[0] !== undefined) return toRequest(rows[0]);
    }
    throw new Error('an idempotency key could neither be claimed nor read');
  }

  override async complete(scope: ProjectScope, key: string, response: string): Promise<void> {
    await onEngine(() => this.pool.query(COMPLETE, [scope.projectId, key, response]));
  }

  override deleteBefore(beforeMs: number, goOn?: GoOn): Promise<number> {
    return deleteInPortions(this.pool, DELETE_SOME_BEFORE, [instantValue(beforeMs)], goOn);
  }
}

function toRequest(row: KeyRow): IdempotentRequest {
  return {
    requestHash: row.request_hash,
    receivedAtMs: row.received_at.getTime(),
    ...(row.response !== null && { response: row.response }),
  };
}
