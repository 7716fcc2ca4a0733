-- The comparable state of a project at an instant, taken every few minutes and by hand.

CREATE TABLE snapshots (
  project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  id         text COLLATE "C" NOT NULL,
  taken_at   timestamptz NOT NULL,
  snapshot   jsonb NOT NULL,
  PRIMARY KEY (project_id, id)
);

CREATE INDEX snapshots_newest_first ON snapshots (project_id, taken_at DESC, id DESC);
