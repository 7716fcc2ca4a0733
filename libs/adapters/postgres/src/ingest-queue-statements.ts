/** More messages than these are a backlog, however small they are: telling so must not read a long queue. */
const MAX_FRESH_MESSAGES = 1000;

/**
 * $1 queue, $2 most messages, $3 most bytes, $4 lease in ms, $5 lease token, $6 most attempts, $7 reason of the exhausted,
 * $8 bytes that may wait and are no backlog. Ids are in the order of coming; both orders are read from one index.
 */
function take(order: 'ASC' | 'DESC'): string {
  return `
  WITH waiting AS MATERIALIZED (
    SELECT count(*) = ${MAX_FRESH_MESSAGES} OR sum(bytes) > $8 AS is_backlog
    FROM (
      SELECT bytes FROM queue_messages
      WHERE queue = $1 AND available_at <= now()
      ORDER BY id
      LIMIT ${MAX_FRESH_MESSAGES}
    ) AS first
  ),
  locked AS MATERIALIZED (
    SELECT id, bytes, attempts
    FROM queue_messages
    WHERE queue = $1 AND available_at <= now()
    ORDER BY id ${order}
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  ),
  exhausted AS (
    DELETE FROM queue_messages
    USING locked
    WHERE queue_messages.id = locked.id AND locked.attempts >= $6
    RETURNING queue_messages.*
  ),
  buried AS (
    INSERT INTO queue_dead_letters
      (queue, project_id, request_id, body, record_count, attempts, queued_at, reason)
    SELECT queue, project_id, request_id, body, record_count, attempts, enqueued_at, $7 FROM exhausted
    ON CONFLICT DO NOTHING
  ),
  sized AS (
    SELECT id, sum(bytes) OVER in_order AS bytes_so_far, row_number() OVER in_order AS position
    FROM locked
    WHERE attempts < $6
    WINDOW in_order AS (ORDER BY id ${order})
  ),
  taken AS (
    UPDATE queue_messages
    SET attempts = attempts + 1, available_at = now() + $4 * interval '1 millisecond', lease_token = $5
    FROM sized
    WHERE queue_messages.id = sized.id AND (bytes_so_far <= $3 OR position = 1)
    RETURNING queue_messages.id, project_id, request_id, body, record_count, attempts
  )
  SELECT taken.*, is_backlog FROM taken, waiting ORDER BY id`;
}

export const TAKE_OLDEST = take('ASC');
export const TAKE_NEWEST = take('DESC');

/** $1 ids */
export const ACKNOWLEDGE = `DELETE FROM queue_messages WHERE id = ANY($1::bigint[])`;

/** $1 ids, $2 lease tokens, $3 delay in ms, $4 most attempts, $5 reason */
export const RELEASE = `
  WITH held AS MATERIALIZED (
    SELECT queue_messages.id, attempts
    FROM queue_messages
    JOIN unnest($1::bigint[], $2::uuid[]) AS lease (id, token)
      ON queue_messages.id = lease.id AND queue_messages.lease_token = lease.token
    ORDER BY queue_messages.id
    FOR UPDATE OF queue_messages
  ),
  exhausted AS (
    DELETE FROM queue_messages
    USING held
    WHERE queue_messages.id = held.id AND held.attempts >= $4 AND NOT $6
    RETURNING queue_messages.*
  ),
  buried AS (
    INSERT INTO queue_dead_letters
      (queue, project_id, request_id, body, record_count, attempts, queued_at, reason)
    SELECT queue, project_id, request_id, body, record_count, attempts, enqueued_at, $5 FROM exhausted
    ON CONFLICT DO NOTHING
  ),
  late AS MATERIALIZED (
    SELECT queue_messages.id
    FROM queue_messages
    JOIN unnest($1::bigint[], $2::uuid[]) AS lease (id, token)
      ON queue_messages.id = lease.id AND queue_messages.lease_token IS DISTINCT FROM lease.token
    WHERE $6
    ORDER BY queue_messages.id
    FOR UPDATE OF queue_messages
  ),
  unblamed AS (
    UPDATE queue_messages
    SET attempts = greatest(0, attempts - 1)
    FROM late
    WHERE queue_messages.id = late.id
  )
  UPDATE queue_messages
  SET available_at = now() + $3 * interval '1 millisecond', lease_token = NULL,
      attempts = queue_messages.attempts - CASE WHEN $6::boolean THEN 1 ELSE 0 END
  FROM held
  WHERE queue_messages.id = held.id AND (held.attempts < $4 OR $6)`;

/** $1 queue, $2 project, $3 body, $4 record count, $5 reason */
export const DEAD_LETTER = `
  INSERT INTO queue_dead_letters (queue, project_id, request_id, body, record_count, attempts, reason)
  VALUES ($1, $2, '', $3, $4, 1, $5)
  ON CONFLICT DO NOTHING`;

/** $1 queue */
export const DEPTH = `
  SELECT
    count(*) AS messages,
    coalesce(sum(bytes), 0)::bigint AS bytes,
    coalesce(greatest(0, extract(epoch FROM now() - min(enqueued_at)) * 1000), 0)::bigint AS "oldestAgeMs",
    (SELECT count(*) FROM queue_dead_letters WHERE queue = $1) AS "deadLetters"
  FROM queue_messages
  WHERE queue = $1`;

/** $1 queue */
export const DEAD_LETTERS_BY_PROJECT = `
  SELECT project_id, count(*) AS count FROM queue_dead_letters WHERE queue = $1 GROUP BY project_id`;

/** $1 project, $2 queue, $3 bytes of preview, $4 limit */
export const LIST_DEAD_LETTERS = `
  SELECT id, reason, coalesce(queued_at, failed_at) AS queued_at, failed_at, attempts, record_count,
    substring(body FOR $3) AS preview
  FROM queue_dead_letters
  WHERE project_id = $1 AND queue = $2
  ORDER BY failed_at DESC, id DESC
  LIMIT $4`;

/** $1 project, $2 queue, $3 bytes of preview, $4 id */
export const FIND_DEAD_LETTER = `
  SELECT id, reason, coalesce(queued_at, failed_at) AS queued_at, failed_at, attempts, record_count,
    substring(body FOR $3) AS preview, body, request_id
  FROM queue_dead_letters
  WHERE project_id = $1 AND queue = $2 AND id::text = $4`;

/** $1 project, $2 queue. A letter that comes later has a higher id. */
export const NEWEST_DEAD_LETTER = `
  SELECT max(id) AS id FROM queue_dead_letters WHERE project_id = $1 AND queue = $2`;

/**
 * $1 project, $2 queue, $3 ids or null for all, $4 and $5 after which id and up to which, $6 most letters, $7 most bytes but for a
 * single letter.
 */
const REMOVED_DEAD_LETTERS = `
  WITH portion AS MATERIALIZED (
    SELECT id
    FROM (
      SELECT id, sum(bytes) OVER in_order AS bytes_so_far, row_number() OVER in_order AS position
      FROM (
        SELECT id, octet_length(body) AS bytes
        FROM queue_dead_letters
        WHERE project_id = $1 AND queue = $2 AND id > $4 AND id <= $5
          AND ($3::text[] IS NULL OR id::text = ANY($3))
        ORDER BY id
        LIMIT $6
      ) AS next
      WINDOW in_order AS (ORDER BY id)
    ) AS sized
    WHERE bytes_so_far <= $7 OR position = 1
  ),
  removed AS (
    DELETE FROM queue_dead_letters
    USING portion
    WHERE queue_dead_letters.id = portion.id
    RETURNING queue_dead_letters.*
  )`;

/** Of a step: how many, and the last id looked at. Somebody else may have removed some meanwhile. */
const STEP = `SELECT (SELECT count(*) FROM removed) AS count, (SELECT max(id) FROM portion) AS "lastId"`;

/** As REMOVED_DEAD_LETTERS. Attempts begin anew. */
export const REPLAY_SOME_DEAD_LETTERS = `${REMOVED_DEAD_LETTERS},
  queued AS (
    INSERT INTO queue_messages (queue, project_id, request_id, body, record_count, bytes)
    SELECT queue, project_id, request_id, body, record_count, octet_length(body) FROM removed ORDER BY id
  )
  ${STEP}`;

/** As REMOVED_DEAD_LETTERS. */
export const DISCARD_SOME_DEAD_LETTERS = `${REMOVED_DEAD_LETTERS} ${STEP}`;
