-- How many series each project has, which is asked before any is added: counting a million of them would take 50 ms each time.
CREATE TABLE series_counts (
  project_id uuid PRIMARY KEY,
  count bigint NOT NULL
)
-- Changes with every batch that adds series: room on its page keeps that out of the index.
WITH (fillfactor = 50);

CREATE FUNCTION count_added_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO series_counts AS counted (project_id, count)
  SELECT project_id, count(*) FROM added GROUP BY 1 ORDER BY 1
  ON CONFLICT (project_id) DO UPDATE SET count = counted.count + excluded.count;
  RETURN NULL;
END $$;

CREATE FUNCTION count_deleted_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO series_counts AS counted (project_id, count)
  SELECT project_id, -count(*) FROM deleted GROUP BY 1 ORDER BY 1
  ON CONFLICT (project_id) DO UPDATE SET count = counted.count + excluded.count;
  RETURN NULL;
END $$;

-- Set where no sample was found of it and it is about to be deleted; taken back by whoever looks it up before.
ALTER TABLE series ADD COLUMN is_being_forgotten boolean NOT NULL DEFAULT false;

-- When series were last about to be deleted: ids that writers have remembered from before hold no longer.
CREATE TABLE series_forgetting (
  forgotten_at timestamptz NOT NULL
);
INSERT INTO series_forgetting VALUES (now());

-- From here to the commit nobody else adds series, which takes a second for each few millions: the count begins with all that there are.
CREATE TRIGGER series_added AFTER INSERT ON series
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_series();
CREATE TRIGGER series_deleted AFTER DELETE ON series
  REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_series();

INSERT INTO series_counts (project_id, count) SELECT project_id, count(*) FROM series GROUP BY 1;
