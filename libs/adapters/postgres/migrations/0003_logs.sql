-- Log records by UTC day. Days near the present get a partition each (ensurePartitions); everything else, such as the
-- lines of an old file, lies in the default partition under the same indexes.

CREATE TABLE log_records (
  project_id uuid NOT NULL,
  -- Microseconds; the nanoseconds are in the id, which begins with them.
  timestamp timestamptz NOT NULL,
  -- Byte order, so that ordering by id is ordering by time.
  id text COLLATE "C" NOT NULL,
  received_at timestamptz NOT NULL,
  -- 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 fatal
  level smallint NOT NULL,
  original_level text,
  service_name text NOT NULL,
  message text NOT NULL,
  trace_id text,
  span_id text,
  correlation_id text,
  context jsonb NOT NULL,
  fingerprint text NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (project_id, timestamp, id)
) PARTITION BY RANGE (timestamp);

-- The words of a message for search: runs of letters and digits, in lower case, with their positions. Only the first
-- 32,768 characters are searchable.
-- Letters beyond ASCII need a collation that knows them, which the database's own may not. PostgreSQL 17 brings one;
-- before it, ICU's does.
DO $migration$
DECLARE
  unicode text := (
    SELECT format(' COLLATE pg_catalog.%I', collname)
    FROM pg_collation
    WHERE collnamespace = 'pg_catalog'::regnamespace AND collname IN ('pg_c_utf8', 'und-x-icu')
      AND collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))
    ORDER BY collname = 'pg_c_utf8' DESC
    LIMIT 1
  );
BEGIN
  -- Plain ASCII takes a short cut, at a quarter of the cost (measured, against translate() too): of its punctuation only
  -- these characters have a meaning to PostgreSQL's parser (host names, paths, signs, tags), the others separate words
  -- anyway. A property test compares both ways.
  EXECUTE format(
    $function$
      CREATE FUNCTION log_words(message text) RETURNS text
      LANGUAGE sql IMMUTABLE PARALLEL SAFE
      RETURN CASE
        WHEN octet_length(message) = char_length(message) THEN
          replace(replace(replace(replace(replace(replace(replace(replace(
            left(message, 32768), '-', ' '), '_', ' '), '.', ' '), '/', ' '), '+', ' '), '<', ' '), '&', ' '), '~', ' ')
        ELSE regexp_replace(lower(left(message, 32768)%s), '[^[:alnum:]]+', ' ', 'g')
      END
    $function$,
    unicode
  );
END
$migration$;

CREATE FUNCTION log_terms(message text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('pg_catalog.simple'::regconfig, log_words(message));

CREATE FUNCTION log_phrase(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN phraseto_tsquery('pg_catalog.simple'::regconfig, log_words(words));

CREATE INDEX log_records_by_service ON log_records (project_id, service_name, timestamp DESC, id DESC);
CREATE INDEX log_records_by_trace ON log_records (project_id, trace_id, timestamp) WHERE trace_id IS NOT NULL;
CREATE INDEX log_records_by_correlation ON log_records (project_id, correlation_id, timestamp)
  WHERE correlation_id IS NOT NULL;
CREATE INDEX log_records_by_term ON log_records USING gin (log_terms(message)) WITH (fastupdate = on);

-- As for the day partitions (day-partitions.ts): without fresh statistics a search by word does not use its index.
CREATE TABLE log_records_default PARTITION OF log_records DEFAULT
WITH (
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_analyze_threshold = 2000,
  autovacuum_vacuum_insert_scale_factor = 0.05
);
