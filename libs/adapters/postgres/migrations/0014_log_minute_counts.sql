-- How many log records there are by minute, service and level, so that counting a day does not read its records.
-- Statement triggers keep it: they see what a statement really added (not its duplicates) and what it deleted, whichever
-- release wrote it. Moving rows between partitions names the partitions themselves and fires none.

CREATE TABLE log_minute_counts (
  project_id uuid NOT NULL,
  minute timestamptz NOT NULL,
  service_name text COLLATE "C" NOT NULL,
  -- As in log_records.
  level smallint NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (project_id, minute, service_name, level)
)
-- The rows of the present minute change with every batch: room on their page keeps that out of the index.
WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Rows are locked in the order of their key, so that two batches of the same minute wait for each other instead of
-- locking each other out.
CREATE FUNCTION count_added_log_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_minute_counts AS counted (project_id, minute, service_name, level, count)
  SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), service_name COLLATE "C", level, count(*)
  FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (project_id, minute, service_name, level) DO UPDATE SET count = counted.count + excluded.count;
  RETURN NULL;
END $$;

CREATE FUNCTION count_deleted_log_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log_minute_counts AS counted (project_id, minute, service_name, level, count)
  SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), service_name COLLATE "C", level, -count(*)
  FROM deleted GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (project_id, minute, service_name, level) DO UPDATE SET count = counted.count + excluded.count;
  DELETE FROM log_minute_counts AS counted
  USING (SELECT DISTINCT project_id, date_bin('1 minute', timestamp, 'epoch') AS minute, service_name, level FROM deleted) AS gone
  WHERE counted.project_id = gone.project_id AND counted.minute = gone.minute
    AND counted.service_name = gone.service_name AND counted.level = gone.level AND counted.count = 0;
  RETURN NULL;
END $$;

-- From here to the commit nobody else writes records: the count begins with all that there are.
CREATE TRIGGER log_records_added AFTER INSERT ON log_records
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_log_records();
CREATE TRIGGER log_records_deleted AFTER DELETE ON log_records
  REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_log_records();

INSERT INTO log_minute_counts (project_id, minute, service_name, level, count)
SELECT project_id, date_bin('1 minute', timestamp, 'epoch'), service_name COLLATE "C", level, count(*)
FROM log_records GROUP BY 1, 2, 3, 4;
