-- Series and their samples. Samples lie by UTC day like the log records.

CREATE TABLE series (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id uuid NOT NULL,
  metric_name text NOT NULL,
  service_name text NOT NULL,
  tags jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project_id, metric_name, service_name, tags)
);
CREATE INDEX series_by_tag ON series USING gin (tags jsonb_path_ops);

-- No foreign key: it would be checked for each of the hundred thousand samples a second, and series are never deleted alone.
CREATE TABLE samples (
  series_id bigint NOT NULL,
  timestamp timestamptz NOT NULL,
  value double precision NOT NULL,
  PRIMARY KEY (series_id, timestamp)
) PARTITION BY RANGE (timestamp);
CREATE TABLE samples_default PARTITION OF samples DEFAULT;

-- One row a sample, under the names that people who write SQL by hand expect. A sample has no id and no time of arrival of
-- its own: id and created_at are those of its series.
CREATE VIEW metrics AS
SELECT
  series.id,
  series.project_id,
  samples.timestamp,
  series.metric_name,
  samples.value AS metric_value,
  series.service_name,
  series.tags,
  series.created_at
FROM samples
JOIN series ON series.id = samples.series_id;
