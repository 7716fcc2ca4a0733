/**
 * $1 project, $2 the lines of log-batch.message.ts as one JSON array. Fractions beyond microseconds are cut, not rounded,
 * or a record could move into the next second; the id keeps them.
 */
export const INSERT_RECORDS = `
  INSERT INTO log_records (
    project_id, timestamp, id, received_at, level, original_level, service_name, message,
    trace_id, span_id, correlation_id, context, fingerprint, source
  )
  SELECT
    $1, (rtrim(left(line.timestamp, 26), 'Z') || 'Z')::timestamptz, line.id, line.received_at,
    array_position(ARRAY['trace', 'debug', 'info', 'warn', 'error', 'fatal'], line.level) - 1,
    line.original_level, line.service_name, line.message, line.trace_id, line.span_id, line.correlation_id,
    coalesce(line.context, '{}'), line.fingerprint, line.source
  FROM json_to_recordset($2::json) AS line (
    id text, timestamp text, received_at timestamptz, level text, original_level text, service_name text,
    message text, trace_id text, span_id text, correlation_id text, context jsonb, fingerprint text, source text
  )
  ON CONFLICT DO NOTHING`;

/** $1 project, $2 instant, $3 how many at most */
export const DELETE_SOME_BEFORE = `
  DELETE FROM log_records
  WHERE project_id = $1 AND (timestamp, id) IN (
    SELECT timestamp, id FROM log_records WHERE project_id = $1 AND timestamp < $2 LIMIT $3
  )`;
