-- How many log records of each fingerprint there are by minute, service and level, when they begin and end, and which is
-- the newest: patterns, and records of one pattern, are counted without reading the records. As log_minute_counts, which
-- stays for the questions that are not about fingerprints: it is a sixth as large where each service says many things.

CREATE TABLE log_fingerprint_counts (
  project_id uuid NOT NULL,
  minute timestamptz NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  service_name text COLLATE "C" NOT NULL,
  -- As in log_records.
  level smallint NOT NULL,
  count bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  last_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (project_id, minute, fingerprint, service_name, level)
)
WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Both in the order of their keys, one table after the other: two batches of the same minute wait for each other.
CREATE OR REPLACE FUNCTION count_added_log_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_minute_counts AS counted (project_id, minute, service_name, level, count)
  SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), service_name COLLATE "C", level, count(*)
  FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (project_id, minute, service_name, level) DO UPDATE SET count = counted.count + excluded.count;

  INSERT INTO log_fingerprint_counts AS counted
    (project_id, minute, fingerprint, service_name, level, count, first_at, last_at, last_id)
  SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), fingerprint COLLATE "C", service_name COLLATE "C", level,
    count(*), min(timestamp), max(timestamp), max(id)
  FROM added GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (project_id, minute, fingerprint, service_name, level) DO UPDATE SET
    count = counted.count + excluded.count,
    first_at = least(counted.first_at, excluded.first_at),
    last_at = greatest(counted.last_at, excluded.last_at),
    last_id = greatest(counted.last_id, excluded.last_id);
  RETURN NULL;
END $$;

-- What is left of a minute begins later, or ends earlier: its records are read for that, once for all fingerprints.
CREATE OR REPLACE FUNCTION count_deleted_log_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_minute_counts AS counted (project_id, minute, service_name, level, count)
  SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), service_name COLLATE "C", level, -count(*)
  FROM deleted GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (project_id, minute, service_name, level) DO UPDATE SET count = counted.count + excluded.count;
  DELETE FROM log_minute_counts AS counted
  USING (SELECT DISTINCT project_id, date_bin('1 minute', timestamp, 'epoch') AS minute, service_name, level FROM deleted) AS gone
  WHERE counted.project_id = gone.project_id AND counted.minute = gone.minute
    AND counted.service_name = gone.service_name AND counted.level = gone.level AND counted.count = 0;

  INSERT INTO log_fingerprint_counts AS counted
    (project_id, minute, fingerprint, service_name, level, count, first_at, last_at, last_id)
  SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), fingerprint COLLATE "C", service_name COLLATE "C", level,
    -count(*), min(timestamp), max(timestamp), max(id)
  FROM deleted GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (project_id, minute, fingerprint, service_name, level) DO UPDATE SET count = counted.count + excluded.count;
  DELETE FROM log_fingerprint_counts AS counted
  USING (
    SELECT DISTINCT project_id, date_bin('1 minute', timestamp, 'epoch') AS minute, fingerprint, service_name, level FROM deleted
  ) AS gone
  WHERE counted.project_id = gone.project_id AND counted.minute = gone.minute AND counted.fingerprint = gone.fingerprint
    AND counted.service_name = gone.service_name AND counted.level = gone.level AND counted.count = 0;
  UPDATE log_fingerprint_counts AS counted
  SET first_at = remaining.first_at, last_at = remaining.last_at, last_id = remaining.last_id
  FROM (SELECT DISTINCT project_id, date_bin('1 minute', timestamp, 'epoch') AS minute FROM deleted) AS touched
  CROSS JOIN LATERAL (
    SELECT fingerprint, service_name, level, min(timestamp) AS first_at, max(timestamp) AS last_at, max(id) AS last_id
    FROM log_records AS record
    WHERE record.project_id = touched.project_id
      AND record.timestamp >= touched.minute AND record.timestamp < touched.minute + interval '1 minute'
    GROUP BY 1, 2, 3
  ) AS remaining
  WHERE counted.project_id = touched.project_id AND counted.minute = touched.minute
    AND counted.fingerprint = remaining.fingerprint AND counted.service_name = remaining.service_name
    AND counted.level = remaining.level
    AND (counted.first_at <> remaining.first_at OR counted.last_id <> remaining.last_id);
  RETURN NULL;
END $$;

-- From here to the commit nobody else writes records: the count begins with all that there are.
LOCK TABLE log_records IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO log_fingerprint_counts
SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), fingerprint COLLATE "C", service_name COLLATE "C", level,
  count(*), min(timestamp), max(timestamp), max(id)
FROM log_records GROUP BY 1, 2, 3, 4, 5;
