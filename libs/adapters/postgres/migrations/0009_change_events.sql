CREATE TABLE change_events (
  project_id uuid NOT NULL,
  id text COLLATE "C" NOT NULL,
  timestamp timestamptz NOT NULL,
  kind text NOT NULL,
  service_name text NOT NULL,
  title text NOT NULL,
  version text,
  link text,
  context jsonb NOT NULL,
  PRIMARY KEY (project_id, id)
);
CREATE INDEX change_events_by_time ON change_events (project_id, timestamp DESC, id DESC);
