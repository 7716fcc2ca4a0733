-- Whoever forgets the counts of whole minutes, as with a dropped day, need know no more than log_minute_counts: the last
-- release does not. What the deletion of records has no counts left of is not deleted here, but by count_deleted_log_records.

CREATE FUNCTION forget_fingerprint_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM log_fingerprint_counts AS counted
  USING (SELECT DISTINCT project_id, minute FROM forgotten) AS gone
  WHERE counted.project_id = gone.project_id AND counted.minute = gone.minute
    AND NOT EXISTS (
      SELECT FROM log_minute_counts AS kept WHERE kept.project_id = gone.project_id AND kept.minute = gone.minute
    );
  RETURN NULL;
END $$;

CREATE TRIGGER log_minute_counts_forgotten AFTER DELETE ON log_minute_counts
  REFERENCING OLD TABLE AS forgotten FOR EACH STATEMENT
  WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION forget_fingerprint_counts();
